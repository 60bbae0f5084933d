using System.Text;
using Records.Signing;

namespace Records.Tests;

/// <summary>Key files that are not as ssh-keygen writes them.</summary>
public sealed class OpenSshPrivateKeyTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static byte[] PublicValue
    {
        get
        {
            using var key = new Ed25519SigningKey([.. Seed]);
            return key.PublicValue;
        }
    }

    [Test]
    public void A_key_is_read_with_its_comment()
    {
        using var key = OpenSshPrivateKey.Read(Text(Inner("ssh-ed25519", w => w.String(PublicValue).String([.. Seed, .. PublicValue]))), out var comment);
        Assert.That(comment, Is.EqualTo("someone"));
        Assert.That(((Ed25519SigningKey)key).PublicValue, Is.EqualTo(PublicValue));
    }

    [Test]
    public void A_new_key_is_padded_as_the_format_wants_and_reads_back([Range(0, 9)] int commentLength)
    {
        var (text, seed) = OpenSshPrivateKey.NewEd25519(new string('c', commentLength));
        using var key = OpenSshPrivateKey.Read(text, out var comment);
        using var same = new Ed25519SigningKey(seed);
        Assert.That(comment, Is.EqualTo(new string('c', commentLength)));
        Assert.That(key.PublicKey, Is.EqualTo(same.PublicKey));
        var lines = text.Split('\n');
        Assert.That(lines[1], Has.Length.EqualTo(70));
        var reader = new SshReader(Convert.FromBase64String(string.Concat(lines[1..^2])));
        Assert.That(Encoding.ASCII.GetString(reader.Raw(15)), Is.EqualTo("openssh-key-v1\0"));
        Assert.That((reader.Text(), reader.Text(), reader.Text(), reader.UInt32()), Is.EqualTo(("none", "none", "", 1u)));
        _ = reader.Bytes();
        var inner = reader.Bytes().ToArray();
        Assert.That(inner.Length % 8, Is.Zero);
        var padding = inner.Length - (8 + (4 + 11) + (4 + 32) + (4 + 64) + 4 + commentLength);
        Assert.That(inner[^padding..], Is.EqualTo(Enumerable.Range(1, padding).Select(i => (byte)i)));
    }

    [Test]
    public void What_is_wrong_is_said()
    {
        var good = Inner("ssh-ed25519", w => w.String(PublicValue).String([.. Seed, .. PublicValue]));
        Assert.Multiple(() =>
        {
            Assert.That(Refusal(Text(good, keys: 2)), Is.EqualTo("it holds more than one key"));
            Assert.That(Refusal(Text(good, magic: "openssh-key-v2\0")), Is.EqualTo("it is not an OpenSSH private key"));
            Assert.That(Refusal(Text(Inner("ssh-ed25519", w => w.String(PublicValue).String(Seed)))), Is.EqualTo("the Ed25519 key has a wrong length"));
            Assert.That(Refusal(Text(Inner("ssh-dss", w => w))), Is.EqualTo("keys of the kind 'ssh-dss' are not supported"));
            Assert.That(Refusal(Text(Inner("ecdsa-sha2-nistp192", w => w.String("nistp192")))), Is.EqualTo("the curve 'nistp192' is not supported"));
            Assert.That(Refusal(Text(Inner("ecdsa-sha2-nistp256", w => w.String("nistp256").String([2, 1, 1])))), Is.EqualTo("the public point is not in the uncompressed form"));
            Assert.That(Refusal(Text(Inner("ecdsa-sha2-nistp256", w => w.String("nistp256").String([4])))), Is.EqualTo("the public point is not in the uncompressed form"));
            Assert.That(Refusal(Text(Inner("ecdsa-sha2-nistp256", w => w.String("nistp256").String([4, 1, 1]).String([1, 2, 3])))), Is.EqualTo("a number in the key is too long"));
            Assert.That(Refusal(Text([.. new byte[3], 1, .. good[4..]])), Is.EqualTo("its check numbers differ"));
            Assert.That(Refusal(Text(good).Replace("-----END", "-----", StringComparison.Ordinal)), Is.EqualTo("the key is cut off"));
            Assert.That(Refusal("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"), Is.EqualTo("it is not a private key in OpenSSH's format"));
        });
        Assert.Throws<EncryptedKeyException>(() => OpenSshPrivateKey.Read(Text(good, cipher: "aes256-ctr"), out _));
        Assert.Throws<EncryptedKeyException>(() => OpenSshPrivateKey.Read("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", out _));
    }

    private static byte[] Inner(string algorithm, Func<SshWriter, SshWriter> key) =>
        key(new SshWriter().UInt32(7).UInt32(7).String(algorithm)).String("someone").ToArray();

    private static string Text(byte[] inner, uint keys = 1, string magic = "openssh-key-v1\0", string cipher = "none")
    {
        var blob = new SshWriter().Raw(Encoding.ASCII.GetBytes(magic)).String(cipher).String("none").String("").UInt32(keys).String("public").String(inner).ToArray();
        return $"-----BEGIN OPENSSH PRIVATE KEY-----\n{Convert.ToBase64String(blob)}\n-----END OPENSSH PRIVATE KEY-----\n";
    }

    private static string Refusal(string text) => Assert.Throws<FormatException>(() => OpenSshPrivateKey.Read(text, out _))!.Message;
}
