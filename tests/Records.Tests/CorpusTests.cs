using System.Runtime.CompilerServices;
using Records.Model;
using Records.Provenance;
using Records.Verification;
using Records.Views;

namespace Records.Tests;

/// <summary>
/// <c>corpus/</c>: a folder of records for each finding, and <c>good</c>. They are evidence of the format: newer
/// programs must judge them as this one does.
/// </summary>
public sealed class CorpusTests
{
    /// <summary>The versions of the format, each with its folder: newer programs add one and change none.</summary>
    private static readonly string[] Versions = ["corpus", "corpus.v2"];

    private static IEnumerable<string> Findings => Tampering.Ways.Keys;

    private static IEnumerable<object[]> Cases => Versions.SelectMany(v => Directory.EnumerateDirectories(Folder(v)).Select(f => Path.GetFileName(f)).Where(f => f != "good").Select(f => new object[] { v, f }));

    [Test]
    public void Every_finding_has_a_way_and_a_folder()
    {
        var names = typeof(FindingName).GetFields().Select(f => (string)f.GetRawConstantValue()!).Where(n => n != FindingName.Unreadable);
        Assert.That(Tampering.Ways.Keys, Is.EquivalentTo(names));
        Assert.That(Directory.EnumerateDirectories(Folder(Versions[^1])).Select(f => Path.GetFileName(f)), Is.EquivalentTo(names.Append("good")));
    }

    [TestCaseSource(nameof(Versions))]
    public void The_good_records_verify(string version) => Assert.That(Names(version, "good"), Is.Empty);

    [Test]
    public void The_good_records_are_what_would_be_written_today()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(Folder(Versions[^1]), "good", "builds", "rocky-9"), "2*"))
        {
            var text = File.ReadAllText(Path.Combine(folder, "run.json"));
            var run = RunRecordJson.Read(text);
            Assert.That(RunRecordJson.Write(run), Is.EqualTo(text));
            Assert.That(RecordReadme.Render(run), Is.EqualTo(File.ReadAllText(Path.Combine(folder, "README.md"))));
            var files = Directory.EnumerateFiles(folder).Where(f => !Path.GetFileName(f).StartsWith("SHA256", StringComparison.Ordinal) && !Path.GetFileName(f).StartsWith("provenance", StringComparison.Ordinal));
            var statement = ProvenanceStatement.Render(run, files.ToDictionary(f => Path.GetFileName(f), Foundation.FileHash.Sha256));
            Assert.That(Newtonsoft.Json.Linq.JToken.DeepEquals(Tampering.Statement(folder), Newtonsoft.Json.Linq.JObject.Load(new Newtonsoft.Json.JsonTextReader(new StringReader(statement)) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None })));
        }
    }

    [Test]
    public void Records_of_both_versions_are_in_one_index_and_one_chain()
    {
        using var records = new TestRecords();
        CopyTree(Path.Combine(Folder("corpus"), "good"), records.Root.Path);
        Assert.That(records.Findings(), Is.Empty, "version 1 alone");
        var made = records.Publish(Foundation.UtcStamp.From(TestRecords.Start.Moment.AddDays(1)));
        Assert.That(made.Record.Previous!.Record, Is.EqualTo("2026-11-22T191637Z"));
        Assert.That(records.Findings(), Is.Empty, "a record of version 2 follows");
        var index = File.ReadAllText(records.Root.Index);
        Assert.That(index, Does.Contain("[2026-11-22T191627Z](builds/").And.Contain("[2026-11-22T191637Z](builds/").And.Contain($"[{made.Stamp}](builds/"));
    }

    [TestCaseSource(nameof(Cases))]
    public void Tampered_records_are_found_by_name(string version, string finding) => Assert.That(Names(version, finding), Does.Contain(finding));

    [TestCaseSource(nameof(Cases))]
    public void What_is_said_of_them_is_what_was_always_said(string version, string finding) =>
        Assert.That(Said(version, finding), Is.EqualTo(File.ReadAllLines(Path.Combine(Folder(version), $"{finding}.txt"))));

    [TestCaseSource(nameof(Findings)), Category("Long")]
    public void Freshly_tampered_records_are_found_by_name(string finding)
    {
        using var records = new TestRecords();
        Tampering.Apply(records, finding);
        Assert.That(records.Verify().SelectMany(v => v.Findings.Select(f => f.Name)), Does.Contain(finding));
    }

    [Test, Explicit("makes the corpus anew, with a new key")]
    public void Make()
    {
        foreach (var finding in Findings.Append("good"))
        {
            using var records = new TestRecords();
            Tampering.Apply(records, finding == "good" ? "" : finding);
            var target = Path.Combine(Folder(Versions[^1]), finding);
            TestRecords.DeleteTree(target);
            Directory.Delete(records.Root.State, recursive: true);
            CopyTree(records.Root.Path, target);
        }
    }

    [Test, Explicit("writes down anew what is said of the corpus")]
    public void MakeSaid()
    {
        foreach (var finding in Findings)
        {
            File.WriteAllLines(Path.Combine(Folder(Versions[^1]), $"{finding}.txt"), Said(Versions[^1], finding));
        }
    }

    private static string[] Names(string version, string folder) => [.. Verdicts(version, folder).SelectMany(v => v.Findings.Select(f => f.Name)).Distinct()];

    private static IEnumerable<string> Said(string version, string folder) => Verdicts(version, folder).SelectMany(v => v.Findings.Count == 0
        ? [$"{v.Path} [{v.Kind}] ok, {v.Signer}"]
        : v.Findings.Select(f => $"{v.Path} [{v.Kind}] {f.Name}: {f.File}: {f.Message}"));

    private static IReadOnlyList<RecordVerdict> Verdicts(string version, string folder)
    {
        var root = RecordRoot.For(Path.Combine(Folder(version), folder), "proxmox");
        var verdicts = new RecordVerifier().VerifyAsync(new() { Root = root }).GetAwaiter().GetResult();
        Assert.That(verdicts, Is.Not.Empty);
        return verdicts;
    }

    private static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
            }
            else if (entry is DirectoryInfo)
            {
                CopyTree(entry.FullName, target);
            }
            else
            {
                File.Copy(entry.FullName, target);
            }
        }
    }

    private static string Folder(string version, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, version);
}
