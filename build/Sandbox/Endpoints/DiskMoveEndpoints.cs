using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>Moves a VM's disk to another storage, or into another format.</summary>
internal static class DiskMoveEndpoints
{
    private static readonly string[] Disks = [.. MachineParameters.DriveNames, .. Enumerable.Range(0, 256).Select(i => $"unused{i}")];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("POST", "/nodes/{node}/qemu/{vmid}/move_disk", Permission.All("/vms/{vmid}", "VM.Config.Disk"), Answer.Upid)
        {
            Parameters =
            [
                P.Node,
                P.VmId,
                P.Whole("bwlimit?", 0),
                P.Flag("delete?"),
                P.Text("digest?", max: 40),
                P.OneOf("disk", Disks),
                P.OneOf("format?", "raw", "qcow2", "vmdk"),
                P.Text("storage?", "pve-storage-id"),
                P.Text("target-digest?", max: 40),
                P.OneOf("target-disk?", Disks),
                P.Whole("target-vmid?", 100, 999999999, "pve-vmid"),
            ],
            Run = Move,
        },
    ];

    private static JsonNode? Move(ApiCall call)
    {
        var (toVm, toStorage) = (call.Has("target-vmid"), call.Has("storage"));
        if (toVm == toStorage)
        {
            var why = toVm ? "either set 'storage' or 'target-vmid', but not both" : "both 'storage' and 'target-vmid' missing, either needs to be set";
            throw ApiException.Parameters(new Dictionary<string, string> { ["storage"] = why, ["target-vmid"] = why });
        }

        if (toVm)
        {
            throw new ApiException(501, $"Method 'POST /nodes/{call.NodeName}/qemu/{call.VmId}/move_disk' not implemented: the sandbox gives no disk to another VM");
        }

        var (machine, storage) = (call.Machine, call.Text("storage"));
        call.Require($"/storage/{storage}", "Datastore.AllocateSpace");
        Check(call, machine, storage);
        return call.Task(
            "qmmove",
            call.Text("vmid"),
            log =>
            {
                var (drive, volume) = Check(call, machine, storage);
                Copy(call, machine, storage, drive, volume, log);
            },
            ConfigLock.Of(machine.Id));
    }

    /// <summary>Fails unless the disk can be moved there, in the order of the server's checks.</summary>
    private static (PropertyString Drive, Volume Volume) Check(ApiCall call, Machine machine, string storage)
    {
        var disk = call.Text("disk");
        MachineService.CheckLock(machine);
        if (call.TextOrNull("digest") is { } digest && digest != machine.Digest)
        {
            throw ApiException.Failed("detected modified configuration - file changed by other user? Try again.");
        }

        var text = machine.Config.GetValueOrDefault(disk) ?? throw ApiException.Failed($"disk '{disk}' does not exist");
        var drive = (DriveFormats.ForDrive(disk) ?? DriveFormats.Unused).Parse(text);
        if (Machine.IsCdrom(drive) && !Machine.IsCloudInit(drive))
        {
            throw ApiException.Failed("you can't move a cdrom");
        }

        var volume = call.Storages.RequireVolume(drive["file"]!);
        if (volume.Storage == storage && call.TextOrNull("format") is var format && (format is null || format == volume.Format))
        {
            throw ApiException.Failed("you can't move to the same storage with same format");
        }

        if (!call.Storages.Require(storage).Content.Contains("images"))
        {
            throw ApiException.Parameter("storage", $"storage '{storage}' does not support vm images");
        }

        if (call.Flag("delete") && machine.Snapshots.Values.Any(s => s.Config.GetValueOrDefault(disk)?.StartsWith(volume.Id, StringComparison.Ordinal) == true))
        {
            throw ApiException.Failed("you can't move a disk with snapshots and delete the source");
        }

        return call.Node.Runtime.Find(machine.Id) is { CanKeepMemory: false }
            ? throw new ApiException(501, $"Method 'POST /nodes/{call.NodeName}/qemu/{call.VmId}/move_disk' not implemented while QEMU runs: stop the VM before")
            : (drive, volume);
    }

    private static void Copy(ApiCall call, Machine machine, string storage, PropertyString drive, Volume volume, TaskLog log)
    {
        var (disk, storages) = (call.Text("disk"), call.Storages);
        log.Write($"copying volume '{volume.Id}' from current storage '{volume.Storage}' to target storage '{storage}'");
        var format = storages.Require(storage).HasFiles ? call.TextOrNull("format") ?? MachineDisks.FormatOf(storages, storage, volume) : "raw";
        var copy = Machine.IsCloudInit(drive)
            ? MachineDisks.AllocateCloudInit(storages, storage, machine.Id, format)
            : storages.Allocate(storage, machine.Id, volume.SizeBytes, format, purpose: volume.Purpose, copyOf: volume);
        copy.System = volume.System;
        if (machine.IsTemplate)
        {
            copy = storages.MakeBase(copy);
        }

        drive["file"] = copy.Id;
        machine.Config[disk] = drive.ToString();
        if (call.Flag("delete"))
        {
            log.Write($"removing source volume '{volume.Id}' after successful copy");
            storages.Free(volume);
            return;
        }

        var unused = Enumerable.Range(0, 256).Select(i => $"unused{i}").First(k => !machine.Config.ContainsKey(k));
        machine.Config[unused] = volume.Id;
        log.Write($"adding source volume '{volume.Id}' as '{unused}' to config");
    }
}
