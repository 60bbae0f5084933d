using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class TemplateSchemaTests
{
    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private static IEnumerable<TestCaseData> Violations()
    {
        static TestCaseData Case(string name, Action<JObject> change, string says) => new TestCaseData(change, says).SetArgDisplayNames(name);
        yield return Case("missing", t => t.Remove("iso"), "field iso is missing");
        yield return Case("missing below", t => ((JObject)t["hardware"]!).Remove("cores"), "field cores is missing");
        yield return Case("unknown", t => t["hardwear"] = 1, "perhaps hardware is meant");
        yield return Case("unknown below", t => t["hardware"]!["memory"] = 1, "no field memory");
        yield return Case("text for a number", t => t["hardware"]!["cores"] = "2", "hardware.cores: must be an integer");
        yield return Case("number for a text", t => t["title"] = 3, "title: must be a string");
        yield return Case("too many", t => t["hardware"]!["cores"] = 1000, "between 1 and 128");
        yield return Case("too few", t => t["vmid"]!["first"] = 99, "between 100 and 999999999");
        yield return Case("checksum", t => t["iso"]!["sha256"] = "ABC", "iso.sha256: must match ^[0-9a-f]{64}$");
        yield return Case("http", t => t["iso"]!["urls"]![0] = "http://example.net/a.iso", "iso.urls[0]: must match ^https");
        yield return Case("no url", t => t["iso"]!["urls"] = new JArray(), "at least 1");
        yield return Case("no script", t => t["provision"] = new JArray(), "at least 1");
        yield return Case("enum", t => t["communicator"] = "telnet", "one of ssh, winrm");
        yield return Case("path", t => t["assets"]![0]!["source"] = "../../secret", "assets[0].source: must match");
        yield return Case("hidden", t => t["assets"]![0]!["target"] = ".ssh/x", "assets[0].target: must match");
        yield return Case("list for an object", t => t["vmid"] = new JArray(), "vmid: must be an object");
        yield return Case("object for a list", t => t["boot"]!["command"] = new JObject(), "boot.command: must be a list");
        yield return Case("duration", t => t["login_timeout"] = "soon", "login_timeout: must match");
        yield return Case("object in vars", t => t["vars"]!["x"] = new JObject(), "vars.x: must be a string, a number or true or false");
        yield return Case("no reason", t => t["smoke_test"] = new JObject { ["skip"] = " " }, "smoke_test.skip: must match");
        yield return Case("number as a step", t => t["provision"]![0] = 1, "provision[0]: must be a string or an object");
        yield return Case("step without a script", t => t["provision"]![0] = new JObject { ["reboot"] = true }, "field script is missing");
        yield return Case("step with more", t => t["provision"]![0] = new JObject { ["script"] = "a.sh", ["restart"] = true }, "no field restart");
        yield return Case("step that leads out", t => t["provision"]![0] = new JObject { ["script"] = "../a.sh" }, "must match");
        yield return Case("step with a text for yes", t => t["provision"]![0] = new JObject { ["script"] = "a.sh", ["reboot"] = "yes" }, "must be true or false");
        yield return Case("odd name", t => t["hardware"]!["a['b ]..$"] = 1, "no field a['b ]..$");
        yield return Case("null", t => t["family"] = null, "family: must be a string");
    }

    [TestCaseSource(nameof(Violations))]
    public void AViolationIsNamedWithItsPathAndLine(Action<JObject> change, string says)
    {
        copy.Change("rocky-9", change);

        var findings = copy.Check("rocky-9");

        Assert.That(findings.Select(f => f.ToString()), Has.Some.Contains(says));
        Assert.That(findings, Has.All.Matches<TemplateFinding>(f => f!.IsError && f.Line > 0 && f.File == "templates/rocky-9/template.json"));
    }

    [Test]
    public void TheLineIsTheOneOfTheValue()
    {
        copy.Replace("templates/rocky-9/template.json", "\"cores\": 2", "\"cores\": 0");
        var line = Array.FindIndex(File.ReadAllLines(copy.Document("rocky-9")), l => l.Contains("\"cores\"", StringComparison.Ordinal)) + 1;

        Assert.That(copy.Error("rocky-9", "schema-violation").Line, Is.EqualTo(line));
    }

    [TestCase("{", 1)]
    [TestCase("{\n \"title\": 1,,\n}", 2)]
    [TestCase("[]", 1)]
    [TestCase("", 0)]
    [TestCase("{\n\"title\": \"a\",\n\"title\": \"b\"}", 3)]
    [TestCase("{}\n{}", 2)]
    public void AFileThatIsNotJsonIsNamed(string text, int line)
    {
        File.WriteAllText(copy.Document("rocky-9"), text);

        var finding = copy.Error("rocky-9", "template-unreadable");
        Assert.That(finding.Message, Does.Contain("templates/rocky-9/template.json" + (line > 0 ? $":{line}" : "")));
        Assert.That(Assert.Throws<FailureException>(() => copy.Catalogue.Load("rocky-9"))!.Kind, Is.EqualTo(FailureKind.Validation));
    }

    [Test]
    public void DeepNestingIsRefusedNotFollowed()
    {
        File.WriteAllText(copy.Document("rocky-9"), string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        Assert.That(copy.Error("rocky-9", "template-unreadable").Message, Does.Contain("MaxDepth"));
    }

    [Test]
    public void EveryFieldOfTheSchemaIsOneOfTheTemplateAndIsDescribed()
    {
        var schema = JObject.Parse(File.ReadAllText(Path.Combine(copy.Root, "templates", "template.schema.json")));
        var fields = JObject.FromObject(new Template { UnattendedLabel = "any" }).Properties().Select(p => p.Name);

        Assert.That(((JObject)schema["properties"]!).Properties().Select(p => p.Name).Where(n => n != "$schema"), Is.EquivalentTo(fields));
        Assert.That(
            schema.Descendants().OfType<JObject>().Where(o => o["type"] is not null && o["type"]!.Type == JTokenType.String && o.Parent is JProperty { Name: not "additionalProperties" }),
            Has.All.Matches<JObject>(o => o!["description"] is not null));
    }

    [Test]
    public void DefaultsOfSchemaAndProgramAgree()
    {
        var schema = JObject.Parse(File.ReadAllText(Path.Combine(copy.Root, "templates", "template.schema.json")));
        var template = JObject.FromObject(new Template());
        foreach (var value in schema["properties"]!.SelectTokens("..default"))
        {
            var path = value.Path.Replace("properties.", "", StringComparison.Ordinal).Replace(".default", "", StringComparison.Ordinal);
            if (!path.Contains("items", StringComparison.Ordinal))
            {
                Assert.That(JToken.DeepEquals(template.SelectToken(path), value), $"{path}: {value} in the schema, {template.SelectToken(path)} in the program");
            }
        }
    }

    [Test]
    public void RequireRefusesWithTheFirstError()
    {
        copy.Change("rocky-9", t => t["hardware"]!["cores"] = 0);

        var failure = Assert.Throws<FailureException>(() => new TemplateValidation(copy.Catalogue).Require("rocky-9"));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Validation));
        Assert.That(failure.Message, Does.Contain("rocky-9").And.Contain("hardware.cores"));
    }
}
