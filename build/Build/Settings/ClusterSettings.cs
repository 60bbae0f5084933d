using System.Globalization;
using System.Net;
using Build.CommandLine;
using Foundation;
using Packer.Staging;
using Proxmox;
using Proxmox.Transport;

namespace Build.Settings;

/// <summary>
/// What the user says about a real cluster. The env file speaks about one server: when another address is given, nothing
/// of it counts. And a login is taken from one place: an administrator's name from the environment is never
/// combined with the build's password from the file.
/// </summary>
public sealed class ClusterSettings
{
    private readonly ArgumentList arguments;
    private readonly Func<string, string?> variable;
    private readonly IReadOnlyDictionary<string, string> file;
    private readonly string root;
    private readonly string workingDirectory;

    /// <summary>Creates the settings.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="file">The variables of <c>infra/env/proxmox.env</c>.</param>
    /// <param name="root">The repository's root, which relative paths in that file are relative to.</param>
    /// <param name="workingDirectory">What other relative paths are relative to.</param>
    public ClusterSettings(
        ArgumentList arguments, Func<string, string?> variable, IReadOnlyDictionary<string, string> file, string root, string workingDirectory)
    {
        this.arguments = arguments;
        this.variable = variable;
        this.file = file;
        this.root = root;
        this.workingDirectory = workingDirectory;
    }

    /// <summary>The server, or null when none is configured.</summary>
    public string? Url => Given(Options.ProxmoxUrl, "PROXMOX_URL") ?? NonEmpty(file.GetValueOrDefault("PROXMOX_URL"));

    /// <summary>Whether the env file, and the certificate beside it, are about the server that is meant.</summary>
    public bool FileApplies =>
        Given(Options.ProxmoxUrl, "PROXMOX_URL") is not { } given
        || NonEmpty(file.GetValueOrDefault("PROXMOX_URL")) is not { } kept
        || string.Equals(Authority(given), Authority(kept), StringComparison.OrdinalIgnoreCase);

    /// <summary>The name that was given with this run, not the one in the env file; or null.</summary>
    public string? GivenUsername => Given(Options.ProxmoxUsername, "PROXMOX_USERNAME");

    /// <summary>The password that was given with this run, not the one in the env file; or null.</summary>
    public string? GivenPassword => Given(null, "PROXMOX_PASSWORD");

    /// <summary>The code of the second factor that was given with this run, or null.</summary>
    public string? GivenSecondFactor => Given(null, "PROXMOX_OTP");

    /// <summary>The server's certificate or its authority as PEM text, as pipelines keep it, or null.</summary>
    public string? GivenCertificateText => Given(null, "PROXMOX_CERTIFICATE") is { } given && given.Contains("-----BEGIN", StringComparison.Ordinal) ? given : null;

    /// <summary>The file with the server's certificate or its authority that the user names, or null.</summary>
    public string? GivenCertificate =>
        GivenCertificateText is not null ? null
        : Given(null, "PROXMOX_CERTIFICATE") is { } given ? Path.GetFullPath(given, workingDirectory)
        : FromFile("PROXMOX_CERTIFICATE") is { } kept ? Path.GetFullPath(kept, root)
        : null;

    /// <summary>The login for builds: from this run's environment or from the env file; or null when there is none.</summary>
    public ProxmoxCredentials? Login => GivenUsername is { } given && given != FromFile("PROXMOX_USERNAME")
        ? Credentials(given, Given(null, "PROXMOX_TOKEN"), GivenPassword)
        : FromFile("PROXMOX_USERNAME") is { } kept
            ? Credentials(
                kept, Value(null, "PROXMOX_TOKEN"),
                // An administrator's password that is left in the environment is none of the build's user.
                FromFile("PROXMOX_PASSWORD") ?? (FromFile("PROXMOX_TOKEN") is null ? GivenPassword : null))
            : null;

    /// <summary>The login that an earlier Init has left in the env file, or null.</summary>
    public ProxmoxCredentials? KeptLogin => FromFile("PROXMOX_USERNAME") is { } name
        ? Credentials(name, FromFile("PROXMOX_TOKEN"), FromFile("PROXMOX_PASSWORD"))
        : null;

    /// <summary>The certificate to accept, when Init meets one that the system does not trust; or null.</summary>
    public string? TrustedFingerprint => NonEmpty(arguments.Get(Options.TrustFingerprint));

    /// <summary>Whether Init replaces the token.</summary>
    public bool RotateToken => arguments.IsOn(Options.RotateToken);

    /// <summary>
    /// Where Packer serves files, or null when nobody says so. Address and interface are taken from one place: what is given
    /// with the run stands for both.
    /// </summary>
    /// <exception cref="FailureException">Usage: no such address, or one of the two would have no effect.</exception>
    public HttpServing? Http => HttpChoice.Given(arguments) ?? HttpFromEnvironment;

    /// <summary>The same from the environment or the env file alone.</summary>
    internal HttpServing? HttpFromEnvironment => HttpChoice.FromVariables(variable) ?? HttpChoice.FromVariables(FromFile);

    /// <summary>A SOCKS5 proxy on the way to guests, or null.</summary>
    public DnsEndPoint? SshProxy
    {
        get
        {
            if (Value(Options.SshProxy, "PROXMOX_SSH_PROXY") is not { } text)
            {
                return null;
            }

            var colon = text.LastIndexOf(':');
            return colon > 0 && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? new DnsEndPoint(text[..colon].Trim('[', ']'), port)
                : throw Wrong($"--{Options.SshProxy}={text} is not of the form host:port", "Write it like jump.example.net:1080");
        }
    }

