using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxmox.Transport;

/// <summary>A server's certificate as people judge it, and as files keep it.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate: 32 pairs of uppercase hexadecimal digits with colons, as Proxmox shows it.</param>
/// <param name="Pem">The certificate in PEM.</param>
/// <param name="Subject">Whose it is.</param>
/// <param name="Issuer">Who signed it.</param>
/// <param name="Names">The host names and addresses that it is for.</param>
/// <param name="NotBefore">From when it is valid, UTC.</param>
/// <param name="NotAfter">Until when it is valid, UTC.</param>
/// <param name="TrustedBySystem">Whether the system trusts it for the host that was asked.</param>
public sealed record ServerCertificate(
    string Fingerprint,
    string Pem,
    string Subject,
    string Issuer,
    IReadOnlyList<string> Names,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool TrustedBySystem)
{
    /// <summary>Asks a server for its certificate, without trusting it and without sending anything else.</summary>
    /// <param name="url">The server, such as <c>https://pve1.example.net:8006</c>.</param>
    /// <param name="proxy">The proxy on the way to it, or null.</param>
    /// <param name="cancellation">Stops the attempt.</param>
    /// <exception cref="ProxmoxApiException">The server cannot be reached or does not speak TLS.</exception>
    public static async Task<ServerCertificate> FetchAsync(Uri url, ServerProxy? proxy, CancellationToken cancellation)
    {
        ServerCertificate? found = null;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(15));
            using var handler = new SocketsHttpHandler
            {
                Proxy = proxy,
                UseProxy = proxy is not null,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (handshake, certificate, _, errors) =>
                    {
                        if (proxy?.IsOwn(handshake, url) == true)
                        {
                            return errors == SslPolicyErrors.None;
                        }

                        found = certificate is null ? null : From(certificate, errors == SslPolicyErrors.None);

                        // Refused when it has been looked at, so that nothing is sent over this connection.
                        return false;
                    },
                },
            };
            using var client = new HttpClient(handler);
            using var answer = await client.GetAsync(new Uri(url.GetLeftPart(UriPartial.Authority)), limit.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            if (found is null)
            {
                throw error is OperationCanceledException
                    ? new ProxmoxApiException("CONNECT", url.Authority, "no answer within 15 s", error)
                    : ProxmoxClient.NoAnswer("CONNECT", url.Authority, error, proxy);
            }
        }

        return found ?? throw new ProxmoxApiException("CONNECT", url.Authority, "the server shows no certificate");
    }

    /// <summary>Whether two fingerprints are the same, with or without colons, in any case.</summary>
    public static bool SameFingerprint(string one, string other) =>
        string.Equals(Digits(one), Digits(other), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text is a SHA-256 fingerprint.</summary>
    public static bool IsFingerprint(string text) => Digits(text) is { Length: 64 } digits && digits.All(char.IsAsciiHexDigit);

    internal static ServerCertificate From(X509Certificate certificate, bool trusted)
    {
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return new ServerCertificate(
            FingerprintOf(copy),
            copy.ExportCertificatePem() + "\n",
            copy.Subject,
            copy.Issuer,
            NamesOf(copy),
            copy.NotBefore.ToUniversalTime(),
            copy.NotAfter.ToUniversalTime(),
            trusted);
    }

    internal static string FingerprintOf(X509Certificate certificate)
    {
        var hash = SHA256.HashData(certificate.GetRawCertData());
        return string.Join(':', hash.Select(b => b.ToString("X2", CultureInfo.InvariantCulture)));
    }

    internal static List<string> NamesOf(X509Certificate2 certificate) =>
        [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
            .Distinct()];

    private static string Digits(string fingerprint) => fingerprint.Replace(":", "", StringComparison.Ordinal).Trim();
}
