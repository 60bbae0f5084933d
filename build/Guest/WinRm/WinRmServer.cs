using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Guest.Network;

namespace Guest.WinRm;

/// <summary>
/// A guest's WinRM listener: HTTP/1.1 with basic authentication, over TLS with a self-signed certificate of the
/// guest or in the clear, as <see cref="WinRmListener"/> says. What is asked goes to <see cref="WsManService"/>.
/// </summary>
internal sealed class WinRmServer(GuestState guest, WinRmListener listener) : IDisposable
{
    private const int LargestBody = 1 << 20;
    private readonly Lazy<X509Certificate2> certificate = new(() => MakeCertificate(guest.System.HostName));
    private readonly WsManService service = new(guest);

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        await using var connection = stream;
        try
        {
            if (!listener.Https)
            {
                await ServeHttpAsync(stream, cancellation);
                return;
            }

            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate.Value }, cancellation);
            await ServeHttpAsync(tls, cancellation);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away, or does not speak TLS.
        }
    }

    public void Dispose()
    {
        service.Dispose();
        if (certificate.IsValueCreated)
        {
            certificate.Value.Dispose();
        }
    }

    private async Task ServeHttpAsync(Stream stream, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> rest = default;
        while (await HttpHead.ReadAsync(stream, cancellation, rest) is { } head)
        {
            var given = head["Content-Length"] ?? "0";
            if (head["Transfer-Encoding"] is not null || !uint.TryParse(given, out var length) || length > LargestBody)
            {
                await WriteAsync(stream, new Answer(413, "Content Too Large"), keep: false, cancellation);
                return;
            }

            var body = new byte[length];
            var early = Math.Min(head.Rest.Length, body.Length);
            head.Rest.AsSpan(0, early).CopyTo(body);
            await stream.ReadExactlyAsync(body.AsMemory(early), cancellation);
            rest = head.Rest.AsMemory(early);

            // After a proxied request the next one may be for another guest.
            var keep = head.Target.StartsWith('/') && !string.Equals(head["Connection"], "close", StringComparison.OrdinalIgnoreCase);
            await WriteAsync(stream, Handle(head, body), keep, cancellation);
            if (!keep)
            {
                return;
            }
        }
    }

    private Answer Handle(HttpHead head, byte[] body)
    {
        var path = head.Target.StartsWith('/') ? head.Target
            : Uri.TryCreate(head.Target, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "";
        if (!path.Equals("/wsman", StringComparison.OrdinalIgnoreCase))
        {
            return new Answer(404, "Not Found");
        }

        if (head.Method != "POST")
        {
            return new Answer(405, "Method Not Allowed");
        }

        if (head["WSMANIDENTIFY"] == "unauthenticated")
        {
            return WsManService.Identify(body);
        }

        return LogIn(head["Authorization"]) is { } account ? service.Handle(body, account) : new Answer(401, "Unauthorized");
    }

    private GuestAccount? LogIn(string? authorization)
    {
        if (authorization?.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) != true)
        {
            return null; // Clients ask once without credentials.
        }

        if (!listener.Basic || !(listener.Https || listener.AllowUnencrypted))
        {
            guest.Log("winrm: refused a client: " + (listener.Basic
                ? "basic authentication over HTTP while unencrypted messages are not allowed" : "basic authentication is not enabled"));
            return null;
        }

        var bytes = new byte[authorization.Length];
        var credentials = Convert.TryFromBase64String(authorization[6..].Trim(), bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) : [];
        if (credentials.Length != 2)
        {
            return null;
        }

        // HOST\name and .\name are local accounts too.
        var name = credentials[0][(credentials[0].IndexOf('\\', StringComparison.Ordinal) + 1)..];
        var account = guest.Account(name);
        if (account?.Password is { Length: > 0 } password && account.Administrator
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(credentials[1]), Encoding.UTF8.GetBytes(password)))
        {
            return account;
        }

        guest.Log($"winrm: refused {name}: " + (account is null ? "there is no such account"
            : string.IsNullOrEmpty(account.Password) ? "the account has no password"
            : !account.Administrator ? "not an administrator, or wrong password" : "wrong password"));
        return null;
    }

    private async Task WriteAsync(Stream stream, Answer answer, bool keep, CancellationToken cancellation)
    {
        var body = Encoding.UTF8.GetBytes(answer.Body);
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} {answer.Reason}\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: {body.Length}\r\n");
        if (answer.Status == 401)
        {
            head.Append("WWW-Authenticate: Negotiate\r\n");
            if (listener.Basic && (listener.Https || listener.AllowUnencrypted))
            {
                head.Append("WWW-Authenticate: Basic realm=\"WSMAN\"\r\n");
            }
        }

        head.Append(body.Length > 0 ? "Content-Type: application/soap+xml;charset=UTF-8\r\n" : "");
        head.Append(keep ? "\r\n" : "Connection: close\r\n\r\n");
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head.ToString()), .. body], cancellation);
        await stream.FlushAsync(cancellation);
    }

    private static X509Certificate2 MakeCertificate(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(host);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var now = DateTimeOffset.UtcNow;
        var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        if (!OperatingSystem.IsWindows())
        {
            return made;
        }

        // Windows' TLS cannot use a key that exists only in memory.
        using (made)
        {
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        }
    }
}

/// <summary>An HTTP answer.</summary>
internal sealed record Answer(int Status, string Reason, string Body = "");
