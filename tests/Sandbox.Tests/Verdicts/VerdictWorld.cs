using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Guest;
using Sandbox.Api;
using Sandbox.Endpoints;

namespace Sandbox.Tests.Verdicts;

/// <summary>A node in the state of one case: the recorded world, the login's roles, and what the case names.</summary>
internal sealed class VerdictWorld : IAsyncDisposable
{
    private static readonly string[] Scopes = ["/storage/disks", "/sdn/zones/localnetwork/vmbr0", "/nodes/pve"];
    private static readonly Lazy<NodeCertificate> Certificate = new(MakeCertificate);
    private static readonly Router Router = new(AllEndpoints.List);

    private static readonly ConcurrentDictionary<string, (string State, Dictionary<string, string> Secrets)> Worlds = new();

    private readonly string folder = Directory.CreateDirectory(Path.Combine(Path.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "verdict-" + Guid.NewGuid().ToString("N"))).FullName;
    private readonly NodeServices node;
    private readonly Dispatcher dispatcher;
    private readonly Dictionary<string, string> secrets;
    private readonly List<string> upids = [];

    private VerdictWorld(string version, (string State, Dictionary<string, string> Secrets)? world, bool reported = true)
    {
        secrets = world?.Secrets ?? [];
        var paths = new NodePaths(folder);
        if (world is var (state, _))
        {
            File.WriteAllText(paths.State, state);
            Directory.CreateDirectory(Path.Combine(paths.Storage("local"), "iso"));
            File.WriteAllBytes(Path.Combine(paths.Storage("local"), "iso", "x.iso"), Iso);
        }

        var options = new SandboxOptions
        {
            StateDirectory = folder, PveVersion = version, FurtherStorages = ["disks:dir:images+rootdir"],
            // Where the daemon has not reported since, nothing is known of the VMs that were made.
            StatusLag = reported ? TimeSpan.Zero : TimeSpan.FromHours(1),
        };
        node = new NodeServices(options, paths, NodeState.Load(paths)) { Certificate = Certificate.Value };
        dispatcher = new Dispatcher(node, Router);
        Root = new InProcessClient(dispatcher);
    }

