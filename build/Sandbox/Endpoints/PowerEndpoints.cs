using System.Text.Json.Nodes;
using Installer;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>Whether a VM runs, and what makes it run or stop.</summary>
internal static class PowerEndpoints
{
    private static readonly Permission PowerMgmt = Permission.All("/vms/{vmid}", "VM.PowerMgmt");
    // What one node tells another when a VM moves; nobody else has a use for it.
    private static readonly string[] OfMigration =
        ["migratedfrom", "stateuri", "migration_type", "migration_network", "targetstorage", "with-conntrack-state", "force-cpu", "nets-host-mtu"];

    private static readonly Parameter SkipLock = P.Flag("skiplock?");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/qemu/{vmid}/status", Permission.AnyUser, Answer.List("subdir"))
        {
            Parameters = [P.Node, P.VmId],
            Run = _ => new JsonArray([.. new[] { "current", "reset", "shutdown", "start", "stop" }.Select(n => (JsonNode)new JsonObject { ["subdir"] = n })]),
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/status/current", Permission.All("/vms/{vmid}", "VM.Audit"), Answer.Object("ha", "status", "vmid"))
        {
            Parameters = [P.Node, P.VmId],
            Run = Current,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/start", PowerMgmt, Answer.Upid)
        {
            Parameters =
            [
                P.Node,
                P.VmId,
                P.Text("force-cpu?"),
                P.Props("machine?", MachineParameters.MachineFormat),
                P.Text("migratedfrom?", "pve-node"),
                P.Text("migration_network?", "CIDR"),
                P.OneOf("migration_type?", "secure", "insecure"),
                P.Text("nets-host-mtu?", pattern: @"net\d+=\d+(,net\d+=\d+)*") with { Since9 = true },
                SkipLock,
                P.Text("stateuri?", max: 128),
                P.Text("targetstorage?", "storage-pair-list"),
                P.Whole("timeout?", 0),
                P.Flag("with-conntrack-state?") with { Since9 = true },
            ],
            Run = Start,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/stop", PowerMgmt, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.Flag("keepActive?"), P.Text("migratedfrom?", "pve-node"), P.Flag("overrule-shutdown?"), SkipLock, P.Whole("timeout?", 0)],
            Run = call => End(call, "qmstop", (_, _) => Task.FromResult<string?>(null)),
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/shutdown", PowerMgmt, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.Flag("forceStop?"), P.Flag("keepActive?"), SkipLock, P.Whole("timeout?", 0)],
            Run = call => End(call, "qmshutdown", async (running, cancellation) =>
            {
                var reason = await running.ShutDownAsync(AgentEndpoints.IsEnabled(running.Machine), call.Has("timeout") ? TimeSpan.FromSeconds(call.Int("timeout")) : null, cancellation);
                return call.Flag("forceStop") ? null : reason;
            }),
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/reset", PowerMgmt, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, SkipLock],
            Run = Reset,
        },
        new("PUT", "/nodes/{node}/qemu/{vmid}/sendkey", Permission.All("/vms/{vmid}", "VM.Console"), Answer.Nothing)
        {
            Parameters = [P.Node, P.VmId, P.Text("key"), SkipLock],
            KeepsState = true,
            RunAsync = SendKeyAsync,
        },
    ];

    /// <summary>A VM as the node's list shows it.</summary>
    public static JsonObject Describe(NodeServices node, Machine machine)
    {
        var answer = ClusterEndpoints.DescribeMachine(node, machine);
        foreach (var key in new[] { "id", "type", "node", "maxcpu", "pool" })
        {
            answer.Remove(key);
        }

        answer["cpus"] = machine.Cpus;
        if (!node.Version.Before9)
        {
            // What the host spends on the VM, beside what the guest sees.
            answer["memhost"] = answer["mem"]?.DeepClone();
        }

        if (!machine.IsTemplate)
        {
            answer.Remove("template");
        }

        if (!node.Version.Before9)
        {
            answer["memhost"] = answer["mem"]!.DeepClone();
        }

        if (machine.Running)
        {
            answer["pid"] = 100_000 + machine.Id;
        }
        else if (!node.Version.Before9)
        {
            // Without a process there are no counters of its drives.
            answer.Remove("diskread");
            answer.Remove("diskwrite");
        }

        return answer;
    }

    private static JsonObject Current(ApiCall call)
    {
        var machine = call.Machine;
        var answer = Describe(call.Node, machine);
        answer["ha"] = new JsonObject { ["managed"] = 0 };
        answer["qmpstatus"] = call.Node.Runtime.Find(machine.Id)?.RunState ?? (machine.Running ? "running" : "stopped");
        if (AgentEndpoints.IsEnabled(machine))
        {
            answer["agent"] = 1;
        }

        if (machine.Running)
        {
            answer["running-qemu"] = call.Node.QemuVersion;
            answer["running-machine"] = RunningMachineType(call.Node, machine);
        }

        return answer;
    }

    private static string RunningMachineType(NodeServices node, Machine machine)
    {
        var type = MachineParameters.MachineFormat.Parse(machine.Config.GetValueOrDefault("machine") ?? "")["type"] ?? "pc";
        return type is "pc" or "q35" ? $"pc-{(type == "pc" ? "i440fx" : type)}-{node.QemuVersion[..node.QemuVersion.LastIndexOf('.')]}+pve0" : type;
    }

    private static JsonNode? Start(ApiCall call)
    {
        MachineEndpoints.RequireRootForSkipLock(call);
        if (OfMigration.FirstOrDefault(call.Has) is { } name)
        {
            throw ApiException.Parameter(name, "Only root may use this option.");
        }

        // Whether there is the VM at all, the task finds out.
        return call.Task(new TaskWork("qmstart", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(call.VmId)],
            Do = log => call.Node.Runtime.Start(call.Machine, call.Caller.AuthId, log),
            DoAsync = _ => call.Node.Runtime.ReadyAsync(call.Machine),
        });
    }

