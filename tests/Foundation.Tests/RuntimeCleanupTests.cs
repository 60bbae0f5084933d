namespace Foundation.Tests;

public sealed class RuntimeCleanupTests
{
    private static readonly UtcStamp Stamp = UtcStamp.From(new DateTimeOffset(2026, 11, 22, 19, 16, 27, TimeSpan.Zero));

    private string root = "";

    private RuntimePaths Paths => new(root);

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("cleanup-").FullName;

    [TearDown]
    public void DeleteRoot() => Directory.Delete(root, recursive: true);

    private string Write(params string[] path)
    {
        var file = Path.Combine([root, .. path]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "x");
        return file;
    }

    [Test]
    public void What_runs_left_goes()
    {
        Write("logs", "packer", "rocky-9", Stamp.ToString(), "packer.log");
        Write("work", "rocky-9", Stamp.ToString(), "build.pkr.hcl");
        Write("work", "rocky-9", $"{Stamp}-init", "build.pkr.hcl");
        Write("sandbox", "node.json");
        Write("sandbox", "storage", "local", "iso", "a.iso");
        Directory.CreateSymbolicLink(Path.Combine(root, "logs", "packer", "rocky-9", "latest"), Stamp.ToString());
        Write("ci", "validate.xml");
        Write("ci", "build.env");
        var key = Write("record_signing_key");
        Assert.That(new RuntimeCleanup(Paths).Run(), Has.Count.EqualTo(5));
        Assert.That(Directory.EnumerateFileSystemEntries(root), Is.EqualTo(new[] { key }));
    }

    [Test]
    public void What_is_somebody_else_s_stays_whatever_the_root_is()
    {
        string[] files =
        [
            Write("work", "main", "README.md"), Write("work", "main", ".git", "HEAD"), Write("work", "rocky-9", "notes.txt"),
            Write("logs", "syslog"), Write("logs", "packer", "notes.txt"), Write("logs", "packer", "rocky-9", "mine", "a.log"),
            Write("sandbox", "castle", "wall"), Write("run", "daemon.pid"),
        ];
        Assert.That(new RuntimeCleanup(Paths).Run(), Is.Empty);
        Assert.That(files.Where(f => !File.Exists(f)), Is.Empty);
    }

    [Test]
    public void Downloaded_media_stay_unless_they_are_meant_and_other_files_beside_them_in_any_case()
    {
        var name = new string('a', 64);
        string[] media = [Write("cache", name), Write("cache", name + ".part"), Write("cache", name + ".lock")];
        string[] others = [Write("cache", "notes.txt"), Write("cache", new string('A', 64)), Write("cache", name + "b")];
        Assert.That(new RuntimeCleanup(Paths).Run(), Is.Empty);
        Assert.That(media, Is.All.Matches<string>(File.Exists));
        Assert.That(new RuntimeCleanup(Paths).Run(media: true), Is.EqualTo(new[] { Paths.MediaCache }));
        Assert.That(media, Has.None.Matches<string>(File.Exists));
        Assert.That(others, Is.All.Matches<string>(File.Exists));
    }

    [Test]
    public void The_login_of_a_VM_goes_when_nothing_notes_the_VM_any_more()
    {
        var (here, there) = (new ChainId(Stamp, "rocky-9"), new ChainId(Stamp, "ubuntu-24.04"));
        string Key(ChainId run) => Write(Path.GetRelativePath(root, Paths.KeptLogin(run)), "ssh_key");
        string[] keys = [Key(here), Key(there)];
        var mine = Write("kept", "letters", "a.txt");
        Write("sandbox", "node.json");
        var notes = new VmNotes(Paths);
        notes.Write(new VmNote(VmNote.Sandbox, "pve", 9100, "a", here) { Kept = true });
        var onCluster = new VmNote("https://pve1:8006", "pve1", 9101, "b", there) { Kept = true };
        notes.Write(onCluster);
        new RuntimeCleanup(Paths).Run();
        Assert.That(keys.Select(File.Exists), Is.EqualTo(new[] { false, true }), "the sandbox's VM is gone with its state, that of a cluster is not");
        notes.Remove(onCluster);
        Assert.That(File.Exists(keys[1]), Is.False);
        Assert.That(File.Exists(mine));
    }

    [Test]
    public void Links_are_not_followed()
    {
        using var other = new TemporaryFolder();
        var precious = Path.Combine(other.Path, "rocky-9", Stamp.ToString(), "precious");
        Directory.CreateDirectory(Path.GetDirectoryName(precious)!);
        File.WriteAllText(precious, "x");
        Directory.CreateSymbolicLink(Path.Combine(root, "work"), other.Path);
        Directory.CreateDirectory(Path.Combine(root, "logs", "packer", "rocky-9"));
        Directory.CreateSymbolicLink(Path.Combine(root, "logs", "packer", "rocky-9", Stamp.ToString()), other.Path);
        Directory.CreateSymbolicLink(Path.Combine(root, "sandbox"), other.Path);
        new RuntimeCleanup(Paths).Run();
        Assert.That(File.Exists(precious), Is.True);
    }

    [Test]
    public void While_a_run_is_at_work_nothing_is_removed()
    {
        var log = Write("logs", "packer", "rocky-9", Stamp.ToString(), "packer.log");
        using (RunClaim.Take(Paths, Stamp))
        {
            Assert.That(Assert.Throws<FailureException>(() => new RuntimeCleanup(Paths).Run())!.Message, Does.Contain("another run"));
        }

        Assert.That(File.Exists(log), Is.True);
        Assert.That(new RuntimeCleanup(Paths).Run(), Is.Not.Empty);
    }

    [Test]
    public void Runs_of_the_same_second_get_one_each()
    {
        using var first = RunClaim.Take(Paths, Stamp);
        using var second = RunClaim.Take(Paths, Stamp);
        Assert.That((first.Stamp.ToString(), second.Stamp.ToString()), Is.EqualTo(("2026-11-22T191627Z", "2026-11-22T191628Z")));
    }

    [Test]
    public void A_root_that_cannot_be_used_is_named_with_what_to_do()
    {
        var file = Write("file");
        var failure = Assert.Throws<FailureException>(() => RunClaim.Take(new RuntimePaths(file), Stamp))!;
        Assert.That(failure.Message, Does.Contain(file).And.Contain("--runtime-root"));
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("cleanup-other-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