    /// <summary>An HTTP proxy on the way to guests, or null.</summary>
    public Uri? HttpProxy => Value(Options.HttpProxy, "PROXMOX_HTTP_PROXY") is not { } text
        ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw Wrong($"--{Options.HttpProxy}={text} is not a URL", "Write it like http://proxy.example.net:3128");

    /// <summary>The connection for builds.</summary>
    /// <exception cref="FailureException">Usage: something is missing or malformed.</exception>
    public ProxmoxConnection Connection => ConnectionOf(Login switch
    {
        null => throw Wrong("PROXMOX_USERNAME is not set", $"Give --{Options.ProxmoxUsername} or set PROXMOX_USERNAME, or run --target=Init first"),
        { TokenSecret: null, Password: null } nameless => throw Wrong(
            $"The token in PROXMOX_TOKEN cannot be used: {nameless.Username} does not say which it is",
            "Set PROXMOX_USERNAME to the form user@realm!token, or set PROXMOX_PASSWORD"),
        var login => login,
    });

    /// <summary>The connection with another login.</summary>
    /// <exception cref="FailureException">Usage: the address is missing or malformed.</exception>
    public ProxmoxConnection ConnectionOf(ProxmoxCredentials login)
    {
        var url = Url ?? throw Wrong("PROXMOX_URL is not set", $"Give --{Options.ProxmoxUrl} or set PROXMOX_URL");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var server) || server.Scheme != Uri.UriSchemeHttps)
        {
            throw Wrong($"The Proxmox URL '{url}' is not an https URL", "Write it like https://pve1.example.net:8006");
        }

        var (bridge, vlan) = Bridge(Value(Options.Bridge, "PROXMOX_BRIDGE") ?? "");
        return new ProxmoxConnection
        {
            Url = new Uri(server.GetLeftPart(UriPartial.Authority)),
            Proxy = ServerProxy.For(server, variable),
            Credentials = login,
            Node = Value(Options.Node, "PROXMOX_NODE") ?? "",
            StorageVm = Value(Options.StorageVm, "PROXMOX_STORAGE_VM") ?? "",
            StorageIso = Value(Options.StorageIso, "PROXMOX_STORAGE_ISO") ?? "",
            Bridge = bridge,
            Vlan = vlan,
            Pool = Pool(),
            CertificateFile = GivenCertificate,
            CertificateText = GivenCertificateText,
            Insecure = string.Equals(Value(null, "PROXMOX_INSECURE"), "true", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <summary>A connection to the sandbox with what the command line names; what the environment says is about a cluster.</summary>
    public ProxmoxConnection InSandbox(ProxmoxConnection node)
    {
        var (bridge, vlan) = Bridge(arguments.Get(Options.Bridge) ?? "");
        return node with
        {
            Node = arguments.Get(Options.Node) ?? "",
            StorageVm = arguments.Get(Options.StorageVm) ?? "",
            StorageIso = arguments.Get(Options.StorageIso) ?? "",
            Bridge = bridge,
            Vlan = vlan,
            Pool = NonEmpty(arguments.Get(Options.Pool)) ?? Environments.ClusterInit.DefaultPool,
        };
    }

    private static (string Bridge, int? Vlan) Bridge(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, null)
            : colon > 0 && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var vlan) && vlan is > 0 and < 4095 ? (text[..colon], vlan)
            : throw Wrong($"--{Options.Bridge}={text} is no bridge with a VLAN", "Write it like vmbr0:42, with a VLAN from 1 to 4094");
    }

    private string Pool()
    {
        var pool = Value(Options.Pool, "PROXMOX_POOL") ?? "";
        return pool.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            ? pool
            : throw Wrong($"--{Options.Pool}={pool} is no name of a pool", "Letters, digits, '-', '_' and '.' are possible");
    }

    private static ProxmoxCredentials Credentials(string user, string? token, string? password)
    {
        if (token is null && password is null)
        {
            throw Wrong($"There is no password or token for {user}", "Set PROXMOX_PASSWORD, or PROXMOX_TOKEN with a PROXMOX_USERNAME of the form user@realm!token");
        }

        var bang = user.IndexOf('!', StringComparison.Ordinal);
        return new ProxmoxCredentials
        {
            Username = bang < 0 ? user : user[..bang],
            TokenName = bang < 0 || token is null ? null : user[(bang + 1)..],
            TokenSecret = bang < 0 ? null : token,
            Password = password,
        };
    }

    private string? Value(string? option, string name) => Given(option, name) ?? FromFile(name);

    private string? Given(string? option, string name) => NonEmpty(option is null ? null : arguments.Get(option)) ?? NonEmpty(variable(name));

    /// <summary>What the env file says, whichever cluster it is about.</summary>
    public string? InFile(string name) => NonEmpty(file.GetValueOrDefault(name));

    private string? FromFile(string name) => FileApplies ? NonEmpty(file.GetValueOrDefault(name)) : null;

    private static string Authority(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.GetLeftPart(UriPartial.Authority) : url;

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static FailureException Wrong(string what, string remedy) => new(FailureKind.Usage, what, null, remedy);
}
