using System.Text.Json.Nodes;
using Guest;
using Sandbox.Api;
using Sandbox.Machines;

namespace Sandbox.Endpoints;

/// <summary>The QEMU guest agent of a running VM. Commands are recorded, never run.</summary>
internal static class AgentEndpoints
{
    // As a shell answers for a command that it does not have.
    private const int NotRun = 127;
    private const string Simulated = "This guest is simulated: the command was noted, and nothing ran.\n";

    // While an installation is in progress the agent is waited for, as the real server waits for its answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly Parameter[] Machine = [P.Node, P.VmId];

    private static readonly Permission Monitor = Permission.All("/vms/{vmid}", "VM.Monitor");
    private static readonly Permission Audit = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Unrestricted = Permission.All("/vms/{vmid}", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Power = Permission.AnyOf("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted");

    private static readonly Permission FileSystems = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted");
    private static readonly Permission FileRead = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileRead", "VM.GuestAgent.Unrestricted");
    private static readonly Permission FileWrite = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileWrite", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Compatible = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Unrestricted", "VM.GuestAgent.Unrestricted");

    // What is asked and answered without further parameters.
    private static readonly (string Method, string Command, Permission Permission, Func<ApiCall, RunningMachine, JsonNode> Answer)[] Commands =
    [
        ("POST", "ping", Audit, (_, _) => new JsonObject()),
        ("GET", "get-osinfo", Audit, (_, running) => OsInfo(running)),
        ("GET", "network-get-interfaces", Audit, AgentNetwork.Interfaces),
        ("GET", "get-host-name", Audit, (_, running) => new JsonObject { ["host-name"] = running.Seen.HostName }),
        ("GET", "get-time", Audit, (call, _) => call.Node.Now * 1_000_000_000),
        ("GET", "get-timezone", Audit, (_, _) => new JsonObject { ["zone"] = "UTC", ["offset"] = 0 }),
        ("GET", "get-users", Audit, (_, _) => new JsonArray()),
        ("GET", "info", Audit, (call, _) => Info(call)),
        ("GET", "get-fsinfo", Audit, FileSystemsOf),
        ("GET", "get-vcpus", Audit, (call, _) => new JsonArray([.. Enumerable.Range(0, call.Machine.Cpus).Select(i => (JsonNode)new JsonObject { ["logical-id"] = i, ["online"] = true, ["can-offline"] = i > 0 })])),
        ("POST", "fsfreeze-status", Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"), (_, _) => "thawed"),
        ("POST", "fsfreeze-freeze", FileSystems, (_, _) => 0),
        ("POST", "fsfreeze-thaw", FileSystems, (_, _) => 0),
        ("GET", "get-memory-blocks", Audit, (_, _) => new JsonArray()),
        ("GET", "get-memory-block-info", Audit, (_, _) => new JsonObject { ["size"] = 128L << 20 }),
        ("POST", "fstrim", FileSystems, (_, _) => new JsonObject { ["paths"] = new JsonArray() }),
    ];

    // Those that the server lists; the three suspend-* are answered with 501.
    private static IEnumerable<string> Names =>
        Commands.Select(c => c.Command).Concat(["shutdown", "exec", "exec-status", "file-read", "file-write", "set-user-password", "suspend-disk", "suspend-hybrid", "suspend-ram"]);

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        .. Commands.Select(c => new Endpoint(c.Method, "/nodes/{node}/qemu/{vmid}/agent/" + c.Command, c.Permission, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = call => AskAsync(call, running => c.Answer(call, running)),
        }),
        new("GET", "/nodes/{node}/qemu/{vmid}/agent", Permission.AnyUser, Answer.List("name"))
        {
            Parameters = Machine,
            Run = _ => new JsonArray([.. Names.Order(StringComparer.Ordinal).Select(n => (JsonNode)new JsonObject { ["name"] = n })]),
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent", Compatible, Answer.Object("result"))
        {
            Parameters = [.. Machine, P.OneOf("command", [.. Commands.Select(c => c.Command), "shutdown"])],
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = call => call.Text("command") == "shutdown" ? ShutDownAsync(call) : AskAsync(call, running => Commands.First(c => c.Command == call.Text("command")).Answer(call, running)),
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/file-read", FileRead, Answer.Object("content"))
        {
            Parameters = [.. Machine, P.Text("file")],
            PermissionBefore9 = Monitor,
            RunAsync = NoFilesAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/file-write", FileWrite, Answer.Nothing)
        {
            Parameters = [.. Machine, P.Text("content", max: 61440), P.Flag("encode?"), P.Text("file")],
            PermissionBefore9 = Monitor,
            RunAsync = NoFilesAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/set-user-password", Unrestricted, Answer.Object("result"))
        {
            Parameters = [.. Machine, P.Flag("crypted?"), P.Text("password", min: 5, max: 1024), P.Text("username")],
            PermissionBefore9 = Monitor,
            RunAsync = NoUsersAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/shutdown", Power, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            RunAsync = ShutDownAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/exec", Unrestricted, Answer.Object("pid"))
        {
            Parameters = [.. Machine, P.Texts("command"), P.Text("input-data?", max: 65536)],
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = ExecuteAsync,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/exec-status", Unrestricted, Answer.Object("exited"))
        {
            Parameters = [.. Machine, P.Whole("pid")],
            PermissionBefore9 = Monitor,
            RunAsync = ExecStatusAsync,
        },
    ];

    private static JsonObject Info(ApiCall call) => new()
    {
        ["version"] = call.Node.QemuVersion,
        ["supported_commands"] = new JsonArray([.. Commands.Select(c => (JsonNode)new JsonObject { ["name"] = "guest-" + c.Command, ["enabled"] = true, ["success-response"] = true })]),
    };

    private static JsonArray FileSystemsOf(ApiCall call, RunningMachine running)
    {
        var bytes = MachineDisks.Disks(call.Node, call.Machine).Select(d => d.Volume.SizeBytes).FirstOrDefault();
        return new JsonArray(new JsonObject
        {
            ["name"] = running.Seen.IsWindows ? "C:" : "sda1", ["mountpoint"] = running.Seen.IsWindows ? @"C:\" : "/", ["type"] = running.Seen.IsWindows ? "NTFS" : "ext4",
            ["total-bytes"] = bytes, ["used-bytes"] = bytes / 4, ["disk"] = new JsonArray(),
        });
    }

    private static async Task<JsonNode?> NoFilesAsync(ApiCall call)
    {
        await RequireAsync(call);
        throw ApiException.Failed("Agent error: this guest is simulated: it has no files");
    }

    private static async Task<JsonNode?> NoUsersAsync(ApiCall call)
    {
        await RequireAsync(call);
        throw ApiException.Failed("Agent error: this guest is simulated: it has no users");
    }

    /// <summary>Whether the VM has a channel for the agent.</summary>
    public static bool IsEnabled(Machines.Machine machine) =>
        machine.Config.TryGetValue("agent", out var agent) && DriveFormats.Agent.Parse(agent).Flag("enabled");

    private static async Task<RunningMachine> RequireAsync(ApiCall call)
    {
        RunningMachine? running;
        lock (call.Node.Gate)
        {
            var machine = call.Machine;
            if (!machine.Config.ContainsKey("agent"))
            {
                throw ApiException.Failed("No QEMU guest agent configured");
            }

            running = call.Node.Runtime.Find(machine.Id) ?? throw ApiException.Failed($"VM {machine.Id} is not running");
            if (!IsEnabled(machine))
            {
                throw ApiException.Failed("QEMU guest agent is not running");
            }
        }

        bool Answers() => running is { Stopped: false, Paused: false } && !call.Node.Faults.SilentAgent
            && (running.System is { GuestAgent: true } || (running.System is null && IsInstallerThere(call, running)));

        // The server waits so long for the answer of an agent that is not there.
        if (!Answers())
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
            var patience = Task.Delay(Patience, call.Node.Time, enough.Token);
            await (running.Settled.IsCompleted ? patience : Task.WhenAny(running.Settled, patience));
            await enough.CancelAsync();
        }

        return Answers() ? running : throw ApiException.Failed("QEMU guest agent is not running");
    }

    // The live system of an installer may have an agent, until the installed system is booted: two seconds there, two not.
    private static bool IsInstallerThere(ApiCall call, RunningMachine running) =>
        call.Node.Faults.InstallerAgent && !running.Settled.IsCompleted && call.Node.Now / 2 % 2 == 0;

    private static async Task<JsonNode?> AskAsync(ApiCall call, Func<RunningMachine, JsonNode> answer)
    {
        var running = await RequireAsync(call);
        lock (call.Node.Gate)
        {
            return new JsonObject { ["result"] = answer(running) };
        }
    }

    private static JsonObject OsInfo(RunningMachine running)
    {
        var system = running.Seen;
        return system.IsWindows
            ? new JsonObject
            {
                ["id"] = "mswindows", ["name"] = "Microsoft Windows", ["pretty-name"] = system.PrettyName, ["version"] = system.PrettyName,
                ["version-id"] = system.VersionId, ["variant"] = "server", ["variant-id"] = "server", ["kernel-release"] = "20348",
                ["kernel-version"] = "10.0", ["machine"] = "x86_64",
            }
            : new JsonObject
            {
                ["id"] = system.OsId, ["name"] = system.PrettyName.Split(' ')[0], ["pretty-name"] = system.PrettyName, ["version"] = system.VersionId,
                ["version-id"] = system.VersionId, ["machine"] = "x86_64",
            };
    }

    private static async Task<JsonNode?> ShutDownAsync(ApiCall call)
    {
        var running = await RequireAsync(call);
        await call.Node.Runtime.StopAsync(call.State.Machines[running.Id]);
        return new JsonObject { ["result"] = new JsonObject() };
    }

    private static async Task<JsonNode?> ExecuteAsync(ApiCall call)
    {
        var running = await RequireAsync(call);
        var command = new GuestCommand("agent", call.Text("command").Replace('\0', ' '), []);
        lock (call.Node.Gate)
        {
            var code = call.Node.Faults.ExitCode(command);
            running.Commands.Add(code);
            call.Node.Log($"guest {running.Id}: the agent ran (recorded only): {command.Text}: exit {code}");
            return new JsonObject { ["pid"] = running.Commands.Count + 1000 };
        }
    }

    private static async Task<JsonNode?> ExecStatusAsync(ApiCall call)
    {
        var running = await RequireAsync(call);
        lock (call.Node.Gate)
        {
            var index = call.Int("pid") - 1001;
            return index >= 0 && index < running.Commands.Count
                ? new JsonObject { ["exited"] = 1, ["exitcode"] = running.Commands[index] == 0 ? NotRun : running.Commands[index], ["err-data"] = Simulated }
                : throw ApiException.Failed($"Agent error: PID {call.Int("pid")} does not exist");
        }
    }
}
