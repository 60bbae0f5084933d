using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
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
    /// <param name="cancellation">Stops the attempt.</param>
    /// <exception cref="ProxmoxApiException">The server cannot be reached or does not speak TLS.</exception>
    public static async Task<ServerCertificate> FetchAsync(Uri url, CancellationToken cancellation)
    {
        ServerCertificate? found = null;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(15));
            using var socket = new TcpClient();
            await socket.ConnectAsync(url.IdnHost, url.Port, limit.Token);
            await using var tls = new SslStream(socket.GetStream());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = url.IdnHost,
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    {
                        found = certificate is null ? null : From(certificate, errors == SslPolicyErrors.None);
                        // Taken for looking at it only: nothing is sent over this connection.
                        return found is not null;
                    },
                },
                limit.Token);
        }
        catch (Exception error) when (
            error is SocketException or IOException or System.Security.Authentication.AuthenticationException
            || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var why = error is OperationCanceledException ? "no answer within 15 s" : error.Message;
            throw new ProxmoxApiException("CONNECT", url.Authority, why, error);
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
