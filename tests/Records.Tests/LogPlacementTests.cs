using System.Security.Cryptography;
using Records.Sealing;

namespace Records.Tests;

[Platform(Exclude = "Win")]
public sealed class LogPlacementTests
{
    private string folder = "";

    private string Target => Path.Combine(folder, "packer.log");

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("log-test-").FullName;

    [TearDown]
    public void RemoveFolder() => TestRecords.DeleteTree(folder);

    [Test]
    public void A_log_beside_the_records_gets_a_second_name()
    {
        var log = Log(Path.Combine(folder, "log"), 10);
        LogPlacement.Place(log, Target);
        Assert.That(Shell.Run("[ log -ef packer.log ] && stat -c %a packer.log", folder).Output.Trim(), Is.EqualTo("444"));
    }

    [TestCase(0)]
    [TestCase(1 << 17)]
    [TestCase(300_001)]
    public void A_log_on_another_file_system_is_copied_and_checked(int length)
    {
        using var there = new OtherFileSystem();
        var log = Log(Path.Combine(there.Folder, "log"), length);
        LogPlacement.Place(log, Target);
        Assert.That(File.ReadAllBytes(Target), Is.EqualTo(File.ReadAllBytes(log.Path)));
        Assert.That(Shell.Run("stat -c %a packer.log", folder).Output, Is.EqualTo("444\n"));
        File.Delete(Target);
        Assert.That(
            Assert.Throws<IOException>(() => LogPlacement.Place(log with { Sha256 = new string('0', 64) }, Target))!.Message,
            Is.EqualTo($"'{log.Path}' is not what was written to it: its SHA-256 differs"));
    }

    [Test]
    public void A_log_that_is_not_what_was_written_is_refused()
    {
        var log = Log(Path.Combine(folder, "log"), 10);
        Assert.That(
            Assert.Throws<IOException>(() => LogPlacement.Place(log with { Bytes = 11 }, Target))!.Message,
            Is.EqualTo($"'{log.Path}' has 10 bytes and not the 11 that were written to it"));
        var link = Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, log.Path);
        Assert.That(
            Assert.Throws<IOException>(() => LogPlacement.Place(log with { Path = link, Bytes = new FileInfo(link).Length }, Target))!.Message,
            Is.EqualTo($"'{link}' is a link, and not the file that was written"));
        Assert.That(File.Exists(Target), Is.False);
    }

    private static LogFile Log(string path, int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        return new(path, Convert.ToHexStringLower(SHA256.HashData(bytes)), length);
    }
}
