using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Records.Signing;

/// <summary>A key that can sign, wherever its private half is.</summary>
internal interface ISigningKey : IDisposable
{
    /// <summary>The public key in SSH's encoding.</summary>
    byte[] PublicKey { get; }

    /// <summary>The signature in SSH's encoding: algorithm and value.</summary>
    byte[] Sign(byte[] data);
}

/// <summary>Ed25519 (RFC 8032, RFC 8709).</summary>
internal sealed class Ed25519SigningKey(byte[] seed) : ISigningKey
{
    public const string Algorithm = "ssh-ed25519";

    private readonly Ed25519PrivateKeyParameters key = new(seed);

    public byte[] PublicValue => key.GeneratePublicKey().GetEncoded();

    public byte[] PublicKey => new SshWriter().String(Algorithm).String(PublicValue).ToArray();

    public byte[] Sign(byte[] data)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, key);
        signer.BlockUpdate(data, 0, data.Length);
        return new SshWriter().String(Algorithm).String(signer.GenerateSignature()).ToArray();
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(seed);
}

/// <summary>RSA with SHA-512 (RFC 8332).</summary>
internal sealed class RsaSigningKey(RSA key) : ISigningKey
{
    public byte[] PublicKey
    {
        get
        {
            var parameters = key.ExportParameters(false);
            return new SshWriter().String("ssh-rsa").MultiPrecision(parameters.Exponent).MultiPrecision(parameters.Modulus).ToArray();
        }
    }

    public byte[] Sign(byte[] data) => new SshWriter()
        .String("rsa-sha2-512")
        .String(key.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1))
        .ToArray();

    public void Dispose() => key.Dispose();
}

/// <summary>ECDSA on a NIST curve (RFC 5656).</summary>
internal sealed class EcdsaSigningKey(ECDsa key, string curve) : ISigningKey
{
    /// <summary>SSH's names of the curves, with the base library's and the hash that RFC 5656 sets for each.</summary>
    public static readonly IReadOnlyDictionary<string, (ECCurve Curve, HashAlgorithmName Hash)> Curves =
        new Dictionary<string, (ECCurve, HashAlgorithmName)>
        {
            ["nistp256"] = (ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256),
            ["nistp384"] = (ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384),
            ["nistp521"] = (ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512),
        };

    /// <summary>SSH's name of ECDSA with SHA-256 on P-256.</summary>
    public const string P256Algorithm = "ecdsa-sha2-nistp256";

    private string Algorithm => $"ecdsa-sha2-{curve}";

    public byte[] PublicKey
    {
        get
        {
            var point = key.ExportParameters(false).Q;
            return new SshWriter().String(Algorithm).String(curve).String([4, .. point.X!, .. point.Y!]).ToArray();
        }
    }

    public byte[] Sign(byte[] data)
    {
        var pair = key.SignData(data, Curves[curve].Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var half = pair.Length / 2;
        var value = new SshWriter().MultiPrecision(pair.AsSpan(0, half)).MultiPrecision(pair.AsSpan(half)).ToArray();
        return new SshWriter().String(Algorithm).String(value).ToArray();
    }

    public void Dispose() => key.Dispose();
}
