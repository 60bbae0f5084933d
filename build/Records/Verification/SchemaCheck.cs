using System.Text.Json;
using System.Text.RegularExpressions;

namespace Records.Verification;

/// <summary>
/// Checks JSON against a JSON Schema (draft 2020-12): the keywords that <c>run.schema.json</c> uses. The schema that
/// counts is the one in this program, not the file in the repository.
/// </summary>
internal sealed class SchemaCheck
{
    private const int MaxErrors = 5;
    private readonly JsonElement schema;
    private readonly Dictionary<string, Regex> patterns = new(StringComparer.Ordinal);

    public SchemaCheck(string text)
    {
        schema = JsonDocument.Parse(text).RootElement;
        CollectPatterns(schema);
    }

    /// <summary>A schema in this program, by its name.</summary>
    public static SchemaCheck Embedded(string name)
    {
        using var stream = typeof(SchemaCheck).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd());
    }

    /// <summary>What is wrong, a few sentences at most.</summary>
    public IReadOnlyList<string> Errors(JsonElement value)
    {
        var errors = new List<string>();
        Check(schema, value, "run", errors);
        return errors;
    }

    private void Check(JsonElement rule, JsonElement value, string path, List<string> errors)
    {
        if (errors.Count >= MaxErrors || rule.ValueKind == JsonValueKind.True)
        {
            return;
        }

        if (rule.ValueKind == JsonValueKind.False)
        {
            errors.Add($"{path} must not be there");
            return;
        }

        if (rule.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            Check(schema.GetProperty("$defs").GetProperty(name), value, path, errors);
        }

        if (rule.TryGetProperty("type", out var type) && !HasType(type, value))
        {
            errors.Add($"{path} must be of the type {Types(type)}");
            return;
        }

        CheckValue(rule, value, path, errors);
        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckObject(rule, value, path, errors);
        }

        if (value.ValueKind == JsonValueKind.Array && rule.TryGetProperty("items", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Check(items, item, $"{path}[{index++}]", errors);
            }
        }

        if (rule.TryGetProperty("if", out var condition))
        {
            var unmet = new List<string>();
            Check(condition, value, path, unmet);
            if (rule.TryGetProperty(unmet.Count == 0 ? "then" : "else", out var branch))
            {
                Check(branch, value, path, errors);
            }
        }
    }

    private void CheckValue(JsonElement rule, JsonElement value, string path, List<string> errors)
    {
        if (rule.TryGetProperty("const", out var constant) && !JsonElement.DeepEquals(constant, value))
        {
            errors.Add($"{path} must be {constant.GetRawText()}");
        }

        if (rule.TryGetProperty("enum", out var choices) && !choices.EnumerateArray().Any(c => JsonElement.DeepEquals(c, value)))
        {
            errors.Add($"{path} must be one of {choices.GetRawText()}");
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            if (rule.TryGetProperty("pattern", out var pattern) && !patterns[pattern.GetString()!].IsMatch(value.GetString()!))
            {
                errors.Add($"{path} must match {pattern.GetString()}");
            }

            if (rule.TryGetProperty("minLength", out var minLength) && value.GetString()!.Length < minLength.GetInt32())
            {
                errors.Add($"{path} must not be empty");
            }
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            if (rule.TryGetProperty("minimum", out var minimum) && value.GetDouble() < minimum.GetDouble())
            {
                errors.Add($"{path} must be at least {minimum.GetRawText()}");
            }

            if (rule.TryGetProperty("maximum", out var maximum) && value.GetDouble() > maximum.GetDouble())
            {
                errors.Add($"{path} must be at most {maximum.GetRawText()}");
            }
        }
    }

    private void CheckObject(JsonElement rule, JsonElement value, string path, List<string> errors)
    {
        if (rule.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString()!, out _))
                {
                    errors.Add($"{path}.{name.GetString()} is missing");
                }
            }
        }

        var known = rule.TryGetProperty("properties", out var properties);
        var closed = rule.TryGetProperty("additionalProperties", out var additional) && additional.ValueKind == JsonValueKind.False;
        foreach (var member in value.EnumerateObject())
        {
            if (errors.Count >= MaxErrors)
            {
                return;
            }

            if (known && properties.TryGetProperty(member.Name, out var memberRule))
            {
                Check(memberRule, member.Value, $"{path}.{member.Name}", errors);
            }
            else if (closed)
            {
                errors.Add($"{path}.{member.Name} is not a known field");
            }
        }
    }

    private static bool HasType(JsonElement type, JsonElement value) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Any(t => IsOfType(t.GetString()!, value))
        : IsOfType(type.GetString()!, value);

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => false,
    };

    private static string Types(JsonElement type) => type.ValueKind == JsonValueKind.Array
        ? string.Join(" or ", type.EnumerateArray().Select(t => t.GetString()))
        : type.GetString()!;

    private void CollectPatterns(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member is { Name: "pattern", Value.ValueKind: JsonValueKind.String })
                {
                    // In .NET '$' also matches before a final newline; JSON Schema's does not. None of the patterns nests
                    // a repetition in another, so that backtracking stays linear and a search without it, which takes
                    // milliseconds to prepare, gains nothing.
                    var text = member.Value.GetString()!;
                    var exact = text.EndsWith('$') ? text[..^1] + @"\z" : text;
                    patterns[text] = new Regex(exact, RegexOptions.CultureInvariant);
                }

                CollectPatterns(member.Value);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                CollectPatterns(item);
            }
        }
    }
}
