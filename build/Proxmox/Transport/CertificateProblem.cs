namespace Proxmox.Transport;

/// <summary>Why a server's certificate is not accepted.</summary>
/// <param name="Certificate">The certificate that the server showed.</param>
/// <param name="Why">What is wrong with it, as a sentence without a full stop.</param>
/// <param name="ExpectedFingerprint">The fingerprint that was expected instead, when one was.</param>
public sealed record CertificateProblem(ServerCertificate Certificate, string Why, string? ExpectedFingerprint = null)
{
    /// <summary>One sentence with the fingerprint, or with both when another one was expected.</summary>
    public override string ToString() => ExpectedFingerprint is null
        ? $"the server's certificate is not trusted: {Why}; its SHA-256 fingerprint is {Certificate.Fingerprint}"
        : $"the server's certificate has changed: {Why}; expected SHA-256 fingerprint {ExpectedFingerprint}, got {Certificate.Fingerprint}";
}

/// <summary>Stops a TLS handshake with a reason, which .NET's own error would not carry.</summary>
internal sealed class CertificateRejectedException(CertificateProblem problem) : Exception(problem.ToString())
{
    public CertificateProblem Problem { get; } = problem;
}
