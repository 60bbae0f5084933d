using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Guest;

namespace Sandbox.Tests;

/// <summary>One request of a recorded conversation with the answer of the real server.</summary>
internal sealed record Exchange(JsonObject Row)
{
    public string By => Text("by")!;

    public string Method => Text("method")!;

    public string Path => Text("path")!;

    public int Status => (int)Row["status"]!;

    public string? Reason => Text("reason");

    public JsonNode? Data => Row["data"];

    public bool IsCut => Row["cut"] is not null;

    public IReadOnlyList<string> Keys => Row["keys"] is JsonArray keys ? [.. keys.Select(k => (string)k!)] : [];

    public IEnumerable<(string Name, string Value)> Parameters =>
        new[] { "query", "parameters" }.Select(p => Row[p]).OfType<JsonObject>().SelectMany(o => o).Select(p => (p.Key, p.Value!.ToString()));

    public int? VmId => Regex.Match(Path, @"/qemu/(\d+)") is { Success: true } m ? int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null;

    public override string ToString() => $"{Method} {Path}";

    private string? Text(string key) => (string?)Row[key];
}

/// <summary>
/// A recorded conversation and a node in the state in which it began: the recorded storages and media, Init's login with
/// the recorded privileges, and the VMs of which it speaks before it makes them.
/// </summary>
internal sealed partial class Conversation
{
    private const string Mac = "BC:24:11:00:53:01";
    private static readonly GuestSystem Installed = new() { OsId = "rocky", PrettyName = "Rocky Linux 9.6", VersionId = "9.6", HostName = "guest", GuestAgent = true, CloudInit = true };

    private Conversation(string name, IReadOnlyList<Exchange> exchanges) => (Name, Exchanges) = (name, exchanges);

    public string Name { get; }

    public IReadOnlyList<Exchange> Exchanges { get; }

    private bool IsBefore9 => Name.EndsWith("-8.4", StringComparison.Ordinal);

