using System.Security.Cryptography;

namespace Foundation;

/// <summary>SHA-256 in the form that <c>sha256sum</c> prints: 64 lowercase hexadecimal digits.</summary>
public static class FileHash
{
    /// <summary>The hash of a file's bytes, read in pieces.</summary>
    public static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
