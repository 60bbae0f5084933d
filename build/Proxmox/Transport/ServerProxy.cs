using System.Globalization;
using System.Net;
using System.Net.Security;
using Foundation;

namespace Proxmox.Transport;

/// <summary>
/// The proxy on the way to a server. There is one rule, that of Packer, which this program cannot change: <c>HTTPS_PROXY</c>
/// and <c>NO_PROXY</c> as Go reads them (<c>golang.org/x/net/http/httpproxy</c>). .NET's own reads neither networks nor
/// domains without a dot in front, so that the two would take different ways.
/// </summary>
public sealed class ServerProxy : IWebProxy
{
    private static readonly string[] Schemes = ["http", "https", "socks5", "socks5h"];

    private ServerProxy(Uri address, NetworkCredential? login)
    {
        Address = address;
        Login = login;
    }

    /// <summary>Its address, without name and password.</summary>
    public Uri Address { get; }

    /// <summary>How to log in to it, or null.</summary>
    public NetworkCredential? Login { get; }

    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => Login;
        set => throw new NotSupportedException();
    }

    /// <summary>A proxy by its URL; <c>http://</c> may be left out.</summary>
    /// <exception cref="FailureException">Usage: it is none. The URL is not shown, for it may hold a password.</exception>
    public static ServerProxy At(string url, string name = "HTTPS_PROXY")
    {
        var whole = url.Contains("://", StringComparison.Ordinal) ? url : "http://" + url;
        if (!Uri.TryCreate(whole, UriKind.Absolute, out var address) || !Schemes.Contains(address.Scheme) || address.Host.Length == 0)
        {
            throw new FailureException(FailureKind.Usage, $"The URL in {name} is not that of a proxy", null, "Write it like http://proxy.example.net:3128, or unset it");
        }

        // Go asks a socks5 proxy for names as well; .NET does by the other name.
        var builder = new UriBuilder(address) { UserName = "", Password = "", Scheme = address.Scheme == "socks5h" ? "socks5" : address.Scheme };
        var login = address.UserInfo.Split(':', 2);
        return new ServerProxy(
            builder.Uri, address.UserInfo.Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(login[0]), login.Length > 1 ? Uri.UnescapeDataString(login[1]) : ""));
    }

    /// <summary>The proxy to a server by the environment's variables, or null for none.</summary>
    /// <param name="server">The server.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="FailureException">Usage: <c>HTTPS_PROXY</c> is no proxy.</exception>
    public static ServerProxy? For(Uri server, Func<string, string?> variable) =>
        Any(variable) is not { } proxy || IsDirect(server, Value("NO_PROXY", variable) ?? "") ? null : proxy;

    /// <summary>The proxy that the environment's variables name, whatever is reached without it.</summary>
    /// <exception cref="FailureException">Usage: <c>HTTPS_PROXY</c> is no proxy.</exception>
    internal static ServerProxy? Any(Func<string, string?> variable) => Value("HTTPS_PROXY", variable) is { } proxy ? At(proxy) : null;

    /// <inheritdoc/>
    public Uri GetProxy(Uri destination) => Address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => false;

    /// <summary>
    /// Whether a TLS handshake is that with the proxy itself (<c>https://</c>), whose certificate is not the server's and has to be
    /// one that the system trusts.
    /// </summary>
    internal bool IsOwn(object handshake, Uri server) => Address.Scheme == Uri.UriSchemeHttps
        && handshake is SslStream { TargetHostName: var host } && host == Address.IdnHost && host != server.IdnHost;

    /// <summary>As messages name it: without name and password.</summary>
    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);

    private static string? Value(string name, Func<string, string?> variable) =>
        variable(name) is { Length: > 0 } upper ? upper : variable(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : null;

    private static bool IsDirect(Uri server, string exceptions)
    {
        var host = server.IdnHost.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        var ip = IPAddress.TryParse(host, out var parsed) ? parsed : null;
        return host == "localhost" || (ip is not null && IPAddress.IsLoopback(ip))
            || exceptions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Any(e => Names(e.ToLowerInvariant(), host, ip, server.Port));
    }

    private static bool Names(string entry, string host, IPAddress? ip, int port)
    {
        if (entry == "*")
        {
            return true;
        }

        if (IPNetwork.TryParse(entry, out var network))
        {
            return ip is not null && network.Contains(ip);
        }

        var (name, only) = Split(entry);
        if (only is not null && only != port)
        {
            return false;
        }

        if (IPAddress.TryParse(name, out var address))
        {
            return address.Equals(ip);
        }

        // "example.net" is that name and all below it, ".example.net" and "*.example.net" are those below it.
        var below = name.StartsWith("*.", StringComparison.Ordinal) ? name[1..] : name;
        return ip is null && name.Length > 0
            && (below[0] == '.' ? host.EndsWith(below, StringComparison.Ordinal) : host == below || host.EndsWith("." + below, StringComparison.Ordinal));
    }

    private static (string Name, int? Port) Split(string entry)
    {
        var colon = entry.LastIndexOf(':');
        var named = colon > 0 && (entry[colon - 1] == ']' || entry.IndexOf(':', StringComparison.Ordinal) == colon);
        return named && int.TryParse(entry[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (entry[..colon].Trim('[', ']'), port)
            : (entry.Trim('[', ']'), null);
    }
}
