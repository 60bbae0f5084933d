using Build.Ci;
using Foundation;

namespace Build.Tests.Ci;

internal sealed class CiReportTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("ci-report-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    private sealed class Told : CiProvider
    {
        public List<string> Lines { get; } = [];

        public override bool BeginSection(string name, string heading)
        {
            Lines.Add($"begin {name}");
            return true;
        }

        public override void EndSection(string name, string heading) => Lines.Add($"end {name}");

        public override void Annotate(CiAnnotation annotation) => Lines.Add($"{annotation.File}:{annotation.Line}: {annotation.Message}");

        public override void Output(string name, string value) => Lines.Add($"{name}={value}");
    }

    private CiReport Report(CiProvider provider, SecretSet? secrets = null, Action<string>? warn = null) =>
        new(provider, Path.Combine(folder, "ci"), folder, secrets ?? new SecretSet(), warn ?? (_ => { }));

    [Test]
    public void A_section_ends_where_the_next_begins_and_only_once()
    {
        var told = new Told();
        var report = Report(told);
        Assert.That(report.BeginStage("Init", "0:00  Init"), Is.True, "the section has the heading");
        report.BeginStage("Validate", "0:01  Validate");
        report.EndStage();
        report.EndStage();
        report.Complete();
        Assert.That(told.Lines, Is.EqualTo(new[] { "begin Init", "end Init", "begin Validate", "end Validate" }));
    }

    [Test]
    public void Files_are_named_from_the_checkout_and_only_where_they_are_there()
    {
        var told = new Told();
        Directory.CreateDirectory(Path.Combine(folder, "infra"));
        File.WriteAllText(Path.Combine(folder, "infra", "a.json"), "");
        var report = Report(told);
        report.Annotate(true, "t", "m", Path.Combine(folder, "infra", "a.json"), 3);
        report.Annotate(true, "t", "m", Path.Combine(folder, "infra", "a.json"), 3);
        report.Annotate(true, "t", "n", Path.Combine(folder, "infra", "rendered"), 3);
        Assert.That(told.Lines, Is.EqualTo(new[] { "infra/a.json:3: m", ":0: n" }));
    }

    [Test]
    public void Secrets_are_masked_in_everything_that_is_told()
    {
        var told = new Told();
        var secrets = new SecretSet();
        secrets.Add("hunter2hunter2");
        var report = Report(told, secrets);
        report.Annotate(true, "t", "it is hunter2hunter2");
        report.Outputs([("record", "hunter2hunter2")]);
        report.Validated(new CheckResult("Validate", "x", "hunter2hunter2", "hunter2hunter2"));
        report.Page("hunter2hunter2");
        report.Complete();
        Assert.That(string.Concat(told.Lines) + string.Concat(Directory.EnumerateFiles(Path.Combine(folder, "ci")).Select(File.ReadAllText)), Does.Contain("***").And.Not.Contain("hunter2"));
    }

    [Test]
    public void Outputs_cannot_begin_a_line_of_their_own()
    {
        var report = Report(new Told());
        report.Outputs([("record", "a\nevil=b")]);
        Assert.That(File.ReadAllText(Path.Combine(folder, "ci", "build.env")), Is.EqualTo("RECORD=a evil=b\n"));
    }

    private sealed class Broken : CiProvider
    {
        public override void Output(string name, string value) => throw new IOException("no such file");
    }

    [Test]
    public void A_system_that_cannot_be_told_fails_nothing()
    {
        var warnings = new List<string>();
        var report = Report(new Broken(), warn: warnings.Add);
        report.Outputs([("record", "a")]);
        Assert.That(warnings, Is.EqualTo(new[] { "no such file" }));
    }
}
