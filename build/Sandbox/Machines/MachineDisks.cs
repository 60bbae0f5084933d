using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>Makes the drives of a configuration real: allocates new disks, looks at existing ones.</summary>
internal static class MachineDisks
{
    /// <summary>
    /// The drive's property string as it is stored. New volumes are added to <paramref name="made"/>, so that they can
    /// be freed again when a later step fails.
    /// </summary>
    public static string Realise(NodeServices node, Machine machine, string name, string value, string? defaultStorage, List<Volume> made)
    {
        var (vmid, storages) = (machine.Id, node.StoragesOf(machine));
        var drive = DriveFormats.ForDrive(name)!.Parse(value);
        var spec = DiskSpec.Parse(drive["file"]!, defaultStorage);
        switch (spec.Kind)
        {
            case DiskKind.None or DiskKind.HostDrive:
                drive["size"] = null;
                break;
            case DiskKind.CloudInit:
                var cloudInit = storages.Allocate(spec.Storage, vmid, spec.Bytes, $"vm-{vmid}-cloudinit");
                made.Add(cloudInit);
                drive["file"] = cloudInit.Id;
                drive["media"] = "cdrom";
                drive["format"] = null;
                break;
            case DiskKind.New:
                var disk = storages.Allocate(spec.Storage.Length == 0 ? throw ApiException.Failed("no storage ID specified (and no default storage)") : spec.Storage, vmid, SizeOf(name, spec.Bytes, drive));
                made.Add(disk);
                drive["file"] = disk.Id;
                drive["format"] = null;
                drive["import-from"] = null;
                drive["size"] = DiskSize.Print(disk.SizeBytes);
                break;
            default:
                var volume = storages.RequireVolume(drive["file"]!);
                if (volume.Content != "images" && !Machine.IsCdrom(drive))
                {
                    throw ApiException.Failed($"unable to use volume '{volume.Id}' as a disk - content type '{volume.Content}'");
                }


                // A medium's size, too, as servers since 7.1 do it: with that, Packer 1.6 cannot eject it itself.
                drive["size"] = Machine.IsCloudInit(drive) ? null : DiskSize.Print(volume.SizeBytes);
                break;
        }

        return drive.ToString();
    }

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

    // The images of the firmware's variables and of the TPM have their own sizes, whatever is asked for.
    private static long SizeOf(string name, long asked, PropertyString drive) => name switch
    {
        "efidisk0" => drive["efitype"] == "4m" ? 4L << 20 : 528L << 10,
        "tpmstate0" => 4L << 20,
        _ => asked,
    };
}
