using Foundation;

namespace Records.Tests;

/// <summary>What is in the way of a record is told before a build, not after it.</summary>
public sealed class RequireSealableTests
{
    [Test]
    public void Records_that_cannot_be_written_are_known_before_a_build()
    {
        using var records = new TestRecords();
        records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment);
        Assert.That(Directory.Exists(records.Root.Path), Is.False, "nothing is left behind");
        var made = records.Publish();
        records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment);
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(made.Path)!), Has.Length.EqualTo(2));
        var blocked = Path.Combine(records.Root.Path, "builds", "ubuntu-24.04");
        File.WriteAllText(blocked, "");
        Assert.That(Assert.Throws<FailureException>(() => records.Store.RequireSealable("ubuntu-24.04", TestRecords.Start.Moment))!.Message, Is.EqualTo(
            $"No record of builds/ubuntu-24.04 could be written: '{blocked}' is a file. Make the folder writable, or choose another with --records, and run again."));
        Assert.That(Assert.Throws<FailureException>(() => records.Store.RequireSealable("../x", TestRecords.Start.Moment))!.Kind, Is.EqualTo(FailureKind.Usage));
    }

    [TestCase("builds/rocky-9/latest")]
    [TestCase("README.md")]
    [TestCase("allowed_signers")]
    [TestCase(".gitattributes")]
    [TestCase(".state/index.lock")]
    [TestCase(".state/builds-rocky-9.lock")]
    [TestCase(".state/allowed_signers.lock")]
    public void A_folder_in_the_place_of_a_file_is_known_before_a_build(string place)
    {
        using var records = new TestRecords();
        var path = Path.Combine(records.Root.Path, place);
        Directory.CreateDirectory(path);
        var before = Directory.GetFileSystemEntries(records.Root.Path, "*", SearchOption.AllDirectories);
        Assert.That(
            Assert.Throws<FailureException>(() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment))!.Message,
            place == "allowed_signers" ? Does.StartWith($"The allowed signers {path} cannot be read") : Does.StartWith($"No record of builds/rocky-9 could be written: '{path}' is a folder."));
        Assert.That(Directory.GetFileSystemEntries(records.Root.Path, "*", SearchOption.AllDirectories), Is.EquivalentTo(before));
    }

    [Test]
    public void State_as_a_file_is_known_before_a_build()
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        File.WriteAllText(records.Root.State, "");
        Assert.That(
            Assert.Throws<FailureException>(() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment))!.Message,
            Does.StartWith($"No record of builds/rocky-9 could be written: '{records.Root.State}' is a file."));
    }

    [TestCase("builds/rocky-9/latest")]
    [TestCase("README.md")]
    [Platform(Exclude = "Win")]
    public void A_link_to_a_folder_is_replaced_and_in_nobodys_way(string place)
    {
        using var records = new TestRecords();
        records.Publish();
        var path = Path.Combine(records.Root.Path, place);
        File.Delete(path);
        Directory.CreateSymbolicLink(path, records.Folder);
        records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment);
        records.Publish();
        Assert.That(records.Findings(), Is.Empty);
    }

    [TestCase(".")]
    [TestCase("builds/rocky-9")]
    [TestCase(".state")]
    [TestCase(".state/index.lock")]
    [TestCase(".state/builds-rocky-9.lock")]
    [TestCase(".state/allowed_signers.lock")]
    [Platform("Linux"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void What_may_not_be_written_is_known_before_a_build_and_nothing_is_left_behind(string place)
    {
        using var records = new TestRecords();
        records.Publish();
        var path = Path.GetFullPath(Path.Combine(records.Root.Path, place));
        var before = Directory.GetFileSystemEntries(records.Root.Path, "*", SearchOption.AllDirectories);
        Assert.That(Unprivileged.Run(records.Folder, "sealable", "rocky-9"), Is.Empty);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.That(Unprivileged.Run(records.Folder, "sealable", "rocky-9").Single(), Does.StartWith(
            $"No record of builds/rocky-9 could be written: '{Path.TrimEndingDirectorySeparator(path)}' cannot be written to: Permission denied."));
        Assert.That(Directory.GetFileSystemEntries(records.Root.Path, "*", SearchOption.AllDirectories), Is.EquivalentTo(before));
        Assert.That(records.Findings(), Is.Empty);
    }
}
