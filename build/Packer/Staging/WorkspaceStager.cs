using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Proxmox.Transport;
using Templates;

namespace Packer.Staging;

/// <summary>Puts the files of one workspace in their places.</summary>
internal sealed class WorkspaceStager(WorkspaceRequest request, string folder, SecretsFolder hidden, SecretSet secrets)
{
    /// <summary>The variable that names the file with the build user's SSH key.</summary>
    public const string KeyFile = "PKR_VAR_ssh_private_key_file";

    /// <summary>The variable that has the build user's password.</summary>
    public const string Password = "PKR_VAR_winrm_password";

    private readonly Dictionary<string, string> environment = [];
    private readonly List<WorkspaceInput> hiddenInputs = [];
    private readonly Dictionary<string, string> origins = new(StringComparer.Ordinal);

    /// <summary>What Packer's environment needs.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>The inputs that are secret and so not in the workspace itself.</summary>
    public IReadOnlyList<WorkspaceInput> HiddenInputs => hiddenInputs;

    /// <summary>The files of <c>infra/packer</c> that files of the workspace are, or are made from, by the paths in the workspace.</summary>
    public IReadOnlyDictionary<string, string> Sources => origins;

    /// <summary>The rendered assets.</summary>
    public IReadOnlyList<RenderedAsset> Assets { get; private set; } = [];

    /// <summary>What Packer's HTTP server will bind to, or null when it serves nothing.</summary>
    public HttpEndpoint? Http { get; private set; }

    /// <summary>Does it; returns the image of the assets, or null.</summary>
    public async Task<string?> StageAsync(CancellationToken cancellation)
    {
        var template = request.Plan.Template;
        Login();
        Trust();
        Proxy();
        if (request.Credentials.PrivateKeyPem is { } key)
        {
            environment[KeyFile] = hidden.Write("ssh_key", key);
        }
        else
        {
            environment[Password] = request.Credentials.Access.Password!;
        }

        Scripts();
        Assets = new AssetRenderer(request.Catalogue).Render(template, request.Credentials.Access);
        var served = template.UnattendedIso ? "" : AssetFolder(WorkspaceSources.HttpFolder);
        var image = template.UnattendedIso ? await ImageAsync(cancellation) : null;
        var values = (JObject)request.Plan.Variables.DeepClone();
        values["http_directory"] = served;
        Http = HttpEndpoint.From(values);
        var sources = new WorkspaceSources(request.Catalogue);
        foreach (var file in sources.Files(request.Packer.Generation, template, values))
        {
            Write(file.Target, file.Target == WorkspaceSources.ValuesFile ? WithoutKeyFile(file.Text) : file.Text);
            if (file.Source.Length > 0)
            {
                origins[file.Target] = file.Source;
            }
        }

        return image?.Path;
    }

    // Packer lets a value in the file go before the environment's.
    private static string WithoutKeyFile(string values)
    {
        var json = JObject.Parse(values);
        json.Remove("ssh_private_key_file");
        return json.ToString(Formatting.Indented) + "\n";
    }

    private void Login()
    {
        var credentials = request.Connection.Credentials;
        environment["PROXMOX_URL"] = request.Plan.Place.Api;
        if (request.Packer.PluginFolder is { } plugins)
        {
            environment["PACKER_PLUGIN_PATH"] = plugins;
        }

        if (request.Packer.Generation == PackerGeneration.Plugin && credentials is { TokenId: { } id, TokenSecret: { } secret })
        {
            environment["PROXMOX_USERNAME"] = id;
            environment["PROXMOX_TOKEN"] = secret;
            secrets.Add(secret);
            return;
        }

        environment["PROXMOX_USERNAME"] = credentials.Username;
        environment["PROXMOX_PASSWORD"] = credentials.Password ?? throw new FailureException(
            FailureKind.Validation, $"Packer {request.Packer.Version} cannot log in to {request.Connection.Url}",
            $"there is no password for {credentials.Username}, and this Packer knows no API tokens",
            "Set PROXMOX_PASSWORD, or install Packer 1.11 or later with its proxmox plugin");
        secrets.Add(credentials.Password);
    }

