using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foundation;

namespace Sandbox;

/// <summary>
/// The node's certificate: self-signed, for the loopback addresses. The private key is made for each start and stays
/// in memory; the certificate is written to a file that clients are told to trust.
/// </summary>
internal sealed class NodeCertificate : IDisposable
{
    private NodeCertificate(X509Certificate2 certificate) => Certificate = certificate;

    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 in the form that Proxmox VE shows: pairs of hexadecimal digits with colons.</summary>
    public string Fingerprint => string.Join(':', Certificate.GetCertHash(HashAlgorithmName.SHA256).Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    public string Pem => Certificate.ExportCertificatePem() + "\n";

    public static NodeCertificate Make(string nodeName, string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={nodeName}, O=Sandbox Proxmox VE node", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        names.AddDnsName("localhost");
        names.AddDnsName(nodeName);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(397));
        if (OperatingSystem.IsWindows())
        {
            // Windows' TLS refuses keys that exist only in memory.
            certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        }

        var made = new NodeCertificate(certificate);
        AtomicFile.Write(file, made.Pem);
        return made;
    }

    public void Dispose() => Certificate.Dispose();
}
