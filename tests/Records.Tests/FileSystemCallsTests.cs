using System.Runtime.Versioning;

namespace Records.Tests;

[Platform(Exclude = "Win"), UnsupportedOSPlatform("windows")]
public sealed class FileSystemCallsTests
{
    private const UnixFileMode ReadOnlyFile = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("calls-test-").FullName;

    [TearDown]
    public void RemoveFolder() => TestRecords.DeleteTree(folder);

    [Test]
    public void Renaming_replaces_what_is_there_and_tells_why_it_cannot()
    {
        File.WriteAllText(Of("a"), "a");
        File.WriteAllText(Of("b"), "b");
        FileSystemCalls.Rename(Of("a"), Of("b"));
        Assert.That(File.Exists(Of("a")), Is.False);
        Assert.That(File.ReadAllText(Of("b")), Is.EqualTo("a"));
        Directory.CreateDirectory(Of("c"));
        FileSystemCalls.Rename(Of("c"), Of("d"));
        Assert.That(Directory.Exists(Of("d")));
        var failure = Assert.Throws<IOException>(() => FileSystemCalls.Rename(Of("none"), Of("b")))!;
        Assert.That(failure.Message, Is.EqualTo($"'{Of("none")}' cannot be renamed to '{Of("b")}': No such file or directory"));
        Assert.That(failure.HResult, Is.EqualTo(2), "what the remedy depends on");
    }

    [Test]
    public void A_link_on_the_way_is_refused_and_one_above_is_not()
    {
        Directory.CreateDirectory(Of("real/inner"));
        Directory.CreateSymbolicLink(Of("link"), Of("real"));
        FileSystemCalls.RefuseLinks(Root(folder), Of("real/inner"));
        FileSystemCalls.RefuseLinks(Root(folder), Of("real/none/deep"));
        FileSystemCalls.RefuseLinks(Root(Of("link")), Of("link/inner"));
        FileSystemCalls.RefuseLinks(Root(Of("link")), Of("link"));
        foreach (var place in new[] { "link", "link/inner", "link/inner/deep" })
        {
            Assert.That(
                Assert.Throws<IOException>(() => FileSystemCalls.RefuseLinks(Root(folder), Of(place)))!.Message,
                Is.EqualTo($"'{Of("link")}' is a link, and records are not written through links"));
        }
    }

    private static RecordRoot Root(string path) => RecordRoot.For(path, "proxmox");

    [Test]
    public void Whether_a_folder_can_be_written_is_asked_without_writing()
    {
        FileSystemCalls.RequireWritable(folder);
        Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.Empty);
        Assert.That(
            Assert.Throws<IOException>(() => FileSystemCalls.RequireWritable(Of("none")))!.Message,
            Is.EqualTo($"'{Of("none")}' cannot be written to: No such file or directory"));
    }

    [Test]
    public void A_folder_that_nobody_may_write_to_is_told()
    {
        const string readOnly = "/proc/sys";
        Assume.That(Directory.Exists(readOnly) && Shell.Run($"[ -w {readOnly} ]", folder).Code != 0, "there is a folder that cannot be written to");
        Assert.That(Assert.Throws<IOException>(() => FileSystemCalls.RequireWritable(readOnly))!.Message, Does.StartWith($"'{readOnly}' cannot be written to: "));
    }

    [Test]
    public void A_second_name_is_the_same_file()
    {
        File.WriteAllText(Of("a"), "a");
        Assert.That(FileSystemCalls.TryLink(Of("a"), Of("b")));
        File.AppendAllText(Of("b"), "b");
        Assert.That(File.ReadAllText(Of("a")), Is.EqualTo("ab"));
        Assert.That(FileSystemCalls.TryLink(Of("a"), Of("b")), Is.False, "the name is taken");
        Assert.That(FileSystemCalls.TryLink(Of("none"), Of("c")), Is.False);
    }

    [Test]
    public void Flushing_a_folder_leaves_nothing_open_and_tells_why_it_cannot()
    {
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Count(IsOurs);
        FileSystemCalls.SyncFolder(folder);
        Assert.That(Directory.GetFileSystemEntries("/proc/self/fd").Count(IsOurs), Is.EqualTo(open));
        Assert.That(
            Assert.Throws<IOException>(() => FileSystemCalls.SyncFolder(Of("none")))!.Message,
            Is.EqualTo($"'{Of("none")}' cannot be opened: No such file or directory"));

        bool IsOurs(string descriptor) => new FileInfo(descriptor).LinkTarget == folder;
    }

    [Test]
    public void What_is_written_is_read_only_and_never_replaces_anything()
    {
        FileSystemCalls.WriteNew(Of("a"), "text"u8);
        Assert.That(File.ReadAllText(Of("a")), Is.EqualTo("text"));
        Assert.That(File.GetUnixFileMode(Of("a")), Is.EqualTo(ReadOnlyFile));
        Assert.Throws<IOException>(() => FileSystemCalls.WriteNew(Of("a"), "other"u8));
        Assert.That(File.ReadAllText(Of("a")), Is.EqualTo("text"));
    }

    [Test]
    public void A_folder_is_deleted_whatever_its_permissions_are_and_no_link_in_it_is_followed()
    {
        Directory.CreateDirectory(Of("kept"));
        FileSystemCalls.WriteNew(Of("kept/file"), "text"u8);
        Directory.CreateDirectory(Of("gone"));
        FileSystemCalls.WriteNew(Of("gone/file"), "text"u8);
        Directory.CreateSymbolicLink(Of("gone/link"), Of("kept"));
        FileSystemCalls.MakeReadOnly(Of("gone"), isFolder: true);
        Assert.That(File.GetUnixFileMode(Of("gone")), Is.EqualTo(ReadOnlyFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
        FileSystemCalls.DeleteFolder(Of("gone"));
        Assert.That(Directory.Exists(Of("gone")), Is.False);
        Assert.That(File.ReadAllText(Of("kept/file")), Is.EqualTo("text"));
    }

    [Test]
    public void Only_what_was_left_beside_the_very_file_is_removed()
    {
        FileSystemCalls.RemoveUnfinished(Of("none/file"));
        foreach (var name in new[] { ".file.123.tmp", "file.123.tmp", ".file.123", ".other.123.tmp", "file" })
        {
            File.WriteAllText(Of(name), "");
        }

        FileSystemCalls.RemoveUnfinished(Of("file"));
        Assert.That(Directory.GetFiles(folder).Select(f => Path.GetFileName(f)), Is.EquivalentTo(new[] { "file.123.tmp", ".file.123", ".other.123.tmp", "file" }));
    }

    private string Of(string name) => Path.Combine(folder, name);
}
