using System.Text.Json;
using Records.Verification;

namespace Records.Tests;

/// <summary>Each keyword of JSON Schema that the schema of <c>run.json</c> uses, and what is said where it is not met.</summary>
public sealed class SchemaCheckTests
{
    [TestCase("""{"type": "string"}""", "\"a\"")]
    [TestCase("""{"type": "string"}""", "1", "run must be of the type string")]
    [TestCase("""{"type": ["string", "null"]}""", "null")]
    [TestCase("""{"type": ["string", "null"]}""", "1", "run must be of the type string or null")]
    [TestCase("""{"type": "null"}""", "0", "run must be of the type null")]
    [TestCase("""{"type": "boolean"}""", "true")]
    [TestCase("""{"type": "boolean"}""", "false")]
    [TestCase("""{"type": "boolean"}""", "0", "run must be of the type boolean")]
    [TestCase("""{"type": "integer"}""", "7")]
    [TestCase("""{"type": "integer"}""", "7.5", "run must be of the type integer")]
    [TestCase("""{"type": "integer"}""", "99999999999999999999", "run must be of the type integer")]
    [TestCase("""{"type": "object"}""", "[]", "run must be of the type object")]
    [TestCase("""{"type": "array"}""", "{}", "run must be of the type array")]
    [TestCase("""{"type": "number"}""", "1", "run must be of the type number")]
    [TestCase("""{"const": 1}""", "1")]
    [TestCase("""{"const": 1}""", "2", "run must be 1")]
    [TestCase("""{"enum": ["a", null]}""", "null")]
    [TestCase("""{"enum": ["a", "b"]}""", "\"c\"", "run must be one of [\"a\", \"b\"]")]
    [TestCase("""{"pattern": "^a+$"}""", "\"aa\"")]
    [TestCase("""{"pattern": "^a+$"}""", "\"ab\"", "run must match ^a+$")]
    [TestCase("""{"pattern": "^a+$"}""", "\"a\\n\"", "run must match ^a+$")]
    [TestCase("""{"pattern": "b"}""", "\"abc\"")]
    [TestCase("""{"minLength": 1}""", "\"a\"")]
    [TestCase("""{"minLength": 1}""", "\"\"", "run must not be empty")]
    [TestCase("""{"minimum": 5}""", "5")]
    [TestCase("""{"minimum": 5}""", "4", "run must be at least 5")]
    [TestCase("""{"maximum": 5}""", "5")]
    [TestCase("""{"maximum": 5}""", "6", "run must be at most 5")]
    [TestCase("""{"required": ["a", "b"]}""", """{"a": 1}""", "run.b is missing")]
    [TestCase("""{"properties": {"a": {"type": "string"}}}""", """{"a": 1, "b": 2}""", "run.a must be of the type string")]
    [TestCase("""{"properties": {"a": {}}, "additionalProperties": false}""", """{"a": 1, "b": 2}""", "run.b is not a known field")]
    [TestCase("""{"properties": {"a": {}}, "additionalProperties": true}""", """{"a": 1, "b": 2}""")]
    [TestCase("""{"properties": {"a": false}}""", """{"a": 1}""", "run.a must not be there")]
    [TestCase("""{"properties": {"a": true}}""", """{"a": 1}""")]
    [TestCase("""{"items": {"type": "string"}}""", """["a", 1, "b", 2]""", "run[1] must be of the type string", "run[3] must be of the type string")]
    [TestCase("""{"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}}""", "1", "run must be of the type string")]
    [TestCase("""{"if": {"properties": {"t": {"const": "x"}}}, "then": {"required": ["a"]}, "else": {"required": ["b"]}}""", """{"t": "x"}""", "run.a is missing")]
    [TestCase("""{"if": {"properties": {"t": {"const": "x"}}}, "then": {"required": ["a"]}, "else": {"required": ["b"]}}""", """{"t": "y"}""", "run.b is missing")]
    [TestCase("""{"if": {"properties": {"t": {"const": "x"}}}}""", """{"t": "x"}""")]
    public void A_keyword_is_checked(string schema, string value, params string[] errors)
    {
        using var document = JsonDocument.Parse(value);
        Assert.That(new SchemaCheck(schema).Errors(document.RootElement), Is.EqualTo(errors));
    }

    [Test]
    public void A_value_that_is_wrong_everywhere_gives_a_few_errors()
    {
        using var list = JsonDocument.Parse($"[{string.Join(',', Enumerable.Range(0, 100))}]");
        Assert.That(new SchemaCheck("""{"items": {"type": "string"}}""").Errors(list.RootElement), Has.Count.EqualTo(5));
        using var fields = JsonDocument.Parse($"{{{string.Join(',', Enumerable.Range(0, 100).Select(i => $"\"f{i}\": 1"))}}}");
        Assert.That(new SchemaCheck("""{"properties": {}, "additionalProperties": false}""").Errors(fields.RootElement), Has.Count.EqualTo(5));
    }
}
