using System.Runtime.CompilerServices;
using Foundation;
using Records.Sealing;
using Records.Verification;
using Records.Views;

namespace Records.Tests;

public sealed class RecordIndexTests
{
    [Test]
    public void It_groups_linux_and_windows_newest_first_and_is_the_same_each_time()
    {
        using var records = new TestRecords();
        records.Publish();
        var second = records.Publish();
        records.Publish(template: "windows-2022");
        var text = File.ReadAllText(records.Root.Index);
        var lines = text.Split('\n').ToList();
        Assert.That(lines.IndexOf("## Linux"), Is.LessThan(lines.IndexOf("### rocky-9")).And.GreaterThan(0));
        Assert.That(lines.IndexOf("### rocky-9"), Is.LessThan(lines.IndexOf("## Windows")));
        Assert.That(lines.IndexOf("## Windows"), Is.LessThan(lines.IndexOf("### windows-2022")));
        Assert.That(lines[lines.IndexOf("### rocky-9") + 4], Does.StartWith($"| [{second.Stamp}]"));
        RecordIndex.Regenerate(records.Root);
        Assert.That(File.ReadAllText(records.Root.Index), Is.EqualTo(text));
        Directory.Delete(records.Root.State, recursive: true);
        RecordIndex.Regenerate(records.Root);
        Assert.That(File.ReadAllText(records.Root.Index), Is.EqualTo(text), "without what was remembered");
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Its_command_prints_every_key_that_counts_however_its_line_is_written()
    {
        using var records = new TestRecords();
        records.Publish();
        foreach (var name in (string[])["bare", "tabs"])
        {
            Shell.Run($"ssh-keygen -q -t ed25519 -N '' -C '' -f {name}", records.Folder);
            var key = File.ReadAllText(Path.Combine(records.Folder, $"{name}.pub")).Trim();
            File.AppendAllText(records.Root.AllowedSigners, name == "bare" ? $"{name}@vm {key}\n" : $"{name}@vm\tnamespaces=\"packer-build-record\"\t{key.Replace(' ', '\t')}\n");
        }

        var command = File.ReadAllLines(records.Root.Index).Single(l => l.Contains("ssh-keygen -l", StringComparison.Ordinal)).Split('`')[1];
        var printed = Shell.Run(command, records.Root.Path).Output;
        Assert.That(printed, Does.Contain(records.Signer.Fingerprint));
        foreach (var name in (string[])["bare", "tabs"])
        {
            Assert.That(printed, Does.Contain(Shell.Run($"ssh-keygen -l -f {name}.pub", records.Folder).Output.Split(' ')[1]));
        }
    }

    [Test]
    public void It_leaves_out_what_does_not_verify_and_says_so()
    {
        using var records = new TestRecords();
        records.Publish();
        var second = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        File.AppendAllText(Path.Combine(second.Path, "packer.log"), "x");
        RecordIndex.Regenerate(records.Root);
        var text = File.ReadAllText(records.Root.Index);
        Assert.That(text, Does.Contain($"| `builds/rocky-9/{second.Stamp}` | log-hash-mismatch |"));
        Assert.That(text, Does.Not.Contain($"| [{second.Stamp}]"));
    }

    [Test]
    public void Branches_are_not_joined_while_the_newest_record_is_damaged()
    {
        using var records = new TestRecords();
        records.Publish();
        var (ours, theirs) = records.Fork(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(1)), UtcStamp.From(TestRecords.Start.Moment.AddMinutes(2)));
        TestRecords.Unlock(records.Root.Path);
        var log = Path.Combine(theirs.Path, "packer.log");
        var before = File.ReadAllBytes(log);
        File.AppendAllText(log, "x");
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.ChainForked).And.Some.EndsWith(FindingName.LogHashMismatch));
        Assert.That(Directory.Exists(Path.Combine(records.Root.Path, "joins")), Is.False);
        File.WriteAllBytes(log, before);
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(3))).Record.Joined!.Single().Record, Is.EqualTo(ours.Stamp.ToString()));
    }

    [Test]
    public void Branches_that_were_merged_are_joined_and_verify()
    {
        using var records = new TestRecords();
        records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var other = Path.Combine(records.Folder, "other");
        using var branch = new TestRecords(other, records.Signer);
        Copy(records.Root.Path, branch.Root.Path);
        records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(1)));
        records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(3)));
        branch.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(2)));
        var theirs = branch.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(4)));
        foreach (var folder in Directory.EnumerateDirectories(Path.GetDirectoryName(theirs.Path)!, "2*"))
        {
            var target = Path.Combine(records.Root.Path, "builds", "rocky-9", Path.GetFileName(folder));
            if (!Directory.Exists(target))
            {
                Tampering.CopyFolder(folder, target);
            }
        }

        Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.ChainForked), "as long as nobody joined them");
        RecordStore store = new(records.Root, records.Signer);
        store.PublishLatest(store.Seal(records.Build("windows-2022"), TestRecords.Start, records.Log()));
        Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.ChainForked), "a build that happens to run vouches for nothing");
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(File.ReadAllText(records.Root.Index).Split('\n').Count(l => l.StartsWith("| [2026", StringComparison.Ordinal)), Is.EqualTo(6));
        Assert.That(new FileInfo(Tampering.Latest(Path.Combine(records.Root.Path, "builds", "rocky-9", "x"))).LinkTarget, Is.EqualTo(theirs.Stamp.ToString()));

        var next = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(9)));
        Assert.That(records.Findings(), Is.Empty, "and the next record goes on");
        Assert.That(next.Record.Joined!.Select(j => j.Record), Is.EqualTo(new[] { "2026-11-22T191927Z" }), "naming the other end");
        foreach (var end in next.Record.Joined!.Select(j => (j.Record, j.Sha256)).Append((next.Record.Previous!.Record, next.Record.Previous.Sha256)))
        {
            var command = $"sha256sum ../{end.Item1}/SHA256SUMS";
            Assert.That(File.ReadAllText(Path.Combine(next.Path, "README.md")).ReplaceLineEndings(" "), Does.Match($@"`{command.Replace(".", "\\.", StringComparison.Ordinal)}` prints\s+`{end.Item2}`"));
            Assert.That(Shell.Run(command, next.Path).Output, Does.StartWith(end.Item2), "what its page says is so");
        }

        Assert.That(records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(10))).Record.Joined, Is.Null, "once");
        Assert.That(records.Findings(), Is.Empty);
        TestRecords.Unlock(records.Root.Path);
        Directory.Delete(Path.Combine(records.Root.Path, "builds", "rocky-9", "2026-11-22T191927Z"), recursive: true);
        Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.JoinInvalid), "a joined end that is taken away is missed");
        Directory.Delete(Path.Combine(records.Root.Path, "joins"), recursive: true);
        Assert.That(records.Findings(), Has.Some.EqualTo($"builds/rocky-9/{next.Stamp}: {FindingName.ChainBroken}"), "also together with the statement");
    }

    [TestCase("")]
    [TestCase("nothing")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("{\"Version\":3,\"Entries\":null}")]
    [TestCase("{\"Version\":3,\"Entries\":{\"{0}\":null}}")]
    [TestCase("{\"Version\":3,\"Entries\":{\"{0}\":{\"Fingerprint\":\"{1}\"}}}")]
    [TestCase("{\"Version\":3,\"Entries\":{\"{0}\":{\"Fingerprint\":\"{1}\",\"SumsSha256\":\"0\",\"LogSha256\":\"0\",\"Signer\":\"x\",\"Joined\":[],\"Facts\":null}}}")]
    [TestCase("{\"Version\":2,\"Entries\":{\"{0}\":{\"Fingerprint\":\"{1}\",\"SumsSha256\":\"0\",\"LogSha256\":\"0\",\"Signer\":\"x\",\"Joined\":[],\"Facts\":{}}}}")]
    public void A_damaged_or_older_memory_of_the_index_costs_only_time(string memory)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var path = Path.Combine(records.Root.State, "index.json");
        var before = File.ReadAllText(path);
        var fingerprint = Newtonsoft.Json.Linq.JObject.Parse(before)["Entries"]![$"builds/rocky-9/{made.Stamp}"]!["Fingerprint"]!.ToString();
        File.WriteAllText(path, memory.Replace("{0}", $"builds/rocky-9/{made.Stamp}", StringComparison.Ordinal).Replace("{1}", fingerprint, StringComparison.Ordinal));
        File.Delete(records.Root.Index);
        RecordIndex.Regenerate(records.Root);
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(File.ReadAllText(path), Is.EqualTo(before), "it is remembered anew");
    }

    [Test]
    public void What_is_remembered_is_used_until_a_file_changes()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var path = Path.Combine(records.Root.State, "index.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(records.Signer.Name, "remembered@example.net", StringComparison.Ordinal));
        RecordIndex.Regenerate(records.Root);
        Assert.That(File.ReadAllText(records.Root.Index), Does.Contain("remembered@example.net"));
        TestRecords.Unlock(records.Root.Path);
        File.SetLastWriteTimeUtc(Path.Combine(made.Path, "packer.log"), DateTime.UnixEpoch);
        RecordIndex.Regenerate(records.Root);
        Assert.That(File.ReadAllText(records.Root.Index), Does.Not.Contain("remembered@example.net"));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void The_committed_index_of_no_records_is_what_would_be_generated()
    {
        var repository = RecordRoot.For(Path.Combine(Here(), "..", "..", "records"), "proxmox");
        Assume.That(Directory.Exists(Path.Combine(repository.Path, "builds")) || Directory.Exists(Path.Combine(repository.Path, "init")), Is.False);
        using var records = new TestRecords();
        RecordIndex.Regenerate(records.Root);
        Assert.That(File.ReadAllText(repository.Index), Is.EqualTo(File.ReadAllText(records.Root.Index)));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test, Explicit("writes the index of no records anew")]
    public void Make()
    {
        using var records = new TestRecords();
        RecordIndex.Regenerate(records.Root);
        File.Copy(records.Root.Index, Path.Combine(Here(), "..", "..", "records", "README.md"), overwrite: true);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