    private static string Folder => System.IO.Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "conversations");

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(System.IO.Path.Combine(AppContext.BaseDirectory, "Data", "conversations")).Select(f => System.IO.Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static Conversation Read(string name) => new(
        name, [.. File.ReadLines(System.IO.Path.Combine(Folder, name + ".jsonl")).Select(l => new Exchange(JsonNode.Parse(l)!.AsObject()))]);

    /// <summary>A node in the state before the first request.</summary>
    public async Task<TestNode> StartAsync()
    {
        var media = Exchanges.SelectMany(e => e.Parameters).SelectMany(p => MediumName().Matches(p.Value)).Select(m => m.Groups[1].Value).Distinct()
            .Select(f => new SandboxMedium(Fill(f), [new Uri("https://example.invalid/" + Fill(f))], new string('b', 64))).ToList();
        var node = await TestNode.StartAsync(o => o with
        {
            NodeName = "vm", PveVersion = IsBefore9 ? "8.4.1" : "9.2.11", FurtherStorages = ["local-dir:dir"], IsoCatalogue = media, StatusLag = TimeSpan.FromHours(1),
        });
        var root = node.Root;
        foreach (var medium in media)
        {
            await DoAsync(root, root.PostAsync("nodes/vm/storage/local/download-url", ("content", "iso"), ("filename", medium.File), ("url", medium.Urls[0].AbsoluteUri)));
        }

        await root.DoAsync(root.PostAsync("pools", ("poolid", "packer")));
        await root.DoAsync(root.PostAsync("access/users", ("userid", "packer@pve"), ("enable", "1")));
        foreach (var (path, privileges) in Permissions())
        {
            var role = "r" + Regex.Replace(path, "[^a-z0-9]", "");
            await root.DoAsync(root.PostAsync("access/roles", ("roleid", role), ("privs", string.Join(',', privileges.AsObject().Select(p => p.Key)))));
            Grants.Add((path, role));
        }

        await MakeMachinesAsync(node);
        node.Node.Services.Status.Report();
        return node;
    }

    /// <summary>The token of builds, as Init made it.</summary>
    public async Task<ApiClient> LogInAsync(TestNode node)
    {
        var secret = (await node.Root.PostAsync("access/users/packer@pve/token/build", ("privsep", "1"))).Data!["value"]!.GetValue<string>();
        foreach (var (path, role) in Grants)
        {
            await node.Root.DoAsync(node.Root.PutAsync("access/acl", ("path", path), ("roles", role), ("users", "packer@pve"), ("tokens", "packer@pve!build")));
        }

        return ApiClient.WithToken(node.Node, "packer@pve!build", secret);
    }

    private List<(string Path, string Role)> Grants { get; } = [];

    /// <summary>A recorded text with something for its placeholders.</summary>
    public static string Fill(string text) => text
        .Replace("{node}", "vm", StringComparison.Ordinal)
        .Replace("{mac}", Mac, StringComparison.Ordinal)
        .Replace("{time}", "20261129", StringComparison.Ordinal)
        .Replace("{host}/{pid}", "host/1", StringComparison.Ordinal)
        .Replace("{seconds}", "1", StringComparison.Ordinal)
        .Replace("{public key}", Uri.EscapeDataString("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDFLnriXy9PYR9dhm7d5mlaS+JfiMBdSkF7yTUSiXYni build"), StringComparison.Ordinal)
        .Replace("{password}", "1", StringComparison.Ordinal);

    /// <summary>Puts a system onto the VM's disks: what the recorded guest was is not in the conversation.</summary>
    public static void Install(TestNode node, int vmid, GuestSystem? system = null)
    {
        var services = node.Node.Services;
        lock (services.Gate)
        {
            foreach (var volume in services.State.Volumes.Where(v => v.Owner == vmid && v.Content == "images"))
            {
                volume.System = system ?? Installed;
            }
        }
    }

    public static async Task DoAsync(ApiClient client, Task<ApiAnswer> call)
    {
        var answer = await call;
        Assert.That(answer.Status, Is.EqualTo(200), answer.Reason + answer.Body);
        if (answer.Data is JsonValue value && value.TryGetValue<string>(out var upid) && upid.StartsWith("UPID:", StringComparison.Ordinal))
        {
            Assert.That(await ExitStatusAsync(client, upid), Is.EqualTo("OK"));
        }
    }

    public static async Task<string> ExitStatusAsync(ApiClient client, string upid)
    {
        while (true)
        {
            var status = await client.GetAsync($"nodes/vm/tasks/{upid}/status");
            if ((string?)status.Data?["status"] != "running")
            {
                return (string?)status.Data?["exitstatus"] ?? status.Reason;
            }

            await Task.Delay(20);
        }
    }

    private IEnumerable<KeyValuePair<string, JsonNode>> Permissions()
    {
        var recorded = Exchanges.FirstOrDefault(e => e.Path == "/access/permissions" && e.Data is JsonObject)?.Data
            ?? Read(IsBefore9 ? "rocky-9-8.4" : "rocky-9").Exchanges.First(e => e.Path == "/access/permissions").Data!;
        return recorded.AsObject().Where(p => !p.Key.StartsWith("/vms/", StringComparison.Ordinal)).Select(p => KeyValuePair.Create(Fill(p.Key), p.Value!));
    }

    // What the conversation speaks of without having made it: with its first recorded configuration, or as the lists show it.
    private async Task MakeMachinesAsync(TestNode node)
    {
        var made = new HashSet<int>();
        var (needed, listed) = (new SortedDictionary<int, JsonObject?>(), new Dictionary<int, JsonObject>());
        foreach (var exchange in Exchanges)
        {
            var parameters = exchange.Parameters.GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.First().Value);
            if (exchange is { Method: "POST", Path: "/nodes/{node}/qemu" })
            {
                made.Add(int.Parse(parameters["vmid"], System.Globalization.CultureInfo.InvariantCulture));
            }
            else if (exchange.Path.EndsWith("/clone", StringComparison.Ordinal))
            {
                made.Add(int.Parse(parameters["newid"], System.Globalization.CultureInfo.InvariantCulture));
            }

            if (exchange.VmId is { } id && !made.Contains(id) && needed.GetValueOrDefault(id) is null)
            {
                needed[id] = exchange is { Method: "GET", Data: JsonObject config } && exchange.Path.EndsWith("/config", StringComparison.Ordinal) ? config : null;
            }

            foreach (var entry in exchange.Data is JsonArray list && exchange.Path is "/cluster/resources" or "/nodes/{node}/qemu" ? exchange.Data.AsArray() : [])
            {
                if (entry is JsonObject resource && (int?)resource["vmid"] is { } vmid && !made.Contains(vmid))
                {
                    listed[vmid] = resource;
                    needed.TryAdd(vmid, null);
                }
            }
        }

        foreach (var (vmid, config) in needed)
        {
            await MakeAsync(node, vmid, config, listed.GetValueOrDefault(vmid));
        }
    }

    private static async Task MakeAsync(TestNode node, int vmid, JsonObject? config, JsonObject? listed)
    {
        var root = node.Root;
        var memory = (long?)listed?["maxmem"] is { } bytes ? (bytes >> 20).ToString(System.Globalization.CultureInfo.InvariantCulture) : "2048";
        var parameters = (config ?? new JsonObject
        {
            ["agent"] = "1", ["bios"] = "seabios", ["cores"] = 2, ["cpu"] = "x86-64-v2-AES", ["kvm"] = 1, ["memory"] = memory, ["numa"] = 0, ["onboot"] = 0, ["ostype"] = "l26",
            ["description"] = "mine now", ["name"] = (string?)listed?["name"] ?? "rocky-9-{time}", ["net0"] = "virtio={mac},bridge=vmbr0", ["scsihw"] = "virtio-scsi-single", ["sockets"] = 1, ["template"] = 1,
            ["ide0"] = "local-dir:1/vm-1-cloudinit.qcow2,media=cdrom", ["scsi0"] = "local-dir:1/base-1-disk-0.raw,cache=none,discard=on,iothread=1,replicate=0,size=16G",
        })
            .Where(p => p.Key is not ("digest" or "meta" or "template" or "smbios1" or "vmgenid" or "boot" or "tags" or "machine"))
            .Select(p => (p.Key, Value: Allocation().Replace(p.Value!.ToString(), m => m.Groups[1].Value + (m.Groups[2].Value.Contains("cloudinit", StringComparison.Ordinal) ? "cloudinit" : "16"))))
            .Select(p => (p.Key, Fill(SizePart().Replace(p.Value, ""))));
        await DoAsync(root, root.PostAsync("nodes/vm/qemu", [("vmid", vmid.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("pool", "packer"), .. parameters]));
        Install(node, vmid);
        if (((int?)config?["template"] ?? (int?)listed?["template"] ?? 1) == 1)
        {
            await DoAsync(root, root.PostAsync($"nodes/vm/qemu/{vmid}/template"));
        }
    }

    [GeneratedRegex(@"local:iso/([^,\s]+)")]
    private static partial Regex MediumName();

    [GeneratedRegex(@"(local-dir:)(\d+/[^,]+)")]
    private static partial Regex Allocation();

    [GeneratedRegex(@",size=\w+")]
    private static partial Regex SizePart();
}
