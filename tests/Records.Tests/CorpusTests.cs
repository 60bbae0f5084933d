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
    private static IEnumerable<string> Findings => Tampering.Ways.Keys;

    [Test]
    public void Every_finding_has_a_way_and_a_folder()
    {
        var names = typeof(FindingName).GetFields().Select(f => (string)f.GetRawConstantValue()!).Where(n => n != FindingName.Unreadable);
        Assert.That(Tampering.Ways.Keys, Is.EquivalentTo(names));
        Assert.That(Directory.EnumerateDirectories(Folder()).Select(f => Path.GetFileName(f)), Is.EquivalentTo(names.Append("good")));
    }

    [Test]
    public void The_good_records_verify() => Assert.That(Names("good"), Is.Empty);

    [Test]
    public void The_good_records_are_what_would_be_written_today()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(Folder(), "good", "builds", "rocky-9"), "2*"))
        {
            var text = File.ReadAllText(Path.Combine(folder, "run.json"));
            var run = RunRecordJson.Read(text);
            Assert.That(RunRecordJson.Write(run), Is.EqualTo(text));
            Assert.That(RecordReadme.Render(run), Is.EqualTo(File.ReadAllText(Path.Combine(folder, "README.md"))));
            Assert.That(ProvenanceStatement.Render(run, new()), Is.EqualTo(File.ReadAllText(Path.Combine(folder, "provenance.intoto.json"))));
        }
    }

    [TestCaseSource(nameof(Findings))]
    public void Tampered_records_are_found_by_name(string finding) => Assert.That(Names(finding), Does.Contain(finding));

    [TestCaseSource(nameof(Findings))]
    public void What_is_said_of_them_is_what_was_always_said(string finding) =>
        Assert.That(Said(finding), Is.EqualTo(File.ReadAllLines(Path.Combine(Folder(), $"{finding}.txt"))));

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
            var target = Path.Combine(Folder(), finding);
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
            File.WriteAllLines(Path.Combine(Folder(), $"{finding}.txt"), Said(finding));
        }
    }

    private static string[] Names(string folder) => [.. Verdicts(folder).SelectMany(v => v.Findings.Select(f => f.Name)).Distinct()];

    private static IEnumerable<string> Said(string folder) => Verdicts(folder).SelectMany(v => v.Findings.Count == 0
        ? [$"{v.Path} [{v.Kind}] ok, {v.Signer}"]
        : v.Findings.Select(f => $"{v.Path} [{v.Kind}] {f.Name}: {f.File}: {f.Message}"));

    private static IReadOnlyList<RecordVerdict> Verdicts(string folder)
    {
        var root = RecordRoot.For(Path.Combine(Folder(), folder), "proxmox");
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

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "corpus");
}
