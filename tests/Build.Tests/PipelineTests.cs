using System.Text.RegularExpressions;
using Build.CommandLine;
using NJsonSchema;
using NJsonSchema.Validation;
using YamlDotNet.Serialization;

namespace Build.Tests;

/// <summary>
/// The pipelines of the how-to and this repository's own workflow: they can be read, their commands are ones that the
/// program understands, and they follow the providers' published schemas where <c>PROVIDER_SCHEMAS</c> names a folder with
/// these: <c>github-workflow.json</c> (SchemaStore), <c>azure-pipelines.json</c> (<c>service-schema.json</c> of
/// microsoft/azure-pipelines-vscode) and <c>gitlab-ci.json</c> (GitLab's <c>ci.json</c>).
/// </summary>
internal sealed partial class PipelineTests
{
    private static readonly string Root = FindRoot();

    private static string Page => File.ReadAllText(Path.Combine(Root, "docs", "howto", "pipeline.md"));

    private static IReadOnlyList<string> Blocks(string section, string language)
    {
        var text = Page[Page.IndexOf($"\n## {section}\n", StringComparison.Ordinal)..];
        var end = text.IndexOf("\n## ", 4, StringComparison.Ordinal);
        return [.. Regex.Matches(end < 0 ? text : text[..end], $"```{language}\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];
    }

    private static IEnumerable<TestCaseData> Files()
    {
        yield return new TestCaseData(Blocks("GitHub Actions", "yaml")[0], "github-workflow.json").SetArgDisplayNames("GitHub, builds");
        yield return new TestCaseData(Blocks("GitHub Actions", "yaml")[1], "github-workflow.json").SetArgDisplayNames("GitHub, verify");
        foreach (var workflow in Directory.EnumerateFiles(Path.Combine(Root, ".github", "workflows"), "*.yml").Order(StringComparer.Ordinal))
        {
            yield return new TestCaseData(File.ReadAllText(workflow), "github-workflow.json").SetArgDisplayNames($"this repository's own {Path.GetFileName(workflow)}");
        }

        yield return new TestCaseData(Blocks("GitLab", "yaml").Single(), "gitlab-ci.json").SetArgDisplayNames("GitLab");
        yield return new TestCaseData(Blocks("Azure Pipelines", "yaml").Single(), "azure-pipelines.json").SetArgDisplayNames("Azure Pipelines");
    }

    [TestCaseSource(nameof(Files))]
    public void It_follows_the_providers_published_schema(string text, string schema)
    {
        var folder = Environment.GetEnvironmentVariable("PROVIDER_SCHEMAS") ?? "";
        if (!File.Exists(Path.Combine(folder, schema)))
        {
            Assert.Ignore("PROVIDER_SCHEMAS names no folder with the CI providers' published schemas");
        }

        var validator = JsonSchema.FromFileAsync(Path.Combine(folder, schema)).GetAwaiter().GetResult();
        Assert.That(Flat(validator.Validate(Json(text, typed: !schema.StartsWith("azure", StringComparison.Ordinal)))).Select(e => $"{e.Path}: {e.Kind}"), Is.Empty);
    }

    [TestCaseSource(nameof(Files))]
    public void It_is_YAML_and_the_program_understands_its_commands(string text, string schema)
    {
        Assert.That(Json(text), Does.StartWith("{"), schema);
        Understand(text);
    }

    [Test]
    public void A_template_that_there_is_is_built_for_real_on_a_pull_request_with_KVM_and_keeps_its_pictures()
    {
        var workflow = (Dictionary<object, object>)new DeserializerBuilder().Build().Deserialize<object>(File.ReadAllText(Path.Combine(Root, ".github", "workflows", "real-machines.yml")))!;
        var job = (Dictionary<object, object>)((Dictionary<object, object>)workflow["jobs"])["build"];
        var templates = (List<object>)((Dictionary<object, object>)((Dictionary<object, object>)job["strategy"])["matrix"])["template"];
        var steps = ((List<object>)job["steps"]).Cast<Dictionary<object, object>>().ToList();
        int At(string words) => steps.FindIndex(s => ((string?)s.GetValueOrDefault("run") ?? "").Contains(words, StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(((Dictionary<object, object>)workflow["on"]).Keys, Does.Contain("pull_request"));
            Assert.That(templates, Is.Not.Empty.And.All.Matches<object>(t => File.Exists(Path.Combine(Root, "infra", "packer", "templates", $"{t}", "template.json"))));
            Assert.That(At("KERNEL==\"kvm\""), Is.GreaterThanOrEqualTo(0).And.LessThan(At("--target=BuildTemplate")));
            Assert.That(At("--sandbox-machines=qemu"), Is.EqualTo(At("--target=BuildTemplate")).And.LessThan(At("--target=Verify")));
            Assert.That(steps.Select(s => s.GetValueOrDefault("with")).OfType<Dictionary<object, object>>().Select(w => w.GetValueOrDefault("path")), Does.Contain(".runtime/cache").And.Contain(".runtime/logs"));
        });
    }

    [Test]
    public void The_program_understands_the_commands_of_the_Jenkinsfile()
    {
        var text = Blocks("Jenkins", "groovy").Single();
        Assert.That(text.Count(c => c == '{'), Is.EqualTo(text.Count(c => c == '}')));
        Understand(text);
    }

    [TestCase("GitHub Actions")]
    [TestCase("GitLab")]
    [TestCase("Azure Pipelines")]
    [TestCase("Jenkins")]
    public void Each_builds_what_has_changed_verifies_and_keeps_the_logs_of_failures(string section)
    {
        var text = string.Concat(Blocks(section, section == "Jenkins" ? "groovy" : "yaml"));
        Assert.That(text, Does.Contain("--target=BuildTemplate").And.Contain("--if-changed").And.Contain("--target=Verify").And.Contain(".runtime/logs").And.Contain("git push"));
    }

    private static void Understand(string text)
    {
        var commands = Command().Matches(text.Replace(">\n", "", StringComparison.Ordinal)).Select(m => m.Groups[1].Value).ToList();
        Assert.That(commands, Is.Not.Empty);
        foreach (var command in commands)
        {
            var arguments = ArgumentList.Parse(Option().Matches(Expression().Replace(command, "x")).Select(m => m.Value.Trim('"', '\'')).ToList());
            Assert.DoesNotThrow(() => Targets.Check(arguments), command);
        }
    }

    // To Azure Pipelines every value is a text.
    private static string Json(string yaml, bool typed = true)
    {
        var reader = new DeserializerBuilder();
        var value = (typed ? reader.WithAttemptingUnquotedStringTypeDeserialization() : reader).Build().Deserialize<object>(yaml);
        return new SerializerBuilder().JsonCompatible().Build().Serialize(value).Trim();
    }

    private static IEnumerable<ValidationError> Flat(IEnumerable<ValidationError> errors) =>
        errors.SelectMany(e => e is ChildSchemaValidationError child ? child.Errors.Values.SelectMany(Flat).Prepend(e) : [e]);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    // A folded command goes on in the next line, which begins with an option.
    [GeneratedRegex(@"\./build\.sh((?:[ \t]+|\n[ \t]+(?=--))[^\n|;)]*(?:\n[ \t]+--[^\n]*)*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"--[^\s]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"\$\{\{[^}]*\}\}")]
    private static partial Regex Expression();
}
