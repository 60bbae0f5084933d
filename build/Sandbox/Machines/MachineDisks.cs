using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>Makes the drives of a configuration real: allocates new disks, looks at existing ones.</summary>
internal static class MachineDisks
{
    private const long CloudInitBytes = 4L << 20;

    /// <summary>
    /// Turns a drive's property string into the one that is stored. New volumes are added to <paramref name="made"/>, so
    /// that they can be freed again when a later step fails.
    /// </summary>
    public static void Realise(NodeServices node, Machine machine, string name, PropertyString drive, string? defaultStorage, List<Volume> made)
    {
        var storages = node.StoragesOf(machine);
        var spec = DiskSpec.Parse(drive["file"]!, defaultStorage);
        switch (spec.Kind)
        {
            case DiskKind.None or DiskKind.HostDrive:
                drive["size"] = null;
                break;
            case DiskKind.CloudInit:
                RequireNoOther(machine, name);
                var cloudInit = AllocateCloudInit(storages, spec.Storage, machine.Id, drive["format"]);
                made.Add(cloudInit);
                drive["file"] = cloudInit.Id;
                drive["media"] = "cdrom";
                drive["format"] = null;
                break;
            case DiskKind.New:
                var storage = spec.Storage.Length == 0 ? throw ApiException.Failed("no storage ID specified (and no default storage)") : spec.Storage;
                var source = drive["import-from"] is { } from ? storages.RequireVolume(from) : null;
                var disk = storages.Allocate(storage, machine.Id, source?.SizeBytes ?? SizeOf(name, spec.Bytes, drive), drive["format"] ?? FormatOf(storages, storage, source), purpose: PurposeOf(name, drive), copyOf: source);
                disk.System = source?.System;
                if (machine.IsTemplate)
                {
                    disk = storages.MakeBase(disk);
                }

                made.Add(disk);
                drive["file"] = disk.Id;
                drive["format"] = null;
                drive["import-from"] = null;
                drive["size"] = DiskSize.Print(disk.SizeBytes);
                break;
            case DiskKind.Existing when drive["file"]!.StartsWith('/'):
                throw ApiException.Failed($"volume {drive["file"]} does not exist");
            default:
                var volume = storages.RequireVolume(drive["file"]!);
                if (volume.Content is not ("images" or "iso"))
                {
                    throw ApiException.Failed($"cannot use volume {volume.Id} - content type needs to be 'images' or 'iso'");
                }

                var own = storages.Parse(volume.Id).Format;
                if (drive["format"] is { } format && format != own)
                {
                    throw ApiException.Failed($"drive '{name}' - volume '{volume.Id}' - 'format={format}' option different from storage format '{own}'");
                }

                if (Machine.IsCloudInit(drive))
                {
                    RequireNoOther(machine, name);
                }

                // A medium's size, too, as servers since 7.1 do it: with that, Packer 1.6 cannot eject it itself.
                drive["size"] = DiskSize.Print(volume.SizeBytes);
                break;
        }
    }

    /// <summary>A cloud-init drive: named after its VM, and on a directory a qcow2 file unless another format is asked for.</summary>
    public static Volume AllocateCloudInit(StorageService storages, string storage, int vmid, string? format)
    {
        var entry = storages.Require(storage.Length == 0 ? throw ApiException.Failed("no storage ID specified (and no default storage)") : storage);
        format ??= entry.HasFiles ? "qcow2" : "raw";
        return storages.Allocate(entry.Id, vmid, CloudInitBytes, format, entry.HasFiles ? $"vm-{vmid}-cloudinit.{format}" : $"vm-{vmid}-cloudinit", purpose: VolumePurpose.CloudInit);
    }

    /// <summary>The format of a copy: that of what is copied where the storage takes it.</summary>
    public static string FormatOf(StorageService storages, string storage, Volume? source) =>
        storages.Require(storage).HasFiles && source is not null && storages.Require(source.Storage).HasFiles ? source.Format : "raw";

    /// <summary>The disks that the firmware can boot, those first that it tries first.</summary>
    public static IReadOnlyList<(string Name, Volume Volume)> Disks(NodeServices node, Machine machine)
    {
        var order = machine.BootOrder();
        return
        [
            .. machine.Drives
                .Where(d => !Machine.IsCdrom(d.Drive) && d.Name is not ("efidisk0" or "tpmstate0"))
                .Select(d => (d.Name, Volume: node.StoragesOf(machine).Find(d.Drive["file"]!)))
                .Where(d => d.Volume is not null)
                .OrderBy(d => Rank(order, d.Name)).Select(d => (d.Name, d.Volume!)),
        ];
    }

    /// <summary>The media in the CD-ROM drives, those first that the firmware tries first.</summary>
    public static IReadOnlyList<Volume> Media(NodeServices node, Machine machine)
    {
        var order = machine.BootOrder();
        return
        [
            .. machine.Drives
                .Where(d => Machine.IsCdrom(d.Drive) && !Machine.IsCloudInit(d.Drive))
                .OrderBy(d => Rank(order, d.Name))
                .Select(d => node.StoragesOf(machine).Find(d.Drive["file"]!)).OfType<Volume>(),
        ];
    }

    private static int Rank(IReadOnlyList<string> order, string name)
    {
        var at = order.ToList().IndexOf(name);
        return at < 0 ? int.MaxValue : at;
    }

    private static void RequireNoOther(Machine machine, string name)
    {
        if (machine.Drives.FirstOrDefault(d => d.Name != name && Machine.IsCloudInit(d.Drive)) is { Name: { } other })
        {
            throw ApiException.Failed($"{name} - cloud-init drive is already attached at '{other}'");
        }
    }

    private static VolumePurpose PurposeOf(string name, PropertyString drive) => name switch
    {
        "efidisk0" => drive.Flag("pre-enrolled-keys") ? VolumePurpose.FirmwareKeys : VolumePurpose.Firmware,
        "tpmstate0" => VolumePurpose.TpmState,
        _ => VolumePurpose.Disk,
    };

    // The images of the firmware's variables and of the TPM have their own sizes, whatever is asked for: those of the
    // files in pve-edk2-firmware.
    private static long SizeOf(string name, long asked, PropertyString drive) => name switch
    {
        "efidisk0" => drive["efitype"] == "4m" ? 528L << 10 : 128L << 10,
        "tpmstate0" => 4L << 20,
        _ => asked,
    };
}
