using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foundation;

namespace Proxmox.Transport;

/// <summary>
/// Decides whether a server is the right one. Beside the system's authorities it knows one PEM file, which may hold
/// authorities or the server's own certificate (Go's <c>SSL_CERT_FILE</c> allows both, and Packer is given the same
/// file), or one fingerprint. A fingerprint identifies the server more closely than any name, so that with it the name
/// is not looked at; the dates are.
/// </summary>
internal sealed class CertificateTrust
{
    private readonly X509Certificate2Collection anchors = [];
    private readonly string? fingerprint;
    private readonly bool insecure;
    private readonly TimeProvider time;

    /// <exception cref="FailureException">The PEM file cannot be read, or the fingerprint is none.</exception>
    public CertificateTrust(ProxmoxConnection connection, TimeProvider time)
    {
        this.time = time;
        insecure = connection.Insecure;
        fingerprint = string.IsNullOrWhiteSpace(connection.Fingerprint) ? null : connection.Fingerprint;
        if (fingerprint is not null && !ServerCertificate.IsFingerprint(fingerprint))
        {
            throw new FailureException(
                FailureKind.Usage, $"'{fingerprint}' is no certificate fingerprint", "it must be a SHA-256 in 64 hexadecimal digits");
        }

        if (connection is { CertificateText: null, CertificateFile: null or "" })
        {
            return;
        }

        var what = connection.CertificateText is null ? $"The certificate file {connection.CertificateFile}" : "The certificate in PROXMOX_CERTIFICATE";
        try
        {
            anchors.ImportFromPem(connection.CertificateText ?? File.ReadAllText(connection.CertificateFile!));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FailureException(FailureKind.Validation, $"{what} cannot be read", error.Message);
        }

        if (anchors.Count == 0)
        {
            throw new FailureException(FailureKind.Validation, $"{what} holds no certificate in PEM");
        }
    }

    /// <summary>The callback for a TLS handshake.</summary>
    /// <exception cref="CertificateRejectedException">The certificate is not accepted.</exception>
    public bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (insecure || (errors == SslPolicyErrors.None && fingerprint is null))
        {
            return true;
        }

        if (certificate is null)
        {
            return false;
        }

        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        var shown = ServerCertificate.From(leaf, errors == SslPolicyErrors.None);
        if (fingerprint is not null && !ServerCertificate.SameFingerprint(fingerprint, shown.Fingerprint))
        {
            throw new CertificateRejectedException(new(shown, "it is not the one that was accepted", fingerprint));
        }

        if (Dates(leaf) is { } wrong)
        {
            throw new CertificateRejectedException(new(shown, wrong));
        }

        if (fingerprint is not null)
        {
            return true;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && !KnownTo(leaf, chain))
        {
            // With a file that holds just a server's certificate (an authority's names no hosts), another one is a changed one.
            var expected = anchors.Count == 1 && ServerCertificate.NamesOf(anchors[0]).Count > 0 ? ServerCertificate.FingerprintOf(anchors[0]) : null;
            throw new CertificateRejectedException(
                new(shown, expected is null ? "it is signed by nobody that is trusted here" : "it is not the one that was accepted", expected));
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            var names = shown.Names.Count == 0 ? "no name at all" : string.Join(", ", shown.Names);
            throw new CertificateRejectedException(new(shown, $"it is for {names}, not for the name in the address"));
        }

        return true;
    }

    private string? Dates(X509Certificate2 leaf)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return now > leaf.NotAfter.ToUniversalTime() ? $"it expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}"
            : now < leaf.NotBefore.ToUniversalTime() ? $"it is valid only from {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}"
            : null;
    }

    private bool KnownTo(X509Certificate2 leaf, X509Chain? presented)
    {
        if (anchors.Any(a => a.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)))
        {
            return true;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        // A cluster's own authority publishes no revocation list.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (presented is not null)
        {
            foreach (var element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        return anchors.Count > 0 && chain.Build(leaf);
    }
}
