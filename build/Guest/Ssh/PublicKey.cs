using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Guest.Ssh;

/// <summary>
/// A user's public key in SSH's format (RFC 4253 §6.6, RFC 5656, RFC 8332, RFC 8709). The base library checks
/// signatures, except those of Ed25519, which it does not have.
/// </summary>
internal sealed class PublicKey
{
    private static readonly Dictionary<string, (ECCurve Curve, string Name, int Size, HashAlgorithmName Hash)> Curves = new()
    {
        ["ecdsa-sha2-nistp256"] = (ECCurve.NamedCurves.nistP256, "nistp256", 32, HashAlgorithmName.SHA256),
        ["ecdsa-sha2-nistp384"] = (ECCurve.NamedCurves.nistP384, "nistp384", 48, HashAlgorithmName.SHA384),
        ["ecdsa-sha2-nistp521"] = (ECCurve.NamedCurves.nistP521, "nistp521", 66, HashAlgorithmName.SHA512),
    };

    private static readonly Dictionary<string, HashAlgorithmName> RsaHashes = new()
    {
        ["rsa-sha2-512"] = HashAlgorithmName.SHA512,
        ["rsa-sha2-256"] = HashAlgorithmName.SHA256,
        ["ssh-rsa"] = HashAlgorithmName.SHA1,
    };

    private PublicKey(string type, byte[] blob) => (Type, Blob) = (type, blob);

    /// <summary>What the client may sign with. ssh-rsa is accepted from old clients, but not asked for.</summary>
    public static IReadOnlyList<string> SignatureAlgorithms { get; } =
        ["ssh-ed25519", .. Curves.Keys, "rsa-sha2-512", "rsa-sha2-256"];

    /// <summary>The key's type, such as <c>ssh-rsa</c>.</summary>
    public string Type { get; }

    public byte[] Blob { get; }

    /// <summary>The fingerprint as <c>ssh-keygen -l</c> prints it.</summary>
    public string Fingerprint => "SHA256:" + Convert.ToBase64String(SHA256.HashData(Blob)).TrimEnd('=');

    /// <summary>Reads a key from a message; null when it is of no known type.</summary>
    public static PublicKey? FromBlob(ReadOnlySpan<byte> blob)
    {
        var type = new SshReader(blob).Text();
        return type is "ssh-rsa" or "ssh-ed25519" || Curves.ContainsKey(type) ? new PublicKey(type, blob.ToArray()) : null;
    }

    /// <summary>
    /// Reads a line of <c>authorized_keys</c>; null when it holds no key of a known type. Options before the key are
    /// passed over.
    /// </summary>
    public static PublicKey? FromLine(string line)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i + 1 < words.Length && !words[0].StartsWith('#'); i++)
        {
            var blob = new byte[words[i + 1].Length];
            if (!Convert.TryFromBase64String(words[i + 1], blob, out var length))
            {
                continue;
            }

            try
            {
                if (FromBlob(blob.AsSpan(0, length)) is { } key && key.Type == words[i])
                {
                    return key;
                }
            }
            catch (SshException)
            {
                // Base64 that is no key, such as a word of an option.
            }
        }

        return null;
    }

    /// <summary>Whether signatures of this algorithm are made with a key of this type.</summary>
    public bool Signs(string algorithm) => Type == "ssh-rsa" ? RsaHashes.ContainsKey(algorithm) : algorithm == Type;

    /// <summary>Checks a signature blob over data.</summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> signatureBlob, ReadOnlySpan<byte> data)
    {
        var reader = new SshReader(signatureBlob);
        if (reader.Text() != algorithm || !Signs(algorithm))
        {
            return false;
        }

        var signature = reader.Bytes();
        var key = new SshReader(Blob);
        _ = key.Text();
        try
        {
            return Type switch
            {
                "ssh-rsa" => VerifyRsa(key, RsaHashes[algorithm], signature, data),
                "ssh-ed25519" => VerifyEd25519(key.Bytes(), signature, data),
                _ => VerifyEcdsa(key, signature, data),
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool VerifyRsa(SshReader key, HashAlgorithmName hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        var exponent = key.Bytes().TrimStart((byte)0).ToArray();
        var modulus = key.Bytes().TrimStart((byte)0).ToArray();
        if (modulus.Length is < 128 or > 1024 || exponent.Length is 0 or > 8 || signature.Length > modulus.Length)
        {
            return false;
        }

        var padded = new byte[modulus.Length];
        signature.CopyTo(padded.AsSpan(padded.Length - signature.Length));
        using var rsa = RSA.Create(new RSAParameters { Exponent = exponent, Modulus = modulus });
        return rsa.VerifyData(data, padded, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool VerifyEd25519(ReadOnlySpan<byte> key, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        if (key.Length != Ed25519PublicKeyParameters.KeySize || signature.Length != Ed25519PrivateKeyParameters.SignatureSize)
        {
            return false;
        }

        var signer = new Ed25519Signer();
        signer.Init(forSigning: false, new Ed25519PublicKeyParameters(key));
        signer.BlockUpdate(data);
        return signer.VerifySignature(signature.ToArray());
    }

    private bool VerifyEcdsa(SshReader key, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        var (curve, name, size, hash) = Curves[Type];
        var curveName = key.Text();
        var point = key.Bytes();
        if (curveName != name || point.Length != 1 + (2 * size) || point[0] != 4)
        {
            return false;
        }

        var numbers = new SshReader(signature);
        byte[] fixedSize = [.. numbers.Number(size), .. numbers.Number(size)];
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = point[1..(1 + size)].ToArray(), Y = point[(1 + size)..].ToArray() },
        });
        return ecdsa.VerifyData(data, fixedSize, hash);
    }
}
