using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Build.Settings;
using Foundation;
using Proxmox;
using Proxmox.Transport;

namespace Build.Environments;

/// <summary>
/// Settles which certificate the server may show. One that the system does not trust is accepted by a person who has seen its
/// fingerprint, or by <c>--trust-fingerprint</c>; it is kept beside the env file, and from then on the server must
/// show exactly that one, to this program and to Packer.
/// </summary>
internal static class ServerTrust
{
    /// <summary>The file with the accepted certificate.</summary>
    public static string FileOf(BuildSettings settings) => Path.Combine(Path.GetDirectoryName(settings.EnvFilePath)!, "proxmox.pem");

    /// <summary>The file beside it with a certificate that was given as text in PROXMOX_CERTIFICATE: an env file holds lines, not texts.</summary>
    public static string GivenFileOf(BuildSettings settings) => Path.Combine(Path.GetDirectoryName(settings.EnvFilePath)!, "proxmox-given.pem");

    /// <summary>Completes a connection with what is known of the server's certificate.</summary>
    /// <param name="settings">Where the certificate is kept, and the fingerprint that was given.</param>
    /// <param name="wish">The connection.</param>
    /// <param name="mayAccept">Whether a new certificate may be accepted and kept: for Init.</param>
    /// <param name="log">Told of warnings.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">The certificate is not trusted, has changed, or is for another name.</exception>
    public static async Task<ProxmoxConnection> SettleAsync(
        BuildSettings settings, ProxmoxConnection wish, bool mayAccept, IRunLog log, CancellationToken cancellation)
    {
        if (wish.Insecure)
        {
            log.Write("Init", EventLevel.Warning, "PROXMOX_INSECURE=true: the server's certificate is not checked, and the record says so");
            return wish;
        }

        if (wish.CertificateFile is not null || wish.CertificateText is not null)
        {
            return wish;
        }

        var file = FileOf(settings);
        var pinned = settings.Cluster.FileApplies && File.Exists(file) ? FingerprintOf(file) : null;
        if (pinned is not null && !mayAccept)
        {
            return wish with { CertificateFile = file, Fingerprint = pinned };
        }

        var shown = await FetchAsync(wish, cancellation);
        if (pinned is not null && ServerCertificate.SameFingerprint(pinned, shown.Fingerprint))
        {
            return wish with { CertificateFile = file, Fingerprint = pinned };
        }

        if (pinned is null && shown.TrustedBySystem)
        {
            return wish;
        }

        if (!mayAccept || !await IsAcceptedAsync(settings.Cluster.TrustedFingerprint, wish.Url, shown, pinned, cancellation))
        {
            throw Refused(wish.Url, shown, pinned, mayAccept ? settings.Cluster.TrustedFingerprint : null);
        }

        CheckFitness(wish.Url, shown);
        if (settings.IsDryRun)
        {
            return wish with { Fingerprint = shown.Fingerprint };
        }

        try
        {
            AtomicFile.Write(file, shown.Pem);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, $"The accepted certificate could not be kept in {file}", error.Message, cause: error);
        }

        log.Write("Init", EventLevel.Info, $"The certificate with the SHA-256 fingerprint {shown.Fingerprint} is accepted and kept in {file}");
        return wish with { CertificateFile = file, Fingerprint = shown.Fingerprint };
    }

    private static async Task<bool> IsAcceptedAsync(string? expected, Uri url, ServerCertificate shown, string? pinned, CancellationToken cancellation)
    {
        if (expected is not null)
        {
            return ServerCertificate.IsFingerprint(expected)
                ? ServerCertificate.SameFingerprint(expected, shown.Fingerprint)
                : throw new FailureException(
                    FailureKind.Usage, $"'{expected}' is no certificate fingerprint", "it must be a SHA-256 in 64 hexadecimal digits, with or without colons");
        }

        // A certificate that has changed is not waved through by a habit of typing yes.
        if (pinned is not null || !Terminal.IsInteractive)
        {
            return false;
        }

        Console.WriteLine($"""

            The server {url.Authority} shows a certificate that this system does not trust:
              Subject       {shown.Subject}
              Issuer        {shown.Issuer}
              Names         {string.Join(", ", shown.Names)}
              Valid         {shown.NotBefore:yyyy-MM-dd} to {shown.NotAfter:yyyy-MM-dd}
              SHA-256       {shown.Fingerprint}
            Compare the fingerprint with the one that the node itself shows: System > Certificates in its web interface.
            """);
        return await Terminal.AskAsync("Trust this certificate from now on? Type yes or no: ", cancellation) == "yes";
    }

    private static FailureException Refused(Uri url, ServerCertificate shown, string? pinned, string? expected) =>
        pinned is not null && expected is null
            ? new(
                FailureKind.Validation, $"The certificate of {url.Authority} has changed",
                $"accepted was the SHA-256 fingerprint {pinned}, now it shows {shown.Fingerprint}",
                $"If it was renewed, accept it with --target=Init --trust-fingerprint={shown.Fingerprint}; otherwise find out who answers there")
            : expected is not null
                ? new(
                    FailureKind.Validation, $"The certificate of {url.Authority} is not the expected one",
                    $"expected is the SHA-256 fingerprint {expected}, it shows {shown.Fingerprint}", "Find out who answers there")
                : new(
                    FailureKind.Validation, $"The certificate of {url.Authority} is not trusted",
                    $"the system does not know who signed it; its SHA-256 fingerprint is {shown.Fingerprint}",
                    $"Compare it with the one that the node shows, then accept it with --target=Init --trust-fingerprint={shown.Fingerprint}");

    /// <summary>Packer checks name and dates as well, so that a certificate which fails there must not be kept here.</summary>
    private static void CheckFitness(Uri url, ServerCertificate shown)
    {
        using var certificate = X509Certificate2.CreateFromPem(shown.Pem);
        if (!certificate.MatchesHostname(url.IdnHost, allowWildcards: true, allowCommonName: false))
        {
            throw new FailureException(
                FailureKind.Validation, $"The certificate of {url.Authority} is not for this name", $"it is for {string.Join(", ", shown.Names)}, and Packer refuses it",
                "Use one of these names in --proxmox-url");
        }

        var now = DateTimeOffset.UtcNow;
        if (now < shown.NotBefore || now > shown.NotAfter)
        {
            throw new FailureException(
                FailureKind.Validation, $"The certificate of {url.Authority} is not valid now", $"it is valid from {shown.NotBefore:yyyy-MM-dd} to {shown.NotAfter:yyyy-MM-dd}",
                "Renew it on the node, or correct the clock");
        }
    }

    private static async Task<ServerCertificate> FetchAsync(ProxmoxConnection wish, CancellationToken cancellation)
    {
        try
        {
            return await ServerCertificate.FetchAsync(wish.Url, wish.Proxy, cancellation);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Connecting to {wish.Url.Authority} failed");
        }
    }

    private static string FingerprintOf(string file)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            return string.Join(':', certificate.GetCertHashString(HashAlgorithmName.SHA256).Chunk(2).Select(c => new string(c)));
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FailureException(
                FailureKind.Validation, $"The accepted certificate in {file} cannot be read", error.Message, "Delete the file and run --target=Init", cause: error);
        }
    }
}
