using System.Text.Json.Nodes;

namespace Qemu.Arguments;

/// <summary>The controllers, disks and CD-ROM drives.</summary>
internal static class Drives
{
    public static readonly string[] Keys = ["scsihw", "ide*", "sata*", "scsi*", "virtio*"];

    public static void Write(Writer to)
    {
        WriteControllers(to);
        foreach (var kind in new[] { "ide", "sata", "scsi", "virtio" })
        {
            foreach (var (key, number, value) in to.All(kind))
            {
                Write(to, kind, key, number, PropertyList.Parse(value, "file"));
            }
        }
    }

    private static string ScsiHardware(Writer to) => to["scsihw"] ?? "lsi";

    private static void WriteControllers(Writer to)
    {
        if (to.All("sata").Any())
        {
            to.Add("-device", new OptionText("ahci").Add("id", "ahci0").Add("multifunction", "on").At("ahci0"));
        }

        var disks = to.All("scsi").ToList();
        var hardware = ScsiHardware(to);
        if (disks.Count == 0)
        {
            return;
        }

        if (hardware == "virtio-scsi-single")
        {
            to.Add("-device", "pci-bridge,id=pci.3,chassis_nr=" + (to.IsQ35 ? "4" : "3") + ",bus=pci.0,addr=0x5");
            foreach (var (key, number, value) in disks)
            {
                var threaded = PropertyList.Parse(value, "file").IsOn("iothread");
                if (threaded)
                {
                    to.Add("-object", new OptionText("iothread").Add("id", "iothread-" + key));
                }

                var name = $"virtioscsi{number}";
                to.Add("-device", new OptionText("virtio-scsi-pci").Add("id", name).At(name).Add("iothread", threaded ? "iothread-" + key : null));
            }

            return;
        }

        // The narrow controllers hold seven disks each.
        foreach (var controller in disks.Select(d => d.Number / PerController(hardware)).Distinct())
        {
            var name = $"scsihw{controller}";
            to.Add("-device", new OptionText(hardware is "virtio-scsi-pci" ? "virtio-scsi-pci" : hardware).Add("id", name).At(name));
        }
    }

    private static int PerController(string hardware) => hardware.StartsWith("lsi", StringComparison.Ordinal) || hardware == "pvscsi" ? 7 : 256;

    private static void Write(Writer to, string kind, string key, int number, PropertyList drive)
    {
        var cdrom = drive["media"] == "cdrom";
        var file = to.Machine.FileOf(drive["file"]!);
        if (file is null && !cdrom)
        {
            throw new QemuException($"'{key}' has no file");
        }

        if (file is not null)
        {
            to.Add("-blockdev", Node(key, file, cdrom || drive.IsOn("ro"), drive).ToJsonString());
        }

        if (kind == "virtio" && drive.IsOn("iothread"))
        {
            to.Add("-object", new OptionText("iothread").Add("id", "iothread-" + key));
        }

        var device = Device(to, kind, key, number, cdrom, drive).Add("drive", file is null ? null : "drive-" + key).Add("id", key).Add("bootindex", to.BootIndex(key));
        device.Add("serial", drive["serial"] is { } serial ? Uri.UnescapeDataString(serial) : null).Add("wwn", drive["wwn"]);
        if (!cdrom)
        {
            device.Add("write-cache", drive["cache"] is "writethrough" or "directsync" ? "off" : "on");
            if (kind != "virtio")
            {
                device.Add("rotation_rate", drive.IsOn("ssd") ? "1" : null).Add("model", kind != "scsi" && drive["model"] is { } model ? Uri.UnescapeDataString(model) : null);
            }
        }

        to.Add("-device", device);
    }

    // The page cache is used whatever the configuration says, and a flush waits for no disk: not every file system that
    // holds a sandbox knows O_DIRECT, and what a crash of this machine loses is built again.
    private static JsonObject Node(string key, DiskFile file, bool readOnly, PropertyList drive)
    {
        var node = new JsonObject
        {
            ["driver"] = file.Format,
            ["node-name"] = "drive-" + key,
            ["read-only"] = readOnly,
            ["file"] = new JsonObject
            {
                ["driver"] = "file", ["filename"] = file.Path, ["aio"] = "threads", ["cache"] = new JsonObject { ["direct"] = false, ["no-flush"] = true },
            },
        };
        if (!readOnly)
        {
            var discards = drive.IsOn("discard");
            node["discard"] = discards ? "unmap" : "ignore";
            node["detect-zeroes"] = discards ? "unmap" : "on";
            node["cache"] = new JsonObject { ["direct"] = false, ["no-flush"] = true };
        }

        return node;
    }

    private static OptionText Device(Writer to, string kind, string key, int number, bool cdrom, PropertyList drive)
    {
        var type = cdrom ? "cd" : "hd";
        switch (kind)
        {
            case "ide":
                // On q35 each channel of the chip has one place.
                var (bus, unit) = to.IsQ35 ? ((number / 2) + (2 * (number % 2)), 0) : (number / 2, number % 2);
                return new OptionText("ide-" + type).Add("bus", $"ide.{bus}").Add("unit", unit);
            case "sata":
                return new OptionText("ide-" + type).Add("bus", $"ahci0.{number}");
            case "virtio":
                return new OptionText("virtio-blk-pci").At(key).Add("iothread", drive.IsOn("iothread") ? "iothread-" + key : null);
            default:
                var hardware = ScsiHardware(to);
                var device = new OptionText("scsi-" + type).Add("bus", (hardware == "virtio-scsi-single" ? $"virtioscsi{number}" : $"scsihw{number / PerController(hardware)}") + ".0");
                return PerController(hardware) == 7 ? device.Add("scsi-id", number % 7) : device.Add("channel", 0).Add("scsi-id", 0).Add("lun", number);
        }
    }
}
