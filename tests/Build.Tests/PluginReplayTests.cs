using System.Net;
using Newtonsoft.Json.Linq;
using Proxmox;
using Sandbox;

namespace Build.Tests;

/// <summary>
/// Whole runs of Packer's plugin, request by request as they were sent, against the sandbox node: with the token that Init
/// makes in a pool, and with the unattended files of the catalogue, so that its guests come up as they did then.
/// </summary>
internal sealed class PluginReplayTests
{
    private string folder = "";

    private static IEnumerable<string> Names => PluginRun.Recorded.Properties().Select(p => p.Name);

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("plugin-replay-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Seven_runs_were_recorded() => Assert.That(PluginRun.Recorded.Count, Is.EqualTo(7));

    [TestCaseSource(nameof(Names))]
    public async Task The_node_answers_each_request_as_it_was_answered(string name)
    {
        var requests = PluginRun.Recorded[name]!.Cast<JObject>().ToList();
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
        var connection = await PluginRun.SetUpAsync(node, media);
        var (_, _, workspace) = await PluginRun.StageAsync(folder, connection, creation);
        using var ended = workspace;
        if (workspace.AssetImage is { } image)
        {
            using var builds = new ProxmoxClient(connection, new ProxmoxClientOptions());
            await new Proxmox.Staging.IsoStaging(builds, PluginRun.Log).UploadAsync("pve", "local", image);
        }

        await using var files = await PluginRun.ServeAsync(workspace);
        using var plugin = PluginRun.Client(node, connection.Credentials);
        var replay = new PluginReplay(plugin, name, PluginPace.Simulated, new IPEndPoint(IPAddress.Loopback, new Uri(files.Urls.First()).Port));
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
}
