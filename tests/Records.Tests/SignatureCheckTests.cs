using System.Security.Cryptography;
using System.Text;
using Records.Signing;
using Records.Verification;

namespace Records.Tests;

/// <summary>Signatures that a key really gave, in forms that count and in forms that do not.</summary>
public sealed class SignatureCheckTests
{
    private const string Purpose = "packer-build-record";
    private static readonly byte[] Message = "message"u8.ToArray();

    [Test]
    public void A_signature_in_any_other_spelling_is_none()
    {
        using var signer = new RecordSigner(new Ed25519SigningKey(new byte[32]), "someone@example.net");
        var text = signer.Sign(Message);
        Assert.That(SignatureCheck.Signer(Encoding.ASCII.GetBytes(text), Message, Purpose), Is.EqualTo(signer.PublicKey));
        string[] wrong =
        [
            text + "\n", "\n" + text, text.TrimEnd(), text.Replace("\n", "\r\n", StringComparison.Ordinal), text.Replace("BEGIN SSH", "BEGIN PGP", StringComparison.Ordinal),
            text.Replace("END SSH", "END PGP", StringComparison.Ordinal), text.Insert(60, "\n"), text.Insert(60, " "), text.Replace("SIGNATURE-----\n-----END", "SIGNATURE----------END", StringComparison.Ordinal), "",
        ];
        Assert.That(wrong.Where(w => w != text).Select(w => SignatureCheck.Signer(Encoding.ASCII.GetBytes(w), Message, Purpose)), Is.All.Null);
        var blob = Convert.FromBase64String(string.Concat(text.Split('\n')[1..^2]));
        for (var length = 0; length < blob.Length; length++)
        {
            Assert.That(SignatureCheck.Signer(Armored(blob[..length]), Message, Purpose), Is.Null, "cut off");
        }

        for (var i = 0; i < blob.Length; i++)
        {
            var changed = blob.ToArray();
            changed[i] ^= 1;
            Assert.That(SignatureCheck.Signer(Armored(changed), Message, Purpose), Is.Null, $"byte {i}");
        }

        Assert.That(SignatureCheck.Signer(Armored([.. blob, 0]), Message, Purpose), Is.Null, "more behind it");
    }

    [TestCase("sha512", true)]
    [TestCase("sha256", true)]
    [TestCase("sha384", false)]
    public void The_message_is_hashed_as_the_signature_says(string hash, bool counts)
    {
        using var key = new Ed25519SigningKey(new byte[32]);
        Assert.That(Counts(key.PublicKey, key.Sign, hash), Is.EqualTo(counts));
    }

    [Test]
    public void What_is_reserved_is_signed_with_the_rest()
    {
        using var key = new Ed25519SigningKey(new byte[32]);
        Assert.That(Counts(key.PublicKey, key.Sign, reserved: "later"));
        Assert.That(Counts(key.PublicKey, key.Sign, purpose: "git"), Is.False);
    }

    [TestCase("rsa-sha2-512", 2048, true)]
    [TestCase("rsa-sha2-256", 2048, true)]
    [TestCase("rsa-sha2-512", 4096, true)]
    [TestCase("rsa-sha2-512", 2040, false)]
    [TestCase("ssh-rsa", 2048, false)]
    [TestCase("ssh-ed25519", 2048, false)]
    public void Rsa(string algorithm, int bits, bool counts)
    {
        using var rsa = RSA.Create(bits);
        using var key = new RsaSigningKey(rsa);
        var hash = algorithm == "rsa-sha2-256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;
        Assert.That(
            Counts(key.PublicKey, data => new SshWriter().String(algorithm).String(rsa.SignData(data, hash, RSASignaturePadding.Pkcs1)).ToArray()),
            Is.EqualTo(counts));
    }

