using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Records.Verification;

/// <summary>
/// Checks SSH signatures (PROTOCOL.sshsig of OpenSSH). Only the one spelling that <c>ssh-keygen</c> writes is
/// accepted, so that no bit of the file can change unnoticed.
/// </summary>
internal static class SignatureCheck
{
    public const int MaxBytes = 64 * 1024;
    private const string Begin = "-----BEGIN SSH SIGNATURE-----\n";
    private const string End = "-----END SSH SIGNATURE-----\n";
    private const int LineLength = 70;

    /// <summary>The public key that signed, in SSH's encoding; null when the signature is not a right one.</summary>
    public static byte[]? Signer(byte[] armored, byte[] message, string purpose)
    {
        try
        {
            return Check(Unarmor(armored), message, purpose);
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The fingerprint as <c>ssh-keygen -l</c> prints it.</summary>
    public static string Fingerprint(byte[] key) => $"SHA256:{Convert.ToBase64String(SHA256.HashData(key)).TrimEnd('=')}";

    /// <summary>
    /// Whether a signature in the form of DSSE (64 bytes of Ed25519; the ASN.1 of ECDSA on P-256 with SHA-256, in its one
    /// spelling) is right.
    /// </summary>
    public static bool IsRaw(byte[] key, byte[] signature, byte[] signed)
    {
        try
        {
            var rest = key.AsSpan();
            switch (Encoding.ASCII.GetString(Take(ref rest)))
            {
                case "ssh-ed25519":
                    return Ed25519Right(rest, signature, signed);
                case "ecdsa-sha2-nistp256":
                    var pair = new AsnReader(signature, AsnEncodingRules.DER).ReadSequence();
                    byte[] r = pair.ReadIntegerBytes().ToArray(), s = pair.ReadIntegerBytes().ToArray();
                    pair.ThrowIfNotEmpty();
                    var asn = new AsnWriter(AsnEncodingRules.DER);
                    using (asn.PushSequence())
                    {
                        asn.WriteInteger(r);
                        asn.WriteInteger(s);
                    }

                    return asn.Encode().AsSpan().SequenceEqual(signature)
                        && EcdsaRight(rest, [.. Text(r), .. Text(s)], signed, ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256);
                default:
                    return false;
            }
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException or OverflowException or AsnContentException)
        {
            return false;
        }
    }

    private static byte[] Unarmor(byte[] armored)
    {
        var text = Encoding.ASCII.GetString(armored);
        if (!text.StartsWith(Begin, StringComparison.Ordinal) || !text.EndsWith($"\n{End}", StringComparison.Ordinal))
        {
            throw new FormatException();
        }

        var blob = Convert.FromBase64String(text[Begin.Length..^End.Length]);
        var lines = Convert.ToBase64String(blob).Chunk(LineLength).Select(l => new string(l) + "\n");
        var canonical = Encoding.ASCII.GetBytes($"{Begin}{string.Concat(lines)}{End}");
        return canonical.AsSpan().SequenceEqual(armored) ? blob : throw new FormatException();
    }

    private static byte[]? Check(byte[] blob, byte[] message, string purpose)
    {
        var rest = blob.AsSpan();
        if (!rest.StartsWith("SSHSIG\0\0\0\u0001"u8))
        {
            return null;
        }

        rest = rest[10..];
        var key = Take(ref rest).ToArray();
        var signedFor = Take(ref rest);
        var reserved = Take(ref rest).ToArray();
        var hashName = Encoding.ASCII.GetString(Take(ref rest));
        var signature = Take(ref rest);
        if (!rest.IsEmpty || !signedFor.SequenceEqual(Encoding.UTF8.GetBytes(purpose)))
        {
            return null;
        }

        var hash = hashName switch
        {
            "sha512" => SHA512.HashData(message),
            "sha256" => SHA256.HashData(message),
            _ => throw new FormatException(),
        };
        byte[] signed =
        [
            .. "SSHSIG"u8, .. Text(Encoding.UTF8.GetBytes(purpose)), .. Text(reserved), .. Text(Encoding.ASCII.GetBytes(hashName)), .. Text(hash),
        ];
        return IsRight(key, signature, signed) ? key : null;
    }

    private static bool IsRight(byte[] key, Span<byte> signature, byte[] signed)
    {
        var keyRest = key.AsSpan();
        var keyType = Encoding.ASCII.GetString(Take(ref keyRest));
        var algorithm = Encoding.ASCII.GetString(Take(ref signature));
        var value = Take(ref signature);
        if (!signature.IsEmpty)
        {
            return false;
        }

        return (keyType, algorithm) switch
        {
            ("ssh-ed25519", "ssh-ed25519") => Ed25519Right(keyRest, value, signed),
            ("ssh-rsa", "rsa-sha2-512") => RsaRight(keyRest, value, signed, HashAlgorithmName.SHA512),
            ("ssh-rsa", "rsa-sha2-256") => RsaRight(keyRest, value, signed, HashAlgorithmName.SHA256),
            ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => EcdsaRight(keyRest, value, signed, ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256),
            ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384") => EcdsaRight(keyRest, value, signed, ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384),
            ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521") => EcdsaRight(keyRest, value, signed, ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512),
            _ => false,
        };
    }

    private static bool Ed25519Right(Span<byte> key, Span<byte> signature, byte[] signed)
    {
        var point = Take(ref key);
        return point.Length == Ed25519.PublicKeySize && signature.Length == Ed25519.SignatureSize
            && Ed25519.Verify(signature.ToArray(), 0, point.ToArray(), 0, signed, 0, signed.Length);
    }

    private static bool RsaRight(Span<byte> key, Span<byte> signature, byte[] signed, HashAlgorithmName hash)
    {
        var exponent = Take(ref key).TrimStart((byte)0).ToArray();
        var modulus = Take(ref key).TrimStart((byte)0).ToArray();
        const int smallestModulus = 256;
        const int largestModulus = 2048;
        if (modulus.Length is < smallestModulus or > largestModulus || exponent.Length is 0 or > 8)
        {
            return false;
        }

        using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
        return rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool EcdsaRight(Span<byte> key, Span<byte> signature, byte[] signed, ECCurve curve, HashAlgorithmName hash)
    {
        _ = Take(ref key);
        var point = Take(ref key);
        var size = (point.Length - 1) / 2;
        var r = Number(ref signature, size);
        var s = Number(ref signature, size);
        if (point.Length < 3 || point[0] != 4 || !signature.IsEmpty || r is null || s is null)
        {
            return false;
        }

        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = point.Slice(1, size).ToArray(), Y = point[(1 + size)..].ToArray() },
        });
        return ecdsa.VerifyData(signed, (byte[])[.. r, .. s], hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>A number in its one right spelling, padded to the curve's size.</summary>
    private static byte[]? Number(ref Span<byte> rest, int size)
    {
        var spelled = Take(ref rest);
        var number = spelled.TrimStart((byte)0);
        var zeros = spelled.Length - number.Length;
        var needed = number.Length > 0 && number[0] >= 0x80 ? 1 : 0;
        return zeros == needed && number.Length <= size ? [.. new byte[size - number.Length], .. number] : null;
    }

    private static Span<byte> Take(ref Span<byte> rest)
    {
        if (rest.Length < 4)
        {
            throw new FormatException();
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - 4)
        {
            throw new FormatException();
        }

        var part = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return part;
    }

    private static byte[] Text(byte[] value)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)value.Length);
        return [.. length, .. value];
    }
}