    /// <summary>Ends a VM as a task, unless there is a reason why it does not end.</summary>
    private static JsonNode? End(ApiCall call, string type, Func<RunningMachine, CancellationToken, Task<string?>> refusal)
    {
        MachineEndpoints.RequireRootForSkipLock(call);
        RunningMachine? running = null;
        return call.Task(new TaskWork(type, call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(call.VmId)],
            Do = _ =>
            {
                var machine = call.Node.Machines.RequireOnNode(call.VmId, call.NodeName);
                if (machine.Running && !call.Flag("skiplock"))
                {
                    MachineService.CheckLock(machine);
                }

                running = call.Node.Runtime.Find(machine.Id);
            },
            DoAsync = async log =>
            {
                if (running is not null && await refusal(running, log.Stop) is { } reason)
                {
                    throw ApiException.Failed(reason);
                }

                await call.Node.Runtime.StopAsync(call.Machine);
            },
        });
    }

    private static JsonNode? Reset(ApiCall call)
    {
        MachineEndpoints.RequireRootForSkipLock(call);
        var machine = call.Node.Machines.RequireOnNode(call.VmId, call.NodeName);
        if (!machine.Running)
        {
            throw ApiException.Failed($"VM {machine.Id} not running");
        }

        return call.Task(new TaskWork("qmreset", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            DoAsync = async log =>
            {
                await call.Node.Runtime.StopAsync(machine);
                lock (call.Node.Gate)
                {
                    call.Node.Runtime.Start(machine, call.Caller.AuthId, log);
                }

                await call.Node.Runtime.ReadyAsync(machine);
            },
        });
    }

    private static async Task<JsonNode?> SendKeyAsync(ApiCall call)
    {
        MachineEndpoints.RequireRootForSkipLock(call);
        RunningMachine? running;
        lock (call.Node.Gate)
        {
            var machine = call.Machine;
            running = call.Node.Runtime.Find(machine.Id) ?? throw ApiException.Failed($"VM {machine.Id} not running");
        }

        var key = call.Text("key");
        if (!Installation.IsKnownKey(key))
        {
            throw ApiException.Failed($"invalid parameter: {key}");
        }

        await running.TypeKeyAsync(key, call.Cancellation);
        return null;
    }
}
