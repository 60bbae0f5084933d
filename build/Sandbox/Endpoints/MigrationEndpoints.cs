using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>From one node of the cluster to another.</summary>
internal static class MigrationEndpoints
{
    private static readonly string[] OfRoot = ["force", "migration_type", "migration_network"];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/qemu/{vmid}/migrate", Permission.All("/vms/{vmid}", "VM.Migrate"), Answer.Object("local_disks", "local_resources", "running"))
        {
            Parameters = [P.Node, P.VmId, P.Text("target?", "pve-node")],
            Run = Preconditions,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/migrate", Permission.All("/vms/{vmid}", "VM.Migrate"), Answer.Upid)
        {
            Parameters =
            [
                P.Node, P.VmId, P.Whole("bwlimit?", 0), P.Flag("force?"), P.Text("migration_network?", "CIDR"), P.OneOf("migration_type?", "secure", "insecure"),
                P.Flag("online?"), P.Text("target", "pve-node"), P.Text("targetstorage?", "storage-pair-list"), P.Flag("with-conntrack-state?"), P.Flag("with-local-disks?"),
            ],
            Run = Migrate,
        },
    ];

    /// <summary>Fails unless the cluster has this node.</summary>
    public static void RequireNode(ApiCall call, string name)
    {
        if (!call.Node.NodeNames.Contains(name))
        {
            throw ApiException.Failed($"no such cluster node '{name}'");
        }
    }

    /// <summary>Whether another node sees everything that the VM has in its drives (its disks on another storage, where one is named).</summary>
    public static bool IsShared(ApiCall call, Machine machine, string? storage = null) =>
        machine.Drives.Where(d => d.Drive["file"] is not ("none" or "cdrom"))
            .Select(d => storage is null || Machine.IsCdrom(d.Drive) ? d.Drive["file"]!.Split(':')[0] : storage)
            .All(s => call.Storages.Require(s).Shared);

    private static JsonObject Preconditions(ApiCall call)
    {
        var machine = call.Machine;
        MachineService.CheckLock(machine);
        return new JsonObject
        {
            ["running"] = machine.Running ? 1 : 0,
            ["allowed_nodes"] = new JsonArray([.. call.Node.NodeNames.Where(n => n != machine.Node).Select(n => (JsonNode)n)]),
            ["not_allowed_nodes"] = new JsonObject(),
            ["local_disks"] = new JsonArray([.. Local(call, machine).Select(v => (JsonNode)new JsonObject { ["volid"] = v.Id, ["size"] = v.SizeBytes, ["cdrom"] = v.Content == "iso" ? 1 : 0, ["is_unused"] = 0 })]),
            ["local_resources"] = new JsonArray(),
            ["mapped-resources"] = new JsonArray(),
            ["mapped-resource-info"] = new JsonObject(),
            ["has-dbus-vmstate"] = 1,
        };
    }

    private static IEnumerable<Storage.Volume> Local(ApiCall call, Machine machine) =>
        machine.Drives.Select(d => call.Storages.Find(d.Drive["file"]!)).OfType<Storage.Volume>().Where(v => v.Node.Length > 0);

    private static JsonNode? Migrate(ApiCall call)
    {
        var target = call.Text("target");
        if (target == call.NodeName)
        {
            throw ApiException.Parameter("target", "target is local node.");
        }

        RequireNode(call, target);
        if (call.Caller.AuthId != AccessControl.Root && OfRoot.FirstOrDefault(call.Has) is { } name)
        {
            throw ApiException.Parameter(name, "Only root may use this option.");
        }

        var machine = call.Machine;
        MachineService.CheckLock(machine);
        if (machine.Running && !call.Flag("online"))
        {
            throw ApiException.Failed("can't migrate running VM without --online");
        }

        if (call.Has("targetstorage"))
        {
            throw ApiException.Failed("the sandbox keeps a VM's disks on storages of the same name when it migrates");
        }

        return call.Task(new TaskWork("qmigrate", call.Text("vmid"))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Begin = log =>
            {
                MachineService.CheckLock(machine);
                log.Write($"starting migration of VM {machine.Id} to node '{target}'");
                Check(call, machine);
                machine.Config["lock"] = "migrate";
            },
            Do = log =>
            {
                foreach (var volume in Local(call, machine))
                {
                    log.Write($"copying local disk '{volume.Id}'");
                    volume.Node = target;
                }

                machine.Node = target;
                machine.Config.Remove("lock");
                log.Write("migration finished successfully");
            },
            Undo = (_, reason) =>
            {
                if (machine.Lock == "migrate")
                {
                    machine.Config.Remove("lock");
                }

                return $"migration aborted: {reason}";
            },
        });
    }

    private static void Check(ApiCall call, Machine machine)
    {
        var local = Local(call, machine).ToList();
        if (local.FirstOrDefault(v => v.Content == "iso") is { } medium)
        {
            throw ApiException.Failed($"can't migrate local cdrom drive '{medium.Id}'");
        }

        if (machine.Running && local.Count > 0 && !call.Flag("with-local-disks"))
        {
            throw ApiException.Failed("can't live migrate attached local disks without with-local-disks option");
        }

        if (local.FirstOrDefault(v => v.Parent is not null || call.Storages.LinkedClones(v).Any()) is { } linked)
        {
            throw ApiException.Failed($"can't migrate '{linked.Id}' as it's a clone of or a base for another volume on a local storage");
        }
    }
}
