using System.Text.Json.Nodes;
using Guest;
using Sandbox.Api;
using Sandbox.Machines;

namespace Sandbox.Endpoints;

/// <summary>The QEMU guest agent of a running VM. Commands are recorded, never run.</summary>
internal static class AgentEndpoints
{
    // While an installation is in progress the agent is waited for, as the real server waits for its answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly Parameter[] Machine = [P.Node, P.VmId];

    private static readonly Permission Monitor = Permission.All("/vms/{vmid}", "VM.Monitor");
    private static readonly Permission Audit = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Unrestricted = Permission.All("/vms/{vmid}", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Power = Permission.AnyOf("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/ping", Audit, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = call => AskAsync(call, _ => new JsonObject()),
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/get-osinfo", Audit, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            RunAsync = call => AskAsync(call, OsInfo),
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", Audit, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            RunAsync = call => AskAsync(call, running => Interfaces(call, running)),
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

        if (!running.Settled.IsCompleted)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
            await Task.WhenAny(running.Settled, Task.Delay(Patience, call.Node.Time, enough.Token));
            await enough.CancelAsync();
        }

        return running.System is { GuestAgent: true } && !running.Stopped && !call.Node.Faults.SilentAgent
            ? running
            : throw ApiException.Failed("QEMU guest agent is not running");
    }

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
        var system = running.System!;
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

    private static JsonArray Interfaces(ApiCall call, RunningMachine running)
    {
        static JsonObject Address(string address, string type, int prefix) =>
            new() { ["ip-address"] = address, ["ip-address-type"] = type, ["prefix"] = prefix };

        var windows = running.System!.IsWindows;
        var list = new JsonArray();
        if (!windows)
        {
            list.Add((JsonNode)new JsonObject
            {
                ["name"] = "lo",
                ["hardware-address"] = "00:00:00:00:00:00",
                ["ip-addresses"] = new JsonArray(Address("127.0.0.1", "ipv4", 8), Address("::1", "ipv6", 128)),
            });
        }

        var first = true;
        foreach (var (name, card) in call.Machine.Cards)
        {
            var number = int.Parse(name["net".Length..], System.Globalization.CultureInfo.InvariantCulture);
            var entry = new JsonObject
            {
                ["name"] = windows ? $"Ethernet{(number == 0 ? "" : $" {number + 1}")}" : $"ens{18 + number}",
                ["hardware-address"] = card["macaddr"]!.ToLowerInvariant(),
            };
            if (first && running.Address is { } address)
            {
                entry["ip-addresses"] = new JsonArray(Address(address.ToString(), "ipv4", 24));
                first = false;
            }

            list.Add((JsonNode)entry);
        }

        return list;
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
                ? new JsonObject { ["exited"] = 1, ["exitcode"] = running.Commands[index] }
                : throw ApiException.Failed($"Agent error: PID {call.Int("pid")} does not exist");
        }
    }
}
