using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>A VM's configuration.</summary>
internal static class ConfigEndpoints
{
    private static readonly Permission AnyConfig = Permission.AnyOf(
        "/vms/{vmid}",
        "VM.Config.Disk", "VM.Config.CDROM", "VM.Config.CPU", "VM.Config.Memory", "VM.Config.Network", "VM.Config.HWType", "VM.Config.Options", "VM.Config.Cloudinit");

    private static readonly Parameter Digest = P.Text("digest?", max: 40);
    private static readonly Parameter SkipLock = P.Flag("skiplock?");

    private static readonly Parameter[] Changes =
    [
        P.Node,
        P.VmId,
        P.Text("delete?", "pve-configid-list"),
        Digest,
        P.Flag("force?", requires: "delete"),
        P.Text("revert?", "pve-configid-list"),
        SkipLock,
        .. MachineParameters.All,
    ];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/qemu/{vmid}/config", Permission.All("/vms/{vmid}", "VM.Audit"), Answer.Object("digest"))
        {
            Parameters = [P.Node, P.VmId, P.Flag("current?"), P.Text("snapshot?", "pve-configid", max: 40)],
            Run = Get,
        },
        new("PUT", "/nodes/{node}/qemu/{vmid}/config", AnyConfig, Answer.Nothing)
        {
            Parameters = Changes,
            LocksConfig = true,
            Run = call =>
            {
                Update(call)(null);
                return null;
            },
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/config", AnyConfig, Answer.Upid)
        {
            Parameters = [.. Changes, P.Whole("background_delay?", 1, 30), P.Text("import-working-storage?", "pve-storage-id")],
            RunAsync = UpdateAsync,
        },
        new("PUT", "/nodes/{node}/qemu/{vmid}/resize", Permission.All("/vms/{vmid}", "VM.Config.Disk"), Answer.Upid)
        {
            Parameters = [P.Node, P.VmId, Digest, P.OneOf("disk", MachineParameters.DriveNames), P.Text("size", pattern: @"\+?\d+(\.\d+)?[KMGT]?"), SkipLock],
            Run = Resize,
        },
        new("PUT", "/nodes/{node}/qemu/{vmid}/unlink", Permission.All("/vms/{vmid}", "VM.Config.Disk"), Answer.Nothing)
        {
            Parameters = [P.Node, P.VmId, P.Flag("force?"), P.Text("idlist", "pve-configid-list")],
            LocksConfig = true,
            Run = Unlink,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/cloudinit", Permission.All("/vms/{vmid}", "VM.Audit"), Answer.List("key"))
        {
            Parameters = [P.Node, P.VmId],
            Run = call => new JsonArray([.. call.Machine.Config
                .Where(c => IsCloudInit(c.Key)).Select(c => (JsonNode)new JsonObject { ["key"] = c.Key, ["value"] = c.Value })]),
        },
        new("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit", Permission.All("/vms/{vmid}", "VM.Config.Cloudinit"), Answer.Nothing)
        {
            Parameters = [P.Node, P.VmId],
            LocksConfig = true,
            Run = call =>
            {
                MachineService.CheckLock(call.Machine);
                return null;
            },
        },
    ];

    private static bool IsCloudInit(string key) =>
        key is "cicustom" or "cipassword" or "citype" or "ciuser" or "ciupgrade" or "nameserver" or "searchdomain" or "sshkeys"
        || MachineParameters.IsNumbered(key, "ipconfig");

    private static JsonObject Get(ApiCall call)
    {
        var machine = call.Machine;
        if (call.TextOrNull("snapshot") is { } name)
        {
            return Print(SnapshotService.Require(machine, name).Config);
        }

        // Without "current" it is what the VM will have when it is started again.
        var config = machine.Config.ToDictionary(c => c.Key, c => c.Value);
        if (!call.Flag("current"))
        {
            foreach (var key in machine.PendingDelete.Keys)
            {
                config.Remove(key);
            }

            foreach (var (key, value) in machine.Pending)
            {
                config[key] = value;
            }
        }

        var answer = Print(config);
        answer["digest"] = machine.Digest;
        return answer;
    }

    /// <summary>A configuration in the types of the API.</summary>
    public static JsonObject Print(IEnumerable<KeyValuePair<string, string>> config) =>
        new(config.Select(c => KeyValuePair.Create<string, JsonNode?>(c.Key, Value(c.Key, c.Value))));

    /// <summary>One value in its type: a number where the schema has a whole one.</summary>
    public static JsonNode Value(string key, string value) => ParameterCheck.Find(MachineParameters.All, key)?.Type switch
    {
        ParameterType.Boolean or ParameterType.Integer => long.Parse(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    /// <summary>Checks what a change needs, in the order of the real server, and answers what does it.</summary>
    private static Action<TaskLog?> Update(ApiCall call) =>
        Update(call, MachineEndpoints.Config(call), Formats.Split(call.TextOrNull("delete")));

    private static Action<TaskLog?> Update(ApiCall call, Dictionary<string, string> config, string[] delete)
    {
        MachineEndpoints.RequireRootForSkipLock(call);
        ConfigChecks.RequireSshKeys(config);
        if (config.Count == 0 && delete.Length == 0 && call.TextOrNull("revert") is null or "")
        {
            throw ApiException.Failed("no options specified");
        }

        delete = [.. delete.Select(k => k == "cdrom" ? "ide2" : k)];
        CheckNames(call, config, delete);
        ConfigChecks.CheckDrives(call.Storages, config);
        ConfigChecks.CheckHookScript(call.Storages, config);
        ConfigPermissions.Check(call, call.VmId, null, delete);
        ConfigPermissions.Check(call, call.VmId, null, config.Keys);
        ConfigPermissions.CheckStorages(call, call.VmId, null, config);
        ConfigPermissions.CheckBridges(call, config);
        var machine = call.Machine;
        void CheckState()
        {
            MachineService.CheckDigest(machine, call.TextOrNull("digest"));
            if (!call.Flag("skiplock"))
            {
                MachineService.CheckLock(machine);
            }

            MachineService.CheckBalloon(machine, config);
        }

        CheckState();

        // Drives, devices and tags are looked at when the work is done: in the task, where there is one.
        return log =>
        {
            CheckState();
            CheckChanges(call, machine, config, delete);
            MachineService.Revert(machine, Formats.Split(call.TextOrNull("revert")));
            call.Node.Machines.Update(machine, config, delete, call.Flag("force"), log);
        };
    }

    // Who gives it some seconds is answered nothing when it is done by then, and the failure when it failed.
    private static async Task<JsonNode?> UpdateAsync(ApiCall call)
    {
        string upid;
        lock (call.Node.Gate)
        {
            upid = call.Task("qmconfig", call.Text("vmid"), Update(call), ConfigLock.Of(call.VmId));
        }

        if (!call.Has("background_delay"))
        {
            return upid;
        }

        var task = call.Node.Tasks.Require(upid);
        await call.Node.Tasks.WaitAsync(task, TimeSpan.FromSeconds(call.Int("background_delay")), call.Cancellation);
        return task.ExitStatus switch
        {
            null => upid,
            "OK" => null,
            var status when status.StartsWith("WARNINGS", StringComparison.Ordinal) => null,
            var status => throw ApiException.Failed($"failed to update VM {call.VmId}: {status}"),
        };
    }

    private static void CheckNames(ApiCall call, Dictionary<string, string> config, string[] delete)
    {
        var revert = Formats.Split(call.TextOrNull("revert"));
        foreach (var key in revert)
        {
            if (ParameterCheck.Find(MachineParameters.All, key) is null)
            {
                throw ApiException.Parameter("revert", $"unknown option '{key}'");
            }

            if (config.ContainsKey(key))
            {
                throw ApiException.Parameter("delete", $"you can't use '-{key}' and -revert {key}' at the same time");
            }
        }

        foreach (var key in delete)
        {
            if (config.ContainsKey(key))
            {
                throw ApiException.Parameter("delete", $"you can't use '-{key}' and -delete {key}' at the same time");
            }

            if (revert.Contains(key))
            {
                throw ApiException.Parameter("revert", $"you can't use '-delete {key}' and -revert {key}' at the same time");
            }

            if (ParameterCheck.Find(MachineParameters.All, key) is null)
            {
                throw ApiException.Parameter("delete", $"unknown option '{key}'");
            }
        }
    }

    private static void CheckChanges(ApiCall call, Machine machine, Dictionary<string, string> config, string[] delete)
    {
        foreach (var key in delete.Where(machine.Config.ContainsKey))
        {
            var before = machine.Config[key];
            if (DriveFormats.ForDrive(key) is not null || MachineParameters.IsNumbered(key, "unused"))
            {
                MachineService.CheckProtection(machine, MachineParameters.IsNumbered(key, "unused")
                    ? $"can't remove unused disk '{DriveFormats.Unused.Parse(before)["file"]}'" : $"can't remove drive '{key}'");
            }

            ConfigPermissions.CheckDrives(call, machine, key, null);
            ConfigPermissions.CheckDevice(call, machine.Id, null, key, before, "delete");
            if (MachineParameters.IsNumbered(key, "net"))
            {
                ConfigPermissions.CheckBridges(call, [KeyValuePair.Create(key, before)]);
            }

            if (key == "tags")
            {
                Tags.Check(call, machine.Id, before, "");
            }
        }

        foreach (var (key, value) in config.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            var before = machine.Config.GetValueOrDefault(key);
            ConfigChecks.RequireFitting(key, value);
            ConfigPermissions.CheckDrives(call, machine, key, value);
            if (before is not null)
            {
                ConfigPermissions.CheckDevice(call, machine.Id, null, key, before, "modify");
            }

            ConfigPermissions.CheckDevice(call, machine.Id, null, key, value, "modify");
            if (MachineParameters.IsNumbered(key, "net") && before is not null)
            {
                ConfigPermissions.CheckBridges(call, [KeyValuePair.Create(key, before)]);
            }

            if (key == "tags")
            {
                Tags.Check(call, machine.Id, before, value);
            }
        }
    }

    private static JsonNode? Resize(ApiCall call)
    {
        var machine = call.Machine;
        var (disk, size) = (call.Text("disk"), call.Text("size"));
        MachineEndpoints.RequireRootForSkipLock(call);
        return call.Task("resize", call.Text("vmid"), _ =>
        {
            MachineService.CheckDigest(machine, call.TextOrNull("digest"));
            if (!call.Flag("skiplock"))
            {
                MachineService.CheckLock(machine);
            }

            var text = machine.Config.GetValueOrDefault(disk) ?? throw ApiException.Failed($"disk '{disk}' does not exist");
            var drive = DriveFormats.ForDrive(disk)!.Parse(text);
            if (drive["file"] is "none" or "cdrom")
            {
                throw ApiException.Failed($"unable to parse volume ID '{drive["file"]}'");
            }

            if (Machine.IsCdrom(drive))
            {
                throw ApiException.Failed("you can't resize a cdrom");
            }

            var volume = call.Storages.RequireVolume(drive["file"]!);
            call.Require($"/storage/{volume.Storage}", "Datastore.AllocateSpace");
            var bytes = size[0] == '+' ? volume.SizeBytes + DiskSize.Parse(size[1..]) : DiskSize.Parse(size);
            if (bytes < volume.SizeBytes)
            {
                throw ApiException.Failed("shrinking disks is not supported");
            }

            volume.SizeBytes = bytes;
            if (call.Node.Runtime.Find(machine.Id) is { } running)
            {
                running.DiskResized(disk, bytes);
            }
            else
            {
                call.Storages.ResizeFile(volume);
            }

            drive["size"] = DiskSize.Print(bytes);
            machine.Config[disk] = drive.ToString();
        }, ConfigLock.Of(machine.Id));
    }

    // The old way to write "delete": whatever keys it names, as a change that names nothing else.
    private static JsonNode? Unlink(ApiCall call)
    {
        Update(call, [], Formats.Split(call.Text("idlist")))(null);
        return null;
    }
}