    // Nobody reads the file.
    private static NodeCertificate MakeCertificate()
    {
        var file = Path.Combine(Path.GetTempPath(), $"verdict-{Environment.ProcessId}.pem");
        try
        {
            return NodeCertificate.Make("pve", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The bytes of <c>local:iso/x.iso</c>.</summary>
    public static byte[] Iso { get; } = [.. Enumerable.Repeat("packer\n"u8.ToArray(), 285715).SelectMany(b => b).Take(2_000_000)];

    public InProcessClient Root { get; }

    /// <summary>A node in this state.</summary>
    public static async Task<VerdictWorld> MakeAsync(string version, VerdictLogin login, JsonObject state)
    {
        var key = $"{version} {login.Scope} {login.Without}";
        if (!Worlds.TryGetValue(key, out var made))
        {
            // The same for many cases: users, tokens, roles and entries are made once and kept as the node's state.
            await using var first = new VerdictWorld(version, null);
            await LogInAsync(first.Root, "root@pam", first.node.Credentials.RootPassword);
            await first.FillAsync(version, login);
            made = (await File.ReadAllTextAsync(first.node.Paths.State), first.secrets);
            Worlds[key] = made;
        }

        var world = new VerdictWorld(version, made, (string?)state["status_daemon"] == "reported");
        try
        {
            await LogInAsync(world.Root, "root@pam", world.node.Credentials.RootPassword);
            await world.FillAsync(state);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the calls that come before, with the login of the case unless they say otherwise.</summary>
    public async Task BeginAsync(VerdictLogin login, JsonObject state)
    {
        lock (node.Gate)
        {
            node.State.Tasks.Clear();
        }

        foreach (var call in state["before"] as JsonArray ?? [])
        {
            var client = await ClientAsync((string?)call!["by"] ?? login.Kind);
            var answer = await client.SendAsync((string)call["method"]!, Filled((string)call["path"]!), call["parameters"] as JsonObject);
            if (Upid(answer) is { } upid)
            {
                upids.Add(upid);
                if (call["nowait"] is null)
                {
                    await ExitStatusAsync(upid);
                }
            }
        }
    }

    /// <summary>Sends the call of a case and waits for its task.</summary>
    public async Task<(ApiAnswer Answer, string? Upid, string? Task)> CallAsync(VerdictLogin login, VerdictCall call)
    {
        var client = await ClientAsync(login.Kind);
        var answer = await client.SendAsync(call.Method, Filled(call.Path), call.Parameters);
        return Upid(answer) is { } upid ? (answer, upid, await ExitStatusAsync(upid)) : (answer, null, null);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string? Upid(ApiAnswer answer) =>
        answer.Data is JsonValue value && value.TryGetValue<string>(out var text) && text.StartsWith("UPID:", StringComparison.Ordinal) ? text : null;

    private string Filled(string path)
    {
        for (var i = 0; i < upids.Count; i++)
        {
            path = path.Replace($"{{UPID{i + 1}}}", Uri.EscapeDataString(upids[i]), StringComparison.Ordinal);
        }

        return path;
    }

    private async Task<string> ExitStatusAsync(string upid)
    {
        for (var i = 0; i < 1000; i++)
        {
            var status = (await Root.SendAsync("GET", $"/nodes/pve/tasks/{Uri.EscapeDataString(upid)}/status")).Data;
            if ((string?)status?["status"] == "stopped")
            {
                return (string)status!["exitstatus"]!;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException(upid);
    }

    private async Task<InProcessClient> ClientAsync(string kind)
    {
        var client = new InProcessClient(dispatcher);
        switch (kind)
        {
            case "root":
                return Root;
            case "none":
                break;
            case "token":
                client.Headers["Authorization"] = "PVEAPIToken=builder@pve!tok=" + secrets["tok"];
                break;
            case "token-privsep-0":
                client.Headers["Authorization"] = "PVEAPIToken=builder@pve!full=" + secrets["full"];
                break;
            case "token-wrong-secret":
                client.Headers["Authorization"] = "PVEAPIToken=builder@pve!tok=" + Guid.Empty;
                break;
            case "token-unknown":
                client.Headers["Authorization"] = "PVEAPIToken=builder@pve!nosuch=" + secrets["tok"];
                break;
            case "token-unknown-user":
                client.Headers["Authorization"] = "PVEAPIToken=nobody@pve!tok=" + secrets["tok"];
                break;
            case "token-malformed":
                client.Headers["Authorization"] = "PVEAPIToken=nonsense";
                break;
            case "basic":
                client.Headers["Authorization"] = "Basic " + Convert.ToBase64String("builder@pve:builder-secret"u8);
                break;
            case "ticket-malformed":
                client.Headers["Cookie"] = "PVEAuthCookie=nonsense";
                break;
            case "admin":
                await LogInAsync(client, "admin@pve", "admin-secret");
                break;
            default:
                await LogInAsync(client, "builder@pve", "builder-secret");
                if (kind == "ticket-no-csrf")
                {
                    client.Headers.Remove("CSRFPreventionToken");
                }
                else if (kind == "ticket-bad-csrf")
                {
                    client.Headers["CSRFPreventionToken"] = "nonsense";
                }

                break;
        }

        return client;
    }

    private static async Task LogInAsync(InProcessClient client, string user, string password)
    {
        var answer = await client.SendAsync("POST", "/access/ticket", new JsonObject { ["username"] = user, ["password"] = password });
        client.Headers["Cookie"] = "PVEAuthCookie=" + (string?)answer.Data?["ticket"];
        client.Headers["CSRFPreventionToken"] = (string?)answer.Data?["CSRFPreventionToken"] ?? "";
    }

    private async Task<ApiAnswer> MustAsync(string method, string path, JsonObject parameters)
    {
        var answer = await Root.SendAsync(method, path, parameters);
        Assert.That(answer.Status, Is.EqualTo(200), $"{method} {path}: {answer.Reason} {answer.Body}");
        if (Upid(answer) is { } upid)
        {
            Assert.That(await ExitStatusAsync(upid), Is.EqualTo("OK").Or.StartWith("WARNINGS"), $"{method} {path} {parameters}");
        }

        return answer;
    }

    // The world: users, tokens, roles, pools, and the entries of the access control list.
    private async Task FillAsync(string version, VerdictLogin login)
    {
        var without = login.Without?.Split('+') ?? [];
        foreach (var role in new[] { "BuildRole", "MediaRole" })
        {
            await MustAsync("POST", "/access/roles", new() { ["roleid"] = role, ["privs"] = string.Join(',', VerdictFile.Role(role, version).Except(without)) });
        }

        await MustAsync("POST", "/access/users", new() { ["userid"] = "admin@pve", ["password"] = "admin-secret" });
        await MustAsync("POST", "/access/users", new() { ["userid"] = "builder@pve", ["password"] = "builder-secret" });
        foreach (var (name, separate) in new[] { ("tok", 1), ("full", 0) })
        {
            secrets[name] = (string)(await MustAsync("POST", $"/access/users/builder@pve/token/{name}", new() { ["privsep"] = separate })).Data!["value"]!;
        }

        await MustAsync("POST", "/cluster/sdn/zones", new() { ["zone"] = "lab", ["type"] = "simple" });
        await MustAsync("POST", "/cluster/sdn/vnets", new() { ["vnet"] = "vlab0", ["zone"] = "lab" });
        await MustAsync("POST", "/pools", new() { ["poolid"] = "builds" });
        await MustAsync("POST", "/pools", new() { ["poolid"] = "other" });
        await MustAsync("PUT", "/access/acl", new() { ["path"] = "/", ["users"] = "admin@pve", ["roles"] = "Administrator" });
        string[] own = login.Scope switch
        {
            "vms" => ["/vms"],
            "vmid" => ["/vms/9100", "/vms/9101", "/vms/9102"],
            _ => ["/pool/builds"],
        };
        foreach (var path in own.Concat(Scopes))
        {
            await GrantAsync(path, "BuildRole");
        }

        await GrantAsync("/storage/local", "MediaRole");
        await MustAsync("POST", "/nodes/pve/storage/local/upload", new() { ["content"] = "iso", ["upload"] = new JsonObject { ["name"] = "x.iso", ["content"] = "x.iso" } });
    }

    private Task<ApiAnswer> GrantAsync(string path, string role, int propagate = 1) =>
        MustAsync("PUT", "/access/acl", new() { ["path"] = path, ["users"] = "builder@pve", ["tokens"] = "builder@pve!tok", ["roles"] = role, ["propagate"] = propagate });

    private async Task FillAsync(JsonObject state)
    {
        foreach (var entry in state["acl"] as JsonArray ?? [])
        {
            await GrantAsync((string)entry!["path"]!, (string)entry["role"]!, (int?)entry["propagate"] ?? 1);
        }

        foreach (var volume in (state["volumes"] as JsonArray ?? []).Select(v => (string)v!))
        {
            var name = volume[(volume.LastIndexOf('/') + 1)..];
            if (volume.StartsWith("local:", StringComparison.Ordinal))
            {
                await MustAsync("POST", "/nodes/pve/storage/local/upload", new() { ["content"] = "iso", ["upload"] = new JsonObject { ["name"] = name, ["bytes"] = 4096 } });
            }
            else
            {
                await MustAsync("POST", "/nodes/pve/storage/disks/content", new() { ["filename"] = name, ["size"] = "16G", ["vmid"] = volume.Split(':', '/')[1], ["format"] = Path.GetExtension(name)[1..] });
            }
        }

        foreach (var vm in state["vms"] as JsonArray ?? [])
        {
            await MakeAsync(vm!);
        }
    }

    private async Task MakeAsync(JsonNode vm)
    {
        var id = (int)vm["vmid"]!;
        var path = $"/nodes/pve/qemu/{id}";
        if (vm["clone_of"] is { } source)
        {
            var parameters = new JsonObject { ["newid"] = id, ["full"] = 1 - (int)vm["linked"]! };
            if (vm["pool"] is { } pool)
            {
                parameters["pool"] = (string)pool!;
            }

            await MustAsync("POST", $"/nodes/pve/qemu/{source}/clone", parameters);
        }
        else
        {
            var parameters = VerdictFile.All["recipes"]![(string)vm["made_by"]!]!.DeepClone().AsObject();
            parameters["vmid"] = id;
            if (vm["pool"] is { } pool)
            {
                parameters["pool"] = (string)pool!;
            }

            foreach (var (key, value) in vm["with"] as JsonObject ?? [])
            {
                parameters[key] = value?.DeepClone();
            }

            await MustAsync("POST", "/nodes/pve/qemu", parameters);
        }

        Install(id, vm);
        switch ((string?)vm["is"])
        {
            case "template":
                await MustAsync("POST", path + "/template", []);
                break;
            case "running":
                await MustAsync("POST", path + "/status/start", []);
                break;
        }
    }

    // The recorded guest ran nothing: its agent answered unless it is silent, and it shut down unless it ignores that.
    private void Install(int vmid, JsonNode vm)
    {
        lock (node.Gate)
        {
            foreach (var volume in node.State.Volumes.Where(v => v.Owner == vmid && v.Content == "images" && !v.Name.Contains("cloudinit", StringComparison.Ordinal)))
            {
                volume.System = new GuestSystem
                {
                    OsId = "debian", PrettyName = "Debian GNU/Linux 13 (trixie)", VersionId = "13", HostName = "stand-in",
                    GuestAgent = (string?)vm["agent"] != "silent" && vm["ignores_shutdown"] is null,
                };
            }
        }
    }
}
