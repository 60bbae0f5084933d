using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Records.Signing;

/// <summary>
/// Private key files: OpenSSH's own format (<c>openssh-key-v1</c>, PROTOCOL.key of OpenSSH) without a passphrase, and
/// the PEM forms of RSA and ECDSA keys that older tools write.
/// </summary>
internal static class OpenSshPrivateKey
{
    private const string Header = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string Footer = "-----END OPENSSH PRIVATE KEY-----";
    private const string Magic = "openssh-key-v1\0";
    private const int BlockSize = 8;

    /// <summary>A new Ed25519 key as a file's text, and its seed.</summary>
    public static (string Text, byte[] Seed) NewEd25519(string comment)
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        using var key = new Ed25519SigningKey([.. seed]);
        var check = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
        var inner = new SshWriter().UInt32(check).UInt32(check)
            .String(Ed25519SigningKey.Algorithm).String(key.PublicValue).String([.. seed, .. key.PublicValue]).String(comment);
        var length = inner.ToArray().Length;
        for (byte pad = 1; (length + pad - 1) % BlockSize != 0; pad++)
        {
            inner.Byte(pad);
        }

        var blob = new SshWriter().Raw(Encoding.ASCII.GetBytes(Magic))
            .String("none").String("none").String("").UInt32(1).String(key.PublicKey).String(inner.ToArray()).ToArray();
        var base64 = Convert.ToBase64String(blob).Chunk(70).Select(line => new string(line));
        return ($"{Header}\n{string.Join('\n', base64)}\n{Footer}\n", seed);
    }

    /// <summary>Reads a private key.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="comment">The comment in the key; empty where the format has none.</param>
    /// <exception cref="FormatException">It is not a private key of a supported kind.</exception>
    /// <exception cref="EncryptedKeyException">It has a passphrase.</exception>
    public static ISigningKey Read(string text, out string comment)
    {
        comment = "";
        text = text.Trim();
        if (!text.StartsWith(Header, StringComparison.Ordinal))
        {
            return Pem(text);
        }

        var end = text.IndexOf(Footer, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException("the key is cut off");
        }

        var outer = new SshReader(Convert.FromBase64String(text[Header.Length..end]));
        if (Encoding.ASCII.GetString(outer.Raw(Magic.Length)) != Magic)
        {
            throw new FormatException("it is not an OpenSSH private key");
        }

        if (outer.Text() != "none")
        {
            throw new EncryptedKeyException();
        }

        _ = outer.Bytes();
        _ = outer.Bytes();
        if (outer.UInt32() != 1)
        {
            throw new FormatException("it holds more than one key");
        }

        _ = outer.Bytes();
        var inner = new SshReader(outer.Bytes());
        if (inner.UInt32() != inner.UInt32())
        {
            throw new FormatException("its check numbers differ");
        }

        var algorithm = inner.Text();
        ISigningKey key = algorithm switch
        {
            Ed25519SigningKey.Algorithm => Ed25519(ref inner),
            "ssh-rsa" => Rsa(ref inner),
            _ when algorithm.StartsWith("ecdsa-sha2-", StringComparison.Ordinal) => Ecdsa(ref inner),
            _ => throw new FormatException($"keys of the kind '{algorithm}' are not supported"),
        };
        comment = inner.Text();
        return key;
    }

    private static Ed25519SigningKey Ed25519(ref SshReader reader)
    {
        _ = reader.Bytes();
        var pair = reader.Bytes();
        return pair.Length == 64 ? new(pair[..32].ToArray()) : throw new FormatException("the Ed25519 key has a wrong length");
    }

    private static RsaSigningKey Rsa(ref SshReader reader)
    {
        var modulus = reader.Number();
        var exponent = reader.Number();
        var d = reader.Number();
        var inverseQ = reader.Number();
        var p = reader.Number();
        var q = reader.Number();
        var half = (modulus.Length + 1) / 2;
        return new(RSA.Create(new RSAParameters
        {
            Modulus = modulus,
            Exponent = exponent,
            D = Padded(d, modulus.Length),
            P = Padded(p, half),
            Q = Padded(q, half),
            DP = Padded(Modulo(d, p), half),
            DQ = Padded(Modulo(d, q), half),
            InverseQ = Padded(inverseQ, half),
        }));
    }

    private static EcdsaSigningKey Ecdsa(ref SshReader reader)
    {
        var curve = reader.Text();
        if (!EcdsaSigningKey.Curves.TryGetValue(curve, out var known))
        {
            throw new FormatException($"the curve '{curve}' is not supported");
        }

        var point = reader.Bytes();
        var size = (point.Length - 1) / 2;
        if (point.Length < 3 || point[0] != 4)
        {
            throw new FormatException("the public point is not in the uncompressed form");
        }

        var parameters = new ECParameters
        {
            Curve = known.Curve,
            Q = new ECPoint { X = point.Slice(1, size).ToArray(), Y = point[(1 + size)..].ToArray() },
            D = Padded(reader.Number(), size),
        };
        return new(ECDsa.Create(parameters), curve);
    }

    private static ISigningKey Pem(string text)
    {
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new EncryptedKeyException();
        }

        try
        {
            if (text.Contains("BEGIN EC ", StringComparison.Ordinal))
            {
                using var given = ECDsa.Create();
                given.ImportFromPem(text);
                var (name, known) = EcdsaSigningKey.Curves.First(c => c.Key == $"nistp{given.KeySize}");

                // The size alone may be that of another curve, whose points are not on this one.
                return new EcdsaSigningKey(ECDsa.Create(given.ExportParameters(true) with { Curve = known.Curve }), name);
            }

            var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return new RsaSigningKey(rsa);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or InvalidOperationException)
        {
            throw new FormatException("it is not a private key in OpenSSH's format", e);
        }
    }

    private static byte[] Modulo(byte[] d, byte[] prime) =>
        (Unsigned(d) % (Unsigned(prime) - BigInteger.One)).ToByteArray(isUnsigned: true, isBigEndian: true);

    private static BigInteger Unsigned(byte[] number) => new(number, isUnsigned: true, isBigEndian: true);

    private static byte[] Padded(byte[] number, int length) => number.Length <= length
        ? [.. new byte[length - number.Length], .. number]
        : throw new FormatException("a number in the key is too long");
}

/// <summary>The private key has a passphrase.</summary>
internal sealed class EncryptedKeyException() : Exception("it has a passphrase");
