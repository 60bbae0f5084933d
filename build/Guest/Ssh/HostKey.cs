using System.Security.Cryptography;

namespace Guest.Ssh;

/// <summary>A guest's host key, ecdsa-sha2-nistp256 (RFC 5656 §3).</summary>
internal sealed class HostKey : IDisposable
{
    public const string Algorithm = "ecdsa-sha2-nistp256";
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Lock gate = new();

    public HostKey()
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicBlob = new SshWriter().Text(Algorithm).Text("nistp256").Bytes([4, .. point.X!, .. point.Y!]).Written.ToArray();
    }

    public byte[] PublicBlob { get; }

    /// <summary>Signs an exchange hash.</summary>
    public byte[] Sign(ReadOnlySpan<byte> hash)
    {
        byte[] signature;
        lock (gate)
        {
            signature = key.SignData(hash, HashAlgorithmName.SHA256);
        }

        var numbers = new SshWriter().Number(signature.AsSpan(0, 32)).Number(signature.AsSpan(32));
        return new SshWriter().Text(Algorithm).Bytes(numbers.Written.Span).Written.ToArray();
    }

    public void Dispose() => key.Dispose();
}
