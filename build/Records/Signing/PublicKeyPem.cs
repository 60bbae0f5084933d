using System.Security.Cryptography;

namespace Records.Signing;

/// <summary>
/// SSH's public keys in the form that everybody else reads: SubjectPublicKeyInfo (RFC 5280) as PEM, for Ed25519
/// (RFC 8410) and P-256 (RFC 5480).
/// </summary>
internal static class PublicKeyPem
{
    private static readonly byte[] Ed25519Prefix = Convert.FromHexString("302a300506032b6570032100");
    private static readonly byte[] P256Prefix = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d030107034200");

    /// <summary>The PEM of a key in SSH's encoding; null for a key of another kind.</summary>
    public static string? Of(byte[] publicKey)
    {
        var reader = new SshReader(publicKey);
        byte[]? der = null;
        switch (reader.Text())
        {
            case Ed25519SigningKey.Algorithm:
                der = [.. Ed25519Prefix, .. reader.Bytes()];
                break;
            case EcdsaSigningKey.P256Algorithm:
                _ = reader.Bytes();
                der = [.. P256Prefix, .. reader.Bytes()];
                break;
        }

        return der is null ? null : PemEncoding.WriteString("PUBLIC KEY", der).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The name of the key's file: the fingerprint that <c>ssh-keygen -l</c> prints, in hexadecimal.</summary>
    public static string FileName(byte[] publicKey) => $"{Convert.ToHexStringLower(SHA256.HashData(publicKey))}.pem";
}