    [Test]
    public void An_rsa_key_without_an_exponent_or_with_a_huge_one_is_none()
    {
        using var rsa = RSA.Create(2048);
        var parameters = rsa.ExportParameters(false);
        byte[][] exponents = [[], [1, 0, 0, 0, 0, 0, 0, 0, 1]];
        foreach (var exponent in exponents)
        {
            var key = new SshWriter().String("ssh-rsa").MultiPrecision(exponent).MultiPrecision(parameters.Modulus).ToArray();
            Assert.That(Counts(key, data => new SshWriter().String("rsa-sha2-512").String(rsa.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)).ToArray()), Is.False);
        }
    }

    [TestCase(31, 64)]
    [TestCase(33, 64)]
    [TestCase(32, 63)]
    [TestCase(32, 65)]
    public void Ed25519_of_another_length_is_none(int point, int signature)
    {
        using var key = new Ed25519SigningKey(new byte[32]);
        var publicKey = new SshWriter().String("ssh-ed25519").String(Resized(key.PublicValue, point)).ToArray();
        Assert.That(Counts(publicKey, data => new SshWriter().String("ssh-ed25519").String(Resized(new SshReader(key.Sign(data).AsSpan(15)).Bytes().ToArray(), signature)).ToArray()), Is.False);
    }

    [TestCase("nistp256")]
    [TestCase("nistp384")]
    [TestCase("nistp521")]
    public void Ecdsa_has_its_numbers_in_one_spelling(string curve)
    {
        using var ecdsa = ECDsa.Create(EcdsaSigningKey.Curves[curve].Curve);
        using var key = new EcdsaSigningKey(ecdsa, curve);
        var algorithm = $"ecdsa-sha2-{curve}";
        for (var i = 0; i < 8; i++)
        {
            // Half of all numbers begin with a set bit and need a zero before it.
            Assert.That(Counts(key.PublicKey, key.Sign));
            Assert.That(Counts(key.PublicKey, data => Respelled(data, (r, s) => [.. Spelled([0, .. r]), .. Spelled(s)])), Is.False, "a zero more");
            Assert.That(Counts(key.PublicKey, data => Respelled(data, (r, s) => [.. Spelled(r), .. Spelled([0, .. s])])), Is.False, "a zero more");
            var hadZero = false;
            Assert.That(
                Counts(key.PublicKey, data => Respelled(data, (r, s) =>
                {
                    hadZero = r[0] == 0 || s[0] == 0;
                    return [.. Spelled(r.AsSpan().TrimStart((byte)0)), .. Spelled(s.AsSpan().TrimStart((byte)0))];
                })),
                Is.Not.EqualTo(hadZero), "a zero less, where one is needed");
            Assert.That(Counts(key.PublicKey, data => Respelled(data, (r, s) => [.. Spelled(r), .. Spelled(s), 0])), Is.False, "more behind it");
            Assert.That(Counts(key.PublicKey, data => Respelled(data, (r, _) => Spelled(r))), Is.False, "one number alone");
            Assert.That(Counts(key.PublicKey, data => Respelled(data, (r, s) => [.. Spelled([1, .. new byte[80]]), .. Spelled(s)])), Is.False, "too long");
        }

        var point = ecdsa.ExportParameters(false).Q;
        byte[][] points = [[], [4], [4, 1], [4, 1, 1], [2, .. point.X!, .. point.Y!], [4, .. point.X!, .. point.Y!, 0, 0]];
        foreach (var wrong in points)
        {
            Assert.That(Counts(new SshWriter().String(algorithm).String(curve).String(wrong).ToArray(), key.Sign), Is.False);
        }

        Assert.That(Counts(key.PublicKey, data => [.. key.Sign(data), 0]), Is.False, "more behind the signature");

        byte[] Respelled(byte[] data, Func<byte[], byte[], byte[]> spell)
        {
            var reader = new SshReader(key.Sign(data));
            _ = reader.Bytes();
            var numbers = new SshReader(reader.Bytes());
            var value = spell(numbers.Bytes().ToArray(), numbers.Bytes().ToArray());
            return new SshWriter().String(algorithm).String(value).ToArray();
        }
    }

    [Test]
    public void An_algorithm_of_another_key_does_not_count()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = new EcdsaSigningKey(ecdsa, "nistp256");
        using var ed25519 = new Ed25519SigningKey(new byte[32]);
        Assert.That(Counts(key.PublicKey, ed25519.Sign), Is.False);
        Assert.That(Counts(ed25519.PublicKey, key.Sign), Is.False);
        Assert.That(Counts(new SshWriter().String("ssh-dss").ToArray(), ed25519.Sign), Is.False);
        Assert.That(Counts([], ed25519.Sign), Is.False);
        Assert.That(Counts(ed25519.PublicKey, _ => []), Is.False);
    }

    private static byte[] Spelled(ReadOnlySpan<byte> number) => new SshWriter().String(number).ToArray();

    private static byte[] Resized(byte[] bytes, int length) => [.. bytes.Take(length), .. new byte[Math.Max(0, length - bytes.Length)]];

    /// <summary>Whether the signature of the key over the message counts, put together as ssh-keygen does.</summary>
    private static bool Counts(byte[] publicKey, Func<byte[], byte[]> sign, string hash = "sha512", string reserved = "", string purpose = Purpose)
    {
        var digest = hash switch { "sha512" => SHA512.HashData(Message), "sha256" => SHA256.HashData(Message), _ => SHA384.HashData(Message) };
        var signed = new SshWriter().Raw("SSHSIG"u8).String(purpose).String(reserved).String(hash).String(digest).ToArray();
        var blob = new SshWriter().Raw("SSHSIG"u8).UInt32(1).String(publicKey).String(purpose).String(reserved).String(hash).String(sign(signed)).ToArray();
        return SignatureCheck.Signer(Armored(blob), Message, Purpose)?.AsSpan().SequenceEqual(publicKey) == true;
    }

    private static byte[] Armored(byte[] blob) => Encoding.ASCII.GetBytes(
        $"-----BEGIN SSH SIGNATURE-----\n{string.Concat(Convert.ToBase64String(blob).Chunk(70).Select(l => new string(l) + "\n"))}-----END SSH SIGNATURE-----\n");
}
