using System.Security.Cryptography;
using Records.Verification;

namespace Records.Tests;

public sealed class SafeFileTests
{
    private string path = "";

    [SetUp]
    public void MakeFile() => path = Path.Combine(Directory.CreateTempSubdirectory("safe-file-test-").FullName, "file");

    [TearDown]
    public void RemoveFile() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1 << 17)]
    [TestCase((1 << 17) + 1)]
    [TestCase(300_000)]
    public void A_file_is_read_and_hashed_whole(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        File.WriteAllBytes(path, content);
        Assert.That(SafeFile.Read(path, Math.Max(1, length)), Is.EqualTo(content));
        Assert.That(SafeFile.Hash(path, default), Is.EqualTo((Convert.ToHexStringLower(SHA256.HashData(content)), (long)length)));
    }

    [Test]
    public void A_file_above_the_limit_is_not_read()
    {
        File.WriteAllBytes(path, new byte[11]);
        Assert.That(SafeFile.Read(path, 11), Has.Length.EqualTo(11));
        Assert.That(SafeFile.Read(path, 10), Is.Null);
    }

    [Test, Platform(Exclude = "Win")]
    public void A_link_is_not_followed()
    {
        File.WriteAllText(path, "x");
        var link = path + "-link";
        File.CreateSymbolicLink(link, path);
        Assert.That(Assert.Throws<IOException>(() => SafeFile.Read(link, 10))!.Message, Is.EqualTo("it is a link"));
        Assert.That(Assert.Throws<IOException>(() => SafeFile.Hash(link, default))!.Message, Is.EqualTo("it is a link"));
        Assert.That(SafeFile.IsLink(link));
        Assert.That(SafeFile.IsLink(path), Is.False);
        Assert.That(SafeFile.IsLink(path + "-none"), Is.False);
        Assert.That(SafeFile.IsLink(Path.Combine(path + "-none", "x")), Is.False);
    }

    [Test]
    public void Hashing_can_be_cancelled()
    {
        File.WriteAllText(path, "x");
        Assert.Throws<OperationCanceledException>(() => SafeFile.Hash(path, new CancellationToken(canceled: true)));
    }
}
