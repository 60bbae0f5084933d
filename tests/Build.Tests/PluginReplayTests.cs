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

/// <summary>
/// Whole runs of Packer's plugin, request by request as they were sent, against the sandbox node: with the token that Init
/// makes in a pool, and with the unattended files of the catalogue, so that its guests come up as they did then.
/// </summary>
internal sealed class PluginReplayTests
{
    private const string Pool = "packer";
    private const string Time = "20261129t163000z";

    private static readonly JObject Runs = (JObject)JObject.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "plugin-requests-1.2.4.json")))["runs"]!;

    private string folder = "";

    private static IEnumerable<string> Names => Runs.Properties().Select(p => p.Name);

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("plugin-replay-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Seven_runs_were_recorded() => Assert.That(Runs.Count, Is.EqualTo(7));

    [TestCaseSource(nameof(Names))]
    public async Task The_node_answers_each_request_as_it_was_answered(string name)
    {
        var requests = Runs[name]!.Cast<JObject>().ToList();
        var creation = (JObject)requests.Single(r => (string?)r["path"] == "/nodes/pve/qemu")["parameters"]!;
        var volumes = creation.Properties().Select(p => (string)p.Value!).Where(v => v.Contains(":iso/", StringComparison.Ordinal))
            .Select(v => v[(v.IndexOf('/', StringComparison.Ordinal) + 1)..v.IndexOf(',', StringComparison.Ordinal)]).ToList();
        var media = volumes.Where(v => !v.EndsWith("-assets.iso", StringComparison.Ordinal)).ToList();

        // Since 9.2 tags are refused at the creation in a pool, so a run that sets them is one of before.
        await using var node = await SandboxNode.StartAsync(new SandboxOptions
        {
            StateDirectory = Path.Combine(folder, "node"),
            PveVersion = creation.ContainsKey("tags") ? "8.4.1" : "9.2.11",
            IsoCatalogue = [.. media.Select(m => new SandboxMedium(m, [new Uri($"https://example.invalid/{m}")], new string('a', 64)))],
        });
        var connection = await SetUpAsync(node, media);
        using var workspace = await StageAsync(node, connection, creation);
        if (workspace.AssetImage is { } image)
        {
            using var builds = new ProxmoxClient(connection, new ProxmoxClientOptions());
            await new Proxmox.Staging.IsoStaging(builds, new Quiet()).UploadAsync("pve", "local", image);
        }

        await using var files = await ServeAsync(workspace);
        using var plugin = Client(node, connection.Credentials);
        var replay = new Replay(plugin, name, new Uri(files.Urls.First()).Port);
        foreach (var request in requests)
        {
            await replay.SendAsync(request);
        }

        var finished = requests.Exists(r => ((string)r["path"]!).EndsWith("/template", StringComparison.Ordinal));
        var (status, _, config) = await replay.AskAsync(HttpMethod.Get, "/nodes/pve/qemu/{vmid}/config", null);
        if (!finished)
        {
            var destroyed = requests.Exists(r => (string?)r["method"] == "DELETE");
            Assert.That(status, destroyed ? Is.Not.EqualTo(200) : Is.EqualTo(200), "a plugin that is killed cleans nothing up");
            return;
        }

        Assert.Multiple(() =>
        {
            Assert.That((int?)config!["template"], Is.EqualTo(1));
            Assert.That(config.ToString(), Does.Not.Contain(":iso/"), "all media are taken out");
            Assert.That(config.ToString().Contains("cloudinit", StringComparison.Ordinal), Is.EqualTo(creation["ostype"]!.ToString() == "l26"));
        });
    }

    /// <summary>What Init does on a cluster, and the media on their storage.</summary>
    private static async Task<ProxmoxConnection> SetUpAsync(SandboxNode node, IEnumerable<string> media)
    {
        var asRoot = new ProxmoxConnection
        {
            Url = node.Url, CertificateFile = node.CertificateFile,
            Credentials = new ProxmoxCredentials { Username = SandboxNode.RootUser, Password = node.RootPassword },
        };
        using var root = new ProxmoxClient(asRoot, new ProxmoxClientOptions());
        var connection = (await Discovery.RunAsync(root)).Complete(asRoot) with { Pool = Pool };
        var bootstrap = new AccessBootstrap(root, new Quiet());
        var access = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = AccessScope.Of(connection, []) }));
        using var administrator = Client(node, null);
        using var login = await administrator.PostAsync(
            new Uri(node.Url, "/api2/json/access/ticket"),
            new FormUrlEncodedContent([new("username", SandboxNode.RootUser), new("password", node.RootPassword)]));
        var ticket = JObject.Parse(await login.Content.ReadAsStringAsync())["data"]!;
        administrator.DefaultRequestHeaders.Add("Cookie", $"PVEAuthCookie={ticket["ticket"]}");
        administrator.DefaultRequestHeaders.Add("CSRFPreventionToken", (string)ticket["CSRFPreventionToken"]!);
        var replay = new Replay(administrator, "media", 0);
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

    private async Task<Workspace> StageAsync(SandboxNode node, ProxmoxConnection connection, JObject creation)
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
            Template = template, Generation = PackerGeneration.Plugin, Chain = chain, Vmid = 9100, VmName = Replay.Fill(name), Username = credentials.Access.Username,
            Place = new BuildPlace
            {
                Api = new Uri(connection.Url, "/api2/json").ToString(), Node = connection.Node, StorageVm = connection.StorageVm, StorageType = "lvmthin",
                StorageIso = connection.StorageIso, Bridge = connection.Bridge,
            },
            Route = HttpServing.At(System.Net.IPAddress.Loopback).Variables(PackerGeneration.Plugin),
        });
        return await Workspace.StageAsync(
            new WorkspaceRequest
            {
                Plan = plan, Catalogue = catalogue, Connection = connection,
                Packer = new PackerTool("/packer", "1.16.0", PackerGeneration.Plugin, "1.2.4"),
                IsoMaker = new ToolFinder(Path.Combine(folder, "tools"), new Quiet()).FindIsoMaker(),
                Credentials = credentials,
            },
            Path.Combine(folder, "work"), secrets, Directory.CreateDirectory(Path.Combine(folder, "secrets")).FullName);
    }

    private static async Task<WebApplication> ServeAsync(Workspace workspace)
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

    private static HttpClient Client(SandboxNode node, ProxmoxCredentials? login)
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

    /// <summary>Sends what was recorded, with this node's own values in the places of what differs.</summary>
    private sealed class Replay(HttpClient http, string run, int port)
    {
        private string upid = "";

        public static string Fill(string text) => text
            .Replace("{vmid}", "9100", StringComparison.Ordinal).Replace("{time}", Time, StringComparison.Ordinal)
            .Replace("{mac}", "BC:24:11:00:00:01", StringComparison.Ordinal);

        public async Task SendAsync(JObject request)
        {
            var method = new HttpMethod((string)request["method"]!);
            var path = (string)request["path"]!;
            if (request["keys"] is JArray keys)
            {
                foreach (var key in Keys([.. keys.Select(k => (string)k!)]))
                {
                    var (pressed, said, _) = await AskAsync(method, path, [new("key", key)]);
                    Assert.That(pressed, Is.EqualTo(200), $"{run}: key {key}: {said}");
                }

                return;
            }

            var parameters = (request["parameters"] as JObject)?.Properties().Select(p => KeyValuePair.Create(p.Name, Fill((string)p.Value!))).ToList();
            var expected = (int)request["status"]!;
            for (var time = 0; time < ((int?)request["times"] ?? 1); time++)
            {
                var (status, reason, data) = await UntilAsync(method, path, parameters, expected);
                Assert.That(status, Is.EqualTo(expected), $"{run}: {method} {path}: {reason}");
                Assert.That(reason, Does.StartWith((string?)request["reason"] ?? ""), $"{run}: {method} {path}");
                upid = data is JValue { Type: JTokenType.String } value && ((string)value!).StartsWith("UPID:", StringComparison.Ordinal) ? (string)value! : upid;
            }
        }

        public async Task<(int Status, string Reason, JToken? Data)> AskAsync(HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>>? parameters)
        {
            using var message = new HttpRequestMessage(method, "/api2/json" + Fill(path).Replace("{upid}", upid, StringComparison.Ordinal));
            if (parameters is not null)
            {
                message.Content = new FormUrlEncodedContent(parameters);
            }

            using var answer = await http.SendAsync(message);
            var text = await answer.Content.ReadAsStringAsync();
            return ((int)answer.StatusCode, answer.ReasonPhrase + (answer.IsSuccessStatusCode ? "" : $" {text}"), text.Length > 0 ? JObject.Parse(text)["data"] : null);
        }

        // A task takes its time, and so does a guest until its agent answers.
        private async Task<(int Status, string Reason, JToken? Data)> UntilAsync(
            HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>>? parameters, int expected)
        {
            var task = path.Contains("/tasks/", StringComparison.Ordinal);
            var guest = path.Contains("/agent/", StringComparison.Ordinal) && expected == 200;
            for (var waited = 0; ; waited++)
            {
                var answer = await AskAsync(method, path, parameters);
                if (task && (string?)answer.Data?["status"] == "stopped")
                {
                    Assert.That((string?)answer.Data["exitstatus"], Is.EqualTo("OK"), $"{run}: {upid}");
                    return answer;
                }

                if ((!task && !guest) || (guest && answer.Status == 200) || waited == 1200)
                {
                    return answer;
                }

                await Task.Delay(50);
            }
        }

        // http://127.0.0.1:8665/ was Packer's server then; here it is the test's.
        private IEnumerable<string> Keys(string[] keys)
        {
            var colon = Array.FindLastIndex(keys, k => k == "shift-semicolon");
            if (colon < 0)
            {
                return keys;
            }

            var end = Array.FindIndex(keys, colon + 1, k => k is not { Length: 1 } || !char.IsAsciiDigit(k[0]));
            return [.. keys[..(colon + 1)], .. port.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(c => c.ToString()), .. keys[end..]];
        }
    }
}
