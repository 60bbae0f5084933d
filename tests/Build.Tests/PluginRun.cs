using System.Net;
using System.Security.Cryptography.X509Certificates;
using Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;
using Packer.Staging;
using Packer.Tools;
using Proxmox;
using Proxmox.Access;
using Sandbox;
using Templates;

namespace Build.Tests;

/// <summary>The runs of Packer's plugin that were recorded, and what this program prepares for one.</summary>
internal static class PluginRun
{
    private const string Pool = "packer";

    /// <summary>What was recorded: the requests of each run, by its name.</summary>
    public static JObject Recorded { get; } = (JObject)JObject.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "plugin-requests-1.2.4.json")))["runs"]!;

    /// <summary>Where nobody reads what is logged.</summary>
    public static IRunLog Log { get; } = new Quiet();

    /// <summary>What Init does on a cluster, and the media on their storage.</summary>
    public static async Task<ProxmoxConnection> SetUpAsync(SandboxNode node, IEnumerable<string> media)
    {
        var asRoot = new ProxmoxConnection
        {
            Url = node.Url, CertificateFile = node.CertificateFile,
            Credentials = new ProxmoxCredentials { Username = SandboxNode.RootUser, Password = node.RootPassword },
        };
        using var root = new ProxmoxClient(asRoot, new ProxmoxClientOptions());
        var connection = (await Discovery.RunAsync(root)).Complete(asRoot) with { Pool = Pool };
        var bootstrap = new AccessBootstrap(root, Log);
        var access = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = AccessScope.Of(connection, []) }));
        using var administrator = Client(node, null);
        using var login = await administrator.PostAsync(
            new Uri(node.Url, "/api2/json/access/ticket"),
            new FormUrlEncodedContent([new("username", SandboxNode.RootUser), new("password", node.RootPassword)]));
        var ticket = JObject.Parse(await login.Content.ReadAsStringAsync())["data"]!;
        administrator.DefaultRequestHeaders.Add("Cookie", $"PVEAuthCookie={ticket["ticket"]}");
        administrator.DefaultRequestHeaders.Add("CSRFPreventionToken", (string)ticket["CSRFPreventionToken"]!);
        var replay = new PluginReplay(administrator, "media", PluginPace.Simulated, new IPEndPoint(IPAddress.Loopback, 0));
        foreach (var medium in media)
        {
            await replay.SendAsync(JObject.FromObject(new
            {
                method = "POST", path = "/nodes/pve/storage/local/download-url", status = 200,
                parameters = new { content = "iso", filename = medium, url = $"https://example.invalid/{medium}" },
            }));
            await replay.SendAsync(JObject.FromObject(new { method = "GET", path = "/nodes/pve/tasks/{upid}/status", status = 200 }));
        }

        return connection with { Credentials = access.Credentials };
    }

    /// <summary>The workspace of the catalogue's template that a run is of.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="connection">The login.</param>
    /// <param name="creation">What the run's VM is created with.</param>
    public static async Task<(Template Template, BuildCredentials Credentials, Workspace Workspace)> StageAsync(string folder, ProxmoxConnection connection, JObject creation)
    {
        var catalogue = new TemplateCatalogue(Path.Combine(RepositoryRoot.Find(_ => null, TestContext.CurrentContext.TestDirectory), "infra", "packer"));
        var name = (string)creation["name"]!;
        var template = catalogue.Load(name.StartsWith("rocky", StringComparison.Ordinal) ? "rocky-9" : name.StartsWith("ubuntu", StringComparison.Ordinal) ? "ubuntu-24.04" : "windows-2022");
        if (name.StartsWith("ubuntu-iso", StringComparison.Ordinal))
        {
            template = template with { Unattended = "iso", UnattendedLabel = "cidata" };
        }

        var secrets = new SecretSet();
        var chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), template.Id);
        var credentials = BuildCredentials.Create(template, chain, secrets);
        var plan = BuildPlan.Of(catalogue, new BuildPlanRequest
        {
            Template = template, Generation = PackerGeneration.Plugin, Chain = chain, Vmid = 9100, VmName = PluginReplay.Fill(name), Username = credentials.Access.Username,
            Place = new BuildPlace
            {
                Api = new Uri(connection.Url, "/api2/json").ToString(), Node = connection.Node, StorageVm = connection.StorageVm, StorageType = "lvmthin",
                StorageIso = connection.StorageIso, Bridge = connection.Bridge,
            },
            Route = HttpServing.At(IPAddress.Loopback).Variables(PackerGeneration.Plugin),
        });
        var workspace = await Workspace.StageAsync(
            new WorkspaceRequest
            {
                Plan = plan, Catalogue = catalogue, Connection = connection,
                Packer = new PackerTool("/packer", "1.16.0", PackerGeneration.Plugin, "1.2.4"),
                IsoMaker = new ToolFinder(Path.Combine(folder, "tools"), Log).FindIsoMaker(),
                Credentials = credentials,
            },
            Path.Combine(folder, "work"), secrets, Directory.CreateDirectory(Path.Combine(folder, "secrets")).FullName);
        return (template, credentials, workspace);
    }

    /// <summary>Serves the workspace's files, as Packer does.</summary>
    public static async Task<WebApplication> ServeAsync(Workspace workspace)
    {
        var values = JObject.Parse(await File.ReadAllTextAsync(Path.Combine(workspace.Folder, "workspace.auto.pkrvars.json")));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        if ((string?)values["http_directory"] is { Length: > 0 } served)
        {
            server.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(Path.Combine(workspace.Folder, served)), ServeUnknownFileTypes = true });
        }

        await server.StartAsync();
        return server;
    }

    /// <summary>Speaks to the node as the plugin does.</summary>
    public static HttpClient Client(SandboxNode node, ProxmoxCredentials? login)
    {
        var trusted = X509CertificateLoader.LoadCertificateFromFile(node.CertificateFile);
        var client = new HttpClient(new HttpClientHandler
        {
            UseCookies = false, UseProxy = false,
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.Thumbprint == trusted.Thumbprint,
        })
        { BaseAddress = node.Url };
        if (login is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"PVEAPIToken={login.TokenId}={login.TokenSecret}");
        }

        return client;
    }

    private sealed class Quiet : IRunLog
    {
        public void Write(string stage, EventLevel level, string message)
        {
        }
    }
}