    // Go reads SSL_CERT_FILE instead of the system's bundle, so the bundle goes in as well.
    private void Trust()
    {
        if ((request.Connection.CertificateText ?? (request.Connection.CertificateFile is { } file ? File.ReadAllText(file) : null)) is not { } certificate)
        {
            return;
        }

        string[] bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];
        var system = bundles.FirstOrDefault(File.Exists);
        Write(Workspace.BundleName, certificate.TrimEnd() + "\n" + (system is null ? "" : File.ReadAllText(system)));
        environment["SSL_CERT_FILE"] = Path.Combine(folder, Workspace.BundleName);
    }

    private void Proxy()
    {
        if (request.HttpProxy is not { } proxy)
        {
            // Packer reads HTTPS_PROXY and NO_PROXY by itself, by the same rule as this program does.
            return;
        }

        var server = request.Connection.Proxy;
        if (server is not null && server.Address != ServerProxy.At(proxy.ToString()).Address)
        {
            throw new FailureException(
                FailureKind.Usage, $"Packer cannot take the proxy {ServerProxy.At(proxy.ToString())} to guests (--http-proxy) and {server} to the server (HTTPS_PROXY)",
                "it takes one for both", "Name the server in NO_PROXY when it is reached directly, or give the same proxy for both");
        }

        if (proxy.UserInfo.Split(':', 2) is [_, var password])
        {
            secrets.Add(password);
            secrets.Add(Uri.UnescapeDataString(password));
        }

        foreach (var name in (string[])["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"])
        {
            environment[name] = proxy.ToString();
        }

        environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1,localhost,::1" + (server is null ? "," + request.Connection.Url.IdnHost : "");
    }

    private void Scripts()
    {
        foreach (var (index, script) in new TemplateFiles(request.Catalogue).Scripts(request.Plan.Template).Index())
        {
            var target = Path.Combine(folder, WorkspaceSources.ScriptTarget(index, script.Name));
            origins[WorkspaceSources.ScriptTarget(index, script.Name)] = script.File;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(script.Path, target, overwrite: true);
        }
    }

    // Packer serves a relative folder when nothing in it is secret, and otherwise one that only the owner may enter.
    private string AssetFolder(string name)
    {
        var secret = Assets.Any(a => a.Secret || secrets.MaskIn(a.Text) != a.Text);
        var root = secret ? hidden.Folder(name) : Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        foreach (var asset in Assets)
        {
            var path = Inside(root, asset.Target);
            AtomicFile.Write(path, asset.Text, secret ? AtomicFile.OwnerOnly : null);
            origins[$"{name}/{asset.Target}"] = asset.Source;
            if (secret)
            {
                hiddenInputs.Add(new WorkspaceInput($"{name}/{asset.Target}", FileHash.Sha256(path)));
            }
        }

        return secret ? root : name;
    }

    private async Task<AssetIso> ImageAsync(CancellationToken cancellation)
    {
        var maker = request.IsoMaker ?? throw new FailureException(
            FailureKind.Task, $"The template {request.Plan.Template.Id} needs an image of its unattended assets", "no program that makes ISO images was found",
            "Install xorriso or genisoimage");
        var assets = AssetFolder("iso");
        var secret = Path.IsPathRooted(assets);
        var file = Path.Combine(secret ? hidden.Path : folder, request.Plan.AssetImage!);
        var iso = await AssetIso.MakeAsync(maker, Path.Combine(folder, assets), file, request.Plan.Template.UnattendedLabel ?? "UNATTEND", cancellation);
        if (secret)
        {
            hiddenInputs.Add(new WorkspaceInput(Path.GetFileName(file), iso.Sha256));
        }

        return iso;
    }

    private void Write(string name, string text) => AtomicFile.Write(Path.Combine(folder, name), text);

    private static string Inside(string root, string relative)
    {
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return path.StartsWith(Path.GetFullPath(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new FailureException(FailureKind.Validation, $"The template names the file {relative}", "it is outside of the template's folder");
    }
}
