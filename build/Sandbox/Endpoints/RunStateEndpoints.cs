using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>What happens to a VM that runs and shall run on: reboot, suspend, resume.</summary>
internal static class RunStateEndpoints
{
    private static readonly Permission PowerMgmt = Permission.All("/vms/{vmid}", "VM.PowerMgmt");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("POST", "/nodes/{node}/qemu/{vmid}/status/reboot", PowerMgmt, Answer.Upid) { Parameters = [P.Node, P.VmId, P.Whole("timeout?", 0)], Run = Reboot },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/suspend", PowerMgmt, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.Flag("skiplock?"), P.Text("statestorage?", "pve-storage-id", requires: "todisk"), P.Flag("todisk?")],
            Run = Suspend,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/status/resume", PowerMgmt, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.Flag("nocheck?"), P.Flag("skiplock?")],
            Run = Resume,
        },
    ];

    private static RunningMachine RequireRunning(ApiCall call, Machine machine) =>
        call.Node.Runtime.Find(machine.Id) ?? throw ApiException.Failed($"VM {machine.Id} not running");

    private static JsonNode? Reboot(ApiCall call)
    {
        var machine = call.Machine;
        if (call.Node.Runtime.Find(machine.Id) is { Paused: true })
        {
            throw ApiException.Failed("VM is paused - cannot shutdown");
        }

        RequireRunning(call, machine);
        RunningMachine? running = null;
        return call.Task(new TaskWork("qmreboot", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Do = _ =>
            {
                MachineService.CheckLock(machine);
                running = call.Node.Runtime.Find(machine.Id);
            },
            DoAsync = async log =>
            {
                var timeout = call.Has("timeout") ? TimeSpan.FromSeconds(call.Int("timeout")) : (TimeSpan?)null;
                if (running is not null && await running.ShutDownAsync(AgentEndpoints.IsEnabled(machine), timeout, log.Stop) is { } reason)
                {
                    throw ApiException.Failed(reason);
                }

                await call.Node.Runtime.StopAsync(machine);
                lock (call.Node.Gate)
                {
                    call.Node.Runtime.Start(machine, call.Caller.AuthId, log);
                }

                await call.Node.Runtime.ReadyAsync(machine);
            },
        });
    }

    private static JsonNode? Suspend(ApiCall call)
    {
        var machine = call.Machine;
        MachineEndpoints.RequireRootForSkipLock(call);
        RequireRunning(call, machine);
        var toDisk = call.Flag("todisk");
        var storage = call.TextOrNull("statestorage") ?? machine.Config.GetValueOrDefault("vmstatestorage")
            ?? MachineDisks.Disks(call.Node, machine).Select(d => d.Volume.Storage).FirstOrDefault() ?? "local";
        if (toDisk)
        {
            call.Require($"/vms/{machine.Id}", "VM.Config.Disk");
            call.Require($"/storage/{storage}", "Datastore.AllocateSpace");
        }

        RunningMachine? running = null;
        return call.Task(new TaskWork(toDisk ? "qmsuspend" : "qmpause", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Do = _ =>
            {
                // A backup lets the VM be paused, and nothing else.
                if (!call.Flag("skiplock") && machine.Lock != "backup")
                {
                    MachineService.CheckLock(machine);
                }

                if (toDisk && machine.Lock == "backup")
                {
                    throw ApiException.Failed("cannot suspend to disk during backup");
                }

                running = RequireRunning(call, machine);
                if (toDisk && !running.CanKeepMemory)
                {
                    throw ApiException.Failed("the sandbox does not keep the memory of real machines: suspend without 'todisk'");
                }

                if (toDisk)
                {
                    machine.Config["vmstate"] = call.Storages.Allocate(storage, machine.Id, machine.MemoryBytes, name: $"vm-{machine.Id}-state-suspend-{DateTimeOffset.FromUnixTimeSeconds(call.Node.Now):yyyy-MM-dd}").Id;
                    machine.Config["lock"] = "suspended";
                }
            },
            DoAsync = log => toDisk ? call.Node.Runtime.StopAsync(machine) : running!.PauseAsync(true, log.Stop),
        });
    }

    private static JsonNode? Resume(ApiCall call)
    {
        var machine = call.Machine;
        MachineEndpoints.RequireRootForSkipLock(call);
        if (call.Flag("nocheck") && call.Caller.AuthId != Access.AccessControl.Root)
        {
            throw ApiException.Parameter("nocheck", "Only root may use this option.");
        }

        if (machine.Lock != "suspended")
        {
            RequireRunning(call, machine);
        }

        RunningMachine? paused = null;
        return call.Task(new TaskWork("qmresume", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Do = log =>
            {
                if (machine.Lock == "suspended")
                {
                    call.Node.Runtime.Start(machine, call.Caller.AuthId, log);
                }
                else if (RequireRunning(call, machine) is { RunState: not "running" } waiting)
                {
                    if (!call.Flag("skiplock") && !call.Flag("nocheck") && machine.Lock != "backup")
                    {
                        MachineService.CheckLock(machine);
                    }

                    paused = waiting;
                }
            },
            DoAsync = log => paused?.PauseAsync(false, log.Stop) ?? call.Node.Runtime.ReadyAsync(machine),
        });
    }
}
