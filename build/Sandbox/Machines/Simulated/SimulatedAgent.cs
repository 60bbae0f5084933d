using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Guest;
using Sandbox.Api;

namespace Sandbox.Machines.Simulated;

/// <summary>The agent of a simulated guest: it tells what is known of the guest, and notes commands instead of running them.</summary>
internal sealed class SimulatedAgent(NodeServices node, SimulatedMachine machine) : IMachineAgent
{
    // As a shell answers for a command that it does not have.
    private const int NotRun = 127;
    private const string Simulated = "This guest is simulated: the command was noted, and nothing ran.\n";

    // While an installation is in progress the agent is waited for, as the real server waits for its answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly Dictionary<string, Func<SimulatedAgent, JsonNode>> Answers = new(StringComparer.Ordinal)
    {
        ["guest-ping"] = _ => new JsonObject(),
        ["guest-get-osinfo"] = a => a.OsInfo(),
        ["guest-network-get-interfaces"] = a => a.Interfaces(),
        ["guest-get-host-name"] = a => a.HostName(),
        ["guest-get-time"] = a => a.Time,
        ["guest-get-timezone"] = _ => new JsonObject { ["zone"] = "UTC", ["offset"] = 0 },
        ["guest-get-users"] = _ => new JsonArray(),
        ["guest-info"] = a => a.Info(),
        ["guest-get-fsinfo"] = a => a.FileSystems(),
        ["guest-get-vcpus"] = a => a.Processors(),
        ["guest-fsfreeze-status"] = _ => "thawed",
        ["guest-fsfreeze-freeze"] = _ => 0,
        ["guest-fsfreeze-thaw"] = _ => 0,
        ["guest-get-memory-blocks"] = _ => new JsonArray(),
        ["guest-get-memory-block-info"] = _ => new JsonObject { ["size"] = 128L << 20 },
        ["guest-fstrim"] = _ => new JsonObject { ["paths"] = new JsonArray() },
    };

    // The exit code of each command.
    private readonly List<int> commands = [];

    // The live system of an installer may have an agent, until the installed system is booted: two seconds there, two not.
    private bool IsInstallerThere => node.Faults.InstallerAgent && !machine.Settled.IsCompleted && node.Now / 2 % 2 == 0;

    private JsonNode Time => node.Now * 1_000_000_000;

    private bool IsThere => machine is { Stopped: false, Paused: false } && !node.Faults.SilentAgent
        && (machine.System is { GuestAgent: true } || (machine.System is null && IsInstallerThere));

    public async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        // The server waits so long for the answer of an agent that is not there.
        if (!IsThere)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var patience = Task.Delay(Patience, node.Time, enough.Token);
            await (machine.Settled.IsCompleted ? patience : Task.WhenAny(machine.Settled, patience));
            await enough.CancelAsync();
        }

        return IsThere;
    }

    public async Task<JsonNode?> DoAsync(string command, JsonObject arguments, CancellationToken cancellation)
    {
        if (command == "guest-shutdown")
        {
            await node.Runtime.StopAsync(machine.Machine);
            return new JsonObject();
        }

        lock (node.Gate)
        {
            return command switch
            {
                "guest-exec" => Note(new GuestCommand("agent", string.Join(' ', new[] { arguments["path"] }.Concat(arguments["arg"]!.AsArray()).Select(w => w!.GetValue<string>())), [])),
                "guest-exec-status" => StatusOf(arguments["pid"]!.GetValue<int>()),
                "guest-file-open" => throw ApiException.Failed("Agent error: this guest is simulated: it has no files"),
                "guest-set-user-password" => throw ApiException.Failed("Agent error: this guest is simulated: it has no users"),
                _ => Answers[command](this),
            };
        }
    }

    private JsonObject Note(GuestCommand command)
    {
        var code = node.Faults.ExitCode(command);
        commands.Add(code);
        node.Log($"guest {machine.Id}: the agent ran (recorded only): {command.Text}: exit {code}");
        return new JsonObject { ["pid"] = commands.Count + 1000 };
    }

    private JsonObject StatusOf(int pid)
    {
        var index = pid - 1001;
        return index >= 0 && index < commands.Count
            ? new JsonObject { ["exited"] = true, ["exitcode"] = commands[index] == 0 ? NotRun : commands[index], ["err-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Simulated)) }
            : throw ApiException.Failed($"Agent error: PID {pid.ToString(CultureInfo.InvariantCulture)} does not exist");
    }

    private JsonArray Interfaces() => SimulatedNetwork.Interfaces(node, machine);

    private JsonObject HostName() => new() { ["host-name"] = machine.Seen.HostName };

    private JsonArray Processors() =>
        [.. Enumerable.Range(0, machine.Machine.Cpus).Select(i => (JsonNode)new JsonObject { ["logical-id"] = i, ["online"] = true, ["can-offline"] = i > 0 })];

    private JsonObject Info() => new()
    {
        ["version"] = node.QemuVersion,
        ["supported_commands"] = new JsonArray([.. Answers.Keys.Select(c => (JsonNode)new JsonObject { ["name"] = c, ["enabled"] = true, ["success-response"] = true })]),
    };

    private JsonArray FileSystems()
    {
        var bytes = MachineDisks.Disks(node, machine.Machine).Select(d => d.Volume.SizeBytes).FirstOrDefault();
        return new JsonArray(new JsonObject
        {
            ["name"] = machine.Seen.IsWindows ? "C:" : "sda1", ["mountpoint"] = machine.Seen.IsWindows ? @"C:\" : "/", ["type"] = machine.Seen.IsWindows ? "NTFS" : "ext4",
            ["total-bytes"] = bytes, ["used-bytes"] = bytes / 4, ["disk"] = new JsonArray(),
        });
    }

    private JsonObject OsInfo()
    {
        var system = machine.Seen;
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
}
