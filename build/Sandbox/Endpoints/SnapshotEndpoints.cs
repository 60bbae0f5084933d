using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>A VM's snapshots: configuration and simulated system come back by a rollback.</summary>
internal static class SnapshotEndpoints
{
    private const string Path = "/nodes/{node}/qemu/{vmid}/snapshot";
    private const string One = Path + "/{snapname}";

    private static readonly Parameter Name = P.Text("snapname", "pve-configid", max: 40);
    private static readonly Permission Audit = Permission.All("/vms/{vmid}", "VM.Audit");
    private static readonly Permission Take = Permission.All("/vms/{vmid}", "VM.Snapshot");
    private static readonly Permission Roll = Permission.AnyOf("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback");
    private static readonly Permission Look = Permission.AnyOf("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", Path, Audit, Answer.List("name")) { Parameters = [P.Node, P.VmId], Run = List },
        new("POST", Path, Take, Answer.Upid) { Parameters = [P.Node, P.VmId, P.Text("description?"), Name, P.Flag("vmstate?")], Run = Create },
        new("GET", One, Permission.AnyUser, Answer.List("cmd"))
        {
            Parameters = [P.Node, P.VmId, Name],
            Run = _ => new JsonArray(new JsonObject { ["cmd"] = "rollback" }, new JsonObject { ["cmd"] = "config" }),
        },
        new("DELETE", One, Take, Answer.Upid) { Parameters = [P.Node, P.VmId, P.Flag("force?"), Name], Run = Delete },
        new("GET", One + "/config", Look, Answer.Object()) { Parameters = [P.Node, P.VmId, Name], Run = Config },
        new("PUT", One + "/config", Take, Answer.Nothing) { Parameters = [P.Node, P.VmId, P.Text("description?"), Name], LocksConfig = true, Run = Describe },
        new("POST", One + "/rollback", Roll, Answer.Upid) { Parameters = [P.Node, P.VmId, Name, P.Flag("start?")], Run = RollBack },
    ];

    private static JsonArray List(ApiCall call)
    {
        var machine = call.Machine;
        var list = new JsonArray();
        foreach (var (name, snapshot) in machine.Snapshots)
        {
            var entry = new JsonObject
            {
                ["name"] = name, ["snaptime"] = snapshot.Time, ["vmstate"] = snapshot.WithMemory ? 1 : 0, ["description"] = snapshot.Description ?? "",
            };
            if (snapshot.Parent is { } before)
            {
                entry["parent"] = before;
            }

            list.Add((JsonNode)entry);
        }

        var current = new JsonObject { ["name"] = "current", ["digest"] = machine.Digest, ["running"] = machine.Running ? 1 : 0, ["description"] = "You are here!" };
        if (machine.SnapshotParent is { } parent)
        {
            current["parent"] = parent;
        }

        list.Add((JsonNode)current);
        return list;
    }

    private static JsonNode? Create(ApiCall call)
    {
        var (machine, name) = (call.Machine, call.Text("snapname"));
        if (name == "current" || name.Equals("pending", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.Failed($"unable to use snapshot name '{name.ToLowerInvariant()}' (reserved name)");
        }

        return call.Task(new TaskWork("qmsnapshot", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Begin = _ => call.Node.Snapshots.Prepare(machine, name),
            Do = _ => call.Node.Snapshots.Take(machine, name, call.TextOrNull("description"), call.Flag("vmstate")),
            Undo = (_, reason) =>
            {
                if (machine.Lock == "snapshot")
                {
                    machine.Config.Remove("lock");
                }

                return reason;
            },
        });
    }

    private static JsonNode? Delete(ApiCall call)
    {
        var (machine, name) = (call.Machine, call.Text("snapname"));
        return call.Task(
            "qmdelsnapshot",
            call.Text("vmid"),
            _ =>
            {
                SnapshotService.Require(machine, name);
                MachineService.CheckLock(machine);
                SnapshotService.Delete(machine, name);
            },
            ConfigLock.Of(machine.Id));
    }

    private static JsonObject Config(ApiCall call)
    {
        var snapshot = SnapshotService.Require(call.Machine, call.Text("snapname"));
        var answer = ConfigEndpoints.Print(snapshot.Config);
        answer["snaptime"] = snapshot.Time;
        foreach (var (key, value) in new[] { ("description", snapshot.Description), ("parent", snapshot.Parent) })
        {
            if (value is not null)
            {
                answer[key] = value;
            }
        }

        return answer;
    }

    private static JsonNode? Describe(ApiCall call)
    {
        // Without one nothing is looked at, not even whether there is the VM.
        if (!call.Has("description"))
        {
            return null;
        }

        MachineService.CheckLock(call.Machine);
        var snapshot = SnapshotService.Require(call.Machine, call.Text("snapname"));
        snapshot.Description = call.Text("description");
        return null;
    }

    private static JsonNode? RollBack(ApiCall call)
    {
        var (machine, name) = (call.Machine, call.Text("snapname"));
        if (call.Flag("start"))
        {
            call.Require($"/vms/{machine.Id}", "VM.PowerMgmt");
        }

        return call.Task(new TaskWork("qmrollback", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Do = _ =>
            {
                if (machine.IsTemplate)
                {
                    throw ApiException.Failed("you can't rollback if vm is a template");
                }

                SnapshotService.Require(machine, name);
                MachineService.CheckLock(machine);
            },
            DoAsync = async log =>
            {
                await call.Node.Runtime.StopAsync(machine);
                lock (call.Node.Gate)
                {
                    call.Node.Snapshots.RollBack(machine, name);
                    if (call.Flag("start") || machine.Snapshots[name].WithMemory)
                    {
                        call.Node.Runtime.Start(machine, call.Caller.AuthId, log);
                    }
                }

                await call.Node.Runtime.ReadyAsync(machine);
            },
        });
    }
}
