using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>VMs as a whole: list, create, clone, convert, destroy.</summary>
internal static class MachineEndpoints
{
    private static readonly Parameter Pool = P.Text("pool?", "pve-poolid");

    // What only a restore or the creation itself uses; it is no part of the configuration.
    private static readonly Parameter[] CreateOnly =
    [
        P.Text("archive?", max: 255),
        P.Whole("bwlimit?", 0),
        P.Flag("force?", requires: "archive"),
        P.Flag("ha-managed?"),
        P.Text("import-working-storage?", "pve-storage-id"),
        P.Flag("live-restore?"),
        Pool,
        P.Flag("start?"),
        P.Text("storage?", "pve-storage-id"),
        P.Flag("unique?", requires: "archive"),
    ];

    private static readonly Permission ClonePermission = Permission.Both(
        Permission.All("/vms/{vmid}", "VM.Clone"),
        Permission.Either(
            Permission.All("/vms/{newid}", "VM.Allocate"),
            Permission.All("/pool/{pool}", "VM.Allocate") with { RequireParameter = "pool" }));

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/qemu", Permission.AnyUser, Answer.List("status", "vmid"))
        {
            Parameters = [P.Node, P.Flag("full?")],
            Run = call => new JsonArray([.. call.State.Machines.Values
                .Where(m => m.Node == call.NodeName)
                .Where(m => call.May($"/vms/{m.Id}", "VM.Audit"))
                .Select(m => (JsonNode)PowerEndpoints.Describe(call.Node, m))]),
        },
        new("POST", "/nodes/{node}/qemu", Permission.AnyUser, Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, .. CreateOnly, .. MachineParameters.All],
            Run = Create,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}", Permission.AnyUser, Answer.List("subdir"))
        {
            Parameters = [P.Node, P.VmId],
            Run = _ => new JsonArray([.. new[] { "agent", "clone", "cloudinit", "config", "resize", "sendkey", "status", "template", "unlink" }.Select(n => (JsonNode)new JsonObject { ["subdir"] = n })]),
        },
        new("DELETE", "/nodes/{node}/qemu/{vmid}", Permission.All("/vms/{vmid}", "VM.Allocate"), Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.Flag("destroy-unreferenced-disks?"), P.Flag("purge?"), P.Flag("skiplock?")],
            Run = Destroy,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/clone", ClonePermission, Answer.Upid)
        {
            Parameters =
            [
                P.Node,
                P.VmId,
                P.Whole("bwlimit?", 0),
                P.Text("description?"),
                P.OneOf("format?", "raw", "qcow2", "vmdk"),
                P.Flag("full?"),
                P.Text("name?", "dns-name"),
                P.Whole("newid", 100, 999999999, "pve-vmid"),
                Pool,
                P.Text("snapname?", "pve-configid", max: 40),
                P.Text("storage?", "pve-storage-id"),
                P.Text("target?", "pve-node"),
            ],
            Run = Clone,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/template", Permission.All("/vms/{vmid}", "VM.Allocate"), Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, P.OneOf("disk?", MachineParameters.DriveNames)],
            Run = Template,
        },
    ];

    /// <summary>The parameters that are configuration.</summary>
    public static Dictionary<string, string> Config(ApiCall call)
    {
        var config = call.Parameters.Where(p => ParameterCheck.Find(MachineParameters.All, p.Key) is not null).ToDictionary(p => p.Key, p => p.Value);
        if (config.Remove("cdrom", out var medium))
        {
            config["ide2"] = medium.Contains("media=", StringComparison.Ordinal) ? medium : medium + ",media=cdrom";
        }

        return config;
    }

    private static string Id(int vmid) => vmid.ToString(CultureInfo.InvariantCulture);

    private static void RequirePool(ApiCall call, string? pool)
    {
        if (pool is not null && !call.State.Pools.ContainsKey(pool))
        {
            throw ApiException.Forbidden($"pool '{pool}' does not exist");
        }
    }

    private static JsonNode? Create(ApiCall call)
    {
        var (vmid, pool, storage) = (call.VmId, call.TextOrNull("pool"), call.TextOrNull("storage"));
        var config = Config(call);
        ConfigChecks.RequireSshKeys(config);
        RequirePool(call, pool);
        if (storage is not null)
        {
            call.Require($"/storage/{storage}", "Datastore.AllocateSpace");
        }

        if (call.Flag("ha-managed"))
        {
            call.Require("/", "Sys.Console");
        }

        if (call.Flag("start") && !call.Node.Version.Before9 && (pool is null || !call.May($"/pool/{pool}", "VM.PowerMgmt")))
        {
            call.Require($"/vms/{vmid}", "VM.PowerMgmt");
        }

        if (!call.May($"/vms/{vmid}", "VM.Allocate") && (pool is null || !call.May($"/pool/{pool}", "VM.Allocate")))
        {
            throw ApiException.Forbidden();
        }

        if (call.Has("archive"))
        {
            throw config.Keys.Where(k => DriveFormats.ForDrive(k) is not null).Order(StringComparer.Ordinal).FirstOrDefault() is { } drive
                ? ApiException.Parameter(drive, "option conflicts with option 'archive'")
                : ApiException.Failed("the sandbox node cannot restore backups");
        }

        ConfigPermissions.CheckStorages(call, vmid, storage, config);
        ConfigPermissions.Check(call, vmid, pool, config.Keys);
        foreach (var (key, value) in config.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            ConfigPermissions.CheckDevice(call, vmid, pool, key, value, "set");
        }

        ConfigPermissions.CheckBridges(call, config);
        ConfigChecks.CheckDrives(call.Storages, config);
        TakeForAnother(call, vmid);
        var machine = call.Node.Machines.Reserve(vmid, call.NodeName);
        return call.Task(new TaskWork("qmcreate", Id(vmid))
        {
            Locks = [ConfigLock.Brief(vmid)],
            Do = log =>
            {
                call.Node.Machines.Create(machine, config, pool, storage, () => CheckTags(call, vmid, config), log);
                if (call.Flag("start"))
                {
                    log.Write("Execute autostart");
                    call.Task(new TaskWork("qmstart", Id(vmid))
                    {
                        Locks = [ConfigLock.Of(vmid)],
                        Do = starting => call.Node.Runtime.Start(machine, call.Caller.AuthId, starting),
                        DoAsync = _ => call.Node.Runtime.ReadyAsync(machine),
                    });
                }
            },
            Undo = (_, reason) =>
            {
                call.Node.Machines.Forget(machine);
                return $"unable to create VM {vmid} - {reason}";
            },
        });
    }

    // At this moment the VM is in no pool yet, and its own path is asked alone.
    private static void CheckTags(ApiCall call, int vmid, Dictionary<string, string> config)
    {
        if (config.GetValueOrDefault("tags") is { } tags && !call.Node.Version.TakesTagsUnseen)
        {
            Tags.Check(call, vmid, null, tags);
        }
    }

    /// <summary>The fault <c>taken</c>: somebody else is a moment quicker.</summary>
    private static void TakeForAnother(ApiCall call, int vmid)
    {
        if (call.Node.Faults.IsTakenNow(vmid))
        {
            var theirs = call.Node.Machines.Reserve(vmid, call.NodeName);
            call.Task("qmcreate", Id(vmid), log => call.Node.Machines.Create(theirs, new Dictionary<string, string> { ["name"] = "somebody-elses" }, null, null, () => { }, log), ConfigLock.Brief(vmid));
        }
    }

    private static JsonNode? Destroy(ApiCall call)
    {
        var machine = call.Machine;
        RequireRootForSkipLock(call);
        CheckDestroyable(machine);
        return call.Task(
            "qmdestroy",
            Id(machine.Id),
            log =>
            {
                CheckDestroyable(machine);
                if (!call.Flag("skiplock"))
                {
                    MachineService.CheckLock(machine);
                }

                call.Node.Machines.Destroy(machine, call.Flag("destroy-unreferenced-disks"), log);
            },
            ConfigLock.Of(machine.Id));
    }

    // Asked when the call comes and again when its work begins: meanwhile the VM may have been started.
    private static void CheckDestroyable(Machine machine)
    {
        if (machine.Config.GetValueOrDefault("protection") == "1")
        {
            throw ApiException.Failed($"can't remove VM {machine.Id} - protection mode enabled");
        }

        if (machine.Running)
        {
            throw ApiException.Failed($"VM {machine.Id} is running - destroy failed");
        }
    }

    /// <summary>Only root may go past a lock.</summary>
    public static void RequireRootForSkipLock(ApiCall call)
    {
        if (call.Flag("skiplock") && call.Caller.AuthId != Access.AccessControl.Root)
        {
            throw ApiException.Parameter("skiplock", "Only root may use this option.");
        }
    }

    private static JsonNode? Clone(ApiCall call)
    {
        var source = call.Node.Machines.RequireOnNode(call.VmId, call.NodeName);
        var (newId, pool, storage) = (call.Int("newid"), call.TextOrNull("pool"), call.TextOrNull("storage"));
        RequirePool(call, pool);
        var target = call.TextOrNull("target") is { } named && named != call.NodeName && named != "localhost" ? named : null;
        if (target is not null)
        {
            MigrationEndpoints.RequireNode(call, target);
        }

        if (storage is not null && !call.Storages.Require(storage).Content.Contains("images"))
        {
            throw ApiException.Parameter("storage", $"storage '{storage}' does not support vm images");
        }

        if (target is not null && storage is not null && !call.Storages.Require(storage).Shared)
        {
            throw ApiException.Failed($"can't clone to non-shared storage '{storage}'");
        }

        MachineService.CheckLock(source);
        var snapshot = call.TextOrNull("snapname") is { } snapname ? SnapshotService.Require(source, snapname) : null;
        var old = snapshot is null ? source : SnapshotService.As(source, snapshot);
        var full = call.Flag("full", !source.IsTemplate);
        if (!full && (call.Has("storage") ? "storage" : call.Has("format") ? "format" : null) is { } name)
        {
            throw ApiException.Failed($"parameter '{name}' not allowed for linked clones");
        }

        foreach (var (_, drive) in old.Drives)
        {
            if (!Machine.IsCdrom(drive))
            {
                call.Require($"/storage/{storage ?? drive["file"]!.Split(':')[0]}", "Datastore.AllocateSpace");
            }
            else if (drive["file"] == "cdrom")
            {
                call.Require("/", "Sys.Console");
            }
        }

        if (old.Config.TryGetValue("vmstatestorage", out var state))
        {
            call.Require($"/storage/{state}", "Datastore.AllocateSpace");
        }

        ConfigPermissions.CheckMappings(call, old.Config);
        ConfigPermissions.CheckBridges(call, old.Config);
        if (target is not null && !MigrationEndpoints.IsShared(call, old, storage))
        {
            throw ApiException.Failed($"can't clone VM to node '{target}' (VM uses local storage)");
        }

        if (call.State.Machines.ContainsKey(newId))
        {
            throw ApiException.Failed($"unable to create VM {newId}: config file already exists");
        }

        if (!full && call.Node.Machines.FirstUncloneable(old) is var (key, volume))
        {
            throw ApiException.Failed($"Linked clone feature is not supported for '{volume}' ({key})");
        }

        Machine? clone = null;
        return call.Task(new TaskWork("qmclone", Id(source.Id))
        {
            Locks = [ConfigLock.Brief(source.Id, shared: !source.Running), ConfigLock.Brief(newId)],
            Begin = log =>
            {
                log.Write($"creating a clone of VM {source.Id} with ID {newId}");
                MachineService.CheckLock(source);
                clone = call.Node.Machines.Reserve(newId, call.NodeName, "clone");
            },
            Do = log =>
            {
                call.Node.Machines.Clone(old, snapshot?.Systems, clone!, call.TextOrNull("name"), call.TextOrNull("description"), full, storage, call.TextOrNull("format"), pool, log);
                clone!.Node = target ?? clone.Node;
            },
            Undo = (_, reason) =>
            {
                if (clone is null)
                {
                    return reason;
                }

                call.Node.Machines.Forget(clone);
                return $"clone failed: {reason}";
            },
        });
    }

    private static JsonNode? Template(ApiCall call)
    {
        var machine = call.Machine;
        var disk = call.TextOrNull("disk");
        CheckConvertible(machine, disk);
        return call.Task(new TaskWork("qmtemplate", Id(machine.Id))
        {
            Locks = [ConfigLock.Of(machine.Id)],
            Begin = _ =>
            {
                CheckConvertible(machine, disk);
                machine.Config["template"] = "1";
            },
            Do = log => call.Node.Machines.MakeTemplate(machine, disk, log),
        });
    }

    private static void CheckConvertible(Machine machine, string? disk)
    {
        MachineService.CheckLock(machine);
        if (machine.IsTemplate && disk is null)
        {
            throw ApiException.Failed("you can't convert a template to a template");
        }

        if (machine.Running)
        {
            throw ApiException.Failed("you can't convert a VM to template if VM is running");
        }
    }
}
