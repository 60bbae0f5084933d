using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Tests;

/// <summary>The declared endpoints are those of the published schema, parameter by parameter.</summary>
public sealed class DeclarationTests
{
    private static readonly JsonObject Schema = PublishedSchema.Load();

    public static IEnumerable<TestCaseData> Endpoints() =>
        PublishedSchema.Endpoints.Select(e => new TestCaseData(e.Method, e.Path).SetArgDisplayNames($"{e.Method} {e.Path}"));

    [TestCaseSource(nameof(Endpoints))]
    public void Parameters_are_those_of_the_schema(string method, string path)
    {
        var endpoint = SandboxNode.Endpoints.Single(e => e.Method == method && e.Path == path);
        var published = Schema[path]?[method]?["parameters"]?["properties"] as JsonObject ?? [];
        var declared = endpoint.Parameters.ToDictionary(p => p.SchemaName);
        Assert.That(declared.Keys, Is.EquivalentTo(published.Select(p => p.Key)));
        foreach (var (name, schema) in published)
        {
            Compare(name, declared[name], schema!.AsObject());
        }
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Permission_is_that_of_the_schema(string method, string path)
    {
        var endpoint = SandboxNode.Endpoints.Single(e => e.Method == method && e.Path == path);
        var permissions = Schema[path]![method]!["permissions"];
        var expected = permissions?["check"]?.ToJsonString() ?? permissions?["user"]?.GetValue<string>() ?? "all";
        Assert.That(Print(endpoint.Permission), Is.EqualTo(expected));
    }

    private static string Print(Permission p) => p.Test switch
    {
        PermissionTest.World => "world",
        PermissionTest.AnyUser => "all",
        _ => Tree(p).ToJsonString(),
    };

    private static JsonArray Tree(Permission p)
    {
        var privileges = new JsonArray([.. p.Privileges.Select(v => (JsonNode)v)]);
        switch (p.Test)
        {
            case PermissionTest.And:
                return new JsonArray(["and", .. p.Parts.Select(Tree)]);
            case PermissionTest.Or:
                return new JsonArray(["or", .. p.Parts.Select(Tree)]);
            case PermissionTest.Perm:
                var perm = new JsonArray("perm", p.Path, privileges);
                if (p.Any)
                {
                    perm.Add((JsonNode)"any");
                    perm.Add((JsonNode)1);
                }

                if (p.RequireParameter is { } required)
                {
                    perm.Add((JsonNode)"require_param");
                    perm.Add((JsonNode)required);
                }

                return perm;
            case PermissionTest.PermModify:
                return new JsonArray("perm-modify", p.Path);
            case PermissionTest.UserIdSelf:
                return new JsonArray("userid-param", "self");
            case PermissionTest.UserIdRealm:
                return new JsonArray("userid-param", p.Privileges[0]);
            default:
                var group = new JsonArray("userid-group", privileges);
                if (p.GroupsParameter is { } groups)
                {
                    group.Add((JsonNode)"groups_param");
                    group.Add((JsonNode)groups);
                }

                return group;
        }
    }

    private static void Compare(string name, Parameter declared, JsonObject schema)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(declared.Type.ToString().ToLowerInvariant(), Is.EqualTo((string?)schema["type"] ?? "string"), $"{name}: type");
            Assert.That(declared.Optional, Is.EqualTo(Flag(schema["optional"])), $"{name}: optional");
            Assert.That(declared.Minimum, Is.EqualTo(Number(schema["minimum"])), $"{name}: minimum");
            Assert.That(declared.Maximum, Is.EqualTo(Number(schema["maximum"])), $"{name}: maximum");
            Assert.That((double?)declared.MinLength, Is.EqualTo(Number(schema["minLength"])), $"{name}: minLength");
            Assert.That((double?)declared.MaxLength, Is.EqualTo(Number(schema["maxLength"])), $"{name}: maxLength");
            Assert.That(declared.Pattern, Is.EqualTo((string?)schema["pattern"]), $"{name}: pattern");
            Assert.That(declared.Requires, Is.EqualTo((string?)schema["requires"]), $"{name}: requires");
            Assert.That(declared.Values, Is.EqualTo((schema["enum"] as JsonArray)?.Select(v => v!.GetValue<string>())), $"{name}: enum");
            Assert.That(declared.Format, Is.EqualTo(schema["format"] is JsonValue format ? (string?)format : null), $"{name}: format");
        }

        if (schema["format"] is JsonObject keys)
        {
            Assert.That(declared.Properties, Is.Not.Null, $"{name}: is a property string");
            var own = keys.Where(k => k.Value!["alias"] is null).ToDictionary(k => k.Key, k => k.Value!.AsObject());
            Assert.That(declared.Properties!.Keys.Select(k => k.Name), Is.EquivalentTo(own.Keys), name);
            Assert.That(declared.Properties.DefaultKey, Is.EqualTo(own.FirstOrDefault(k => Flag(k.Value["default_key"])).Key), $"{name}: default key");
            foreach (var key in declared.Properties.Keys)
            {
                Compare($"{name}.{key.Name}", key, own[key.Name]);
            }
        }
    }

    private static bool Flag(JsonNode? value) => value is not null && value.ToString() == "1";

    private static double? Number(JsonNode? value) =>
        value is null ? null : double.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture);
}
