using System.Xml.Linq;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>Whether Setup finds, partitions and chooses the disk by itself.</summary>
internal static class DiskSetup
{
    internal static void Check(AnswerFile file, XElement setup, UnattendedContext context, FindingList findings)
    {
        CheckStorageDriver(file, setup, context, findings);
        CheckPartitions(setup, context, findings);
    }

    private static void CheckPartitions(XElement setup, UnattendedContext context, FindingList findings)
    {
        var image = At(setup, "ImageInstall/OSImage");
        if (image is not null && IsTrue(image, "InstallToAvailablePartition"))
        {
            return;
        }

        if (At(image, "InstallTo") is not { } target || Text(target, "PartitionID") is not { } partition || Text(target, "DiskID") is not { } diskId)
        {
            findings.Error("unattend-install-to", image is null ? Line(setup) : Line(image),
                "no ImageInstall/OSImage/InstallTo with DiskID and PartitionID: Setup stops at \"Where do you want to install Windows?\"");
            return;
        }

        var disk = Items(setup, "DiskConfiguration", "Disk").FirstOrDefault(d => Text(d, "DiskID") == diskId);
        if (disk is null)
        {
            findings.Error("unattend-disk", Line(target), $"InstallTo names disk {diskId}, but DiskConfiguration does not partition it: an empty disk has no partition {partition}");
            return;
        }

        var created = Items(disk, "CreatePartitions", "CreatePartition").ToList();
        if (diskId != "0")
        {
            findings.Error("unattend-disk", Line(target), $"the machine's system disk is disk 0, not {diskId}: Setup stops because it cannot find the disk");
        }

        if (!IsTrue(disk, "WillWipeDisk"))
        {
            findings.Warn("unattend-disk", Line(disk), "WillWipeDisk is not true: Setup fails on a disk that is not empty");
        }

        var types = created.ToDictionary(c => c, c => Text(c, "Type") ?? "");
        if (created.Find(c => Text(c, "Order") == partition) is not { } chosen)
        {
            findings.Error("unattend-partition", Line(target), $"InstallTo names partition {partition}, but DiskConfiguration creates {created.Count}: Setup stops with \"The partition selected for the installation does not exist\"");
        }
        else if (types[chosen] is not ("Primary" or "Logical"))
        {
            findings.Error("unattend-partition", Line(target), $"InstallTo names partition {partition}, which is of type {types[chosen]}: Windows is installed to a Primary one");
        }

        foreach (var partitionElement in created.Where(c => Text(c, "Size") is null && !IsTrue(c, "Extend")))
        {
            findings.Error("unattend-partition", Line(partitionElement), "a partition with neither Size nor Extend: Setup cannot create it");
        }

        var gpt = types.Values.Any(t => t is "EFI" or "MSR");
        if (context.Uefi == false && gpt)
        {
            findings.Error("unattend-firmware", Line(disk), "EFI and MSR partitions are for UEFI, and the machine starts with BIOS: Setup stops with \"Windows cannot be installed to this disk\"");
        }
        else if (context.Uefi == true && !types.ContainsValue("EFI"))
        {
            findings.Error("unattend-firmware", Line(disk), "there is no EFI partition, and the machine starts with UEFI: Setup stops with \"Windows cannot be installed to this disk\"");
        }
    }

    private static void CheckStorageDriver(AnswerFile file, XElement setup, UnattendedContext context, FindingList findings)
    {
        var driver = (context.DiskBus, context.ScsiController ?? "") switch
        {
            ("virtio", _) => "viostor",
            ("scsi", var controller) when controller.StartsWith("virtio", StringComparison.Ordinal) => "vioscsi",
            ("scsi", "lsi" or "lsi53c810") => "",
            _ => null,
        };
        if (driver is null)
        {
            return;
        }

        if (driver.Length == 0)
        {
            findings.Error("unattend-storage-driver", Line(setup), "Windows has no driver for the controller lsi: Setup sees no disk; use virtio-scsi-single or sata");
            return;
        }

        var paths = DriverPaths(file);
        var folder = VirtioFolder(context);
        var usable = paths.Where(p => Finds(p, driver, folder)).ToList();
        if (context.VirtioMedium == false)
        {
            findings.Error("unattend-storage-driver", Line(setup), $"the disk needs the driver {driver}, and no medium with the VirtIO drivers is attached: Setup sees no disk");
        }
        else if (usable.Count == 0)
        {
            findings.Error("unattend-storage-driver", Line(setup),
                $"the disk needs the driver {driver}, and no path of Microsoft-Windows-PnpCustomizationsWinPE leads to it (such as E:\\{driver}\\{folder}\\amd64): Setup stops at \"Where do you want to install Windows?\" with an empty list");
        }
        else if (context.VirtioDrive is { } letter && !usable.Exists(p => char.ToUpperInvariant(p[0]) == char.ToUpperInvariant(letter)))
        {
            findings.Error("unattend-storage-driver", Line(setup),
                $"the medium with the VirtIO drivers is drive {letter}:, but the paths to {driver} name {string.Join(", ", usable)}: Setup sees no disk");
        }
    }

    /// <summary>The folders in which Setup looks for drivers.</summary>
    internal static List<string> DriverPaths(AnswerFile file) =>
        [.. file.Components("windowsPE", "Microsoft-Windows-PnpCustomizationsWinPE")
            .SelectMany(c => Items(c, "DriverPaths", "PathAndCredentials"))
            .Select(p => Text(p, "Path") ?? "").Where(p => p.Length > 2 && p[1] == ':')];

    /// <summary>Whether Setup, which looks into a folder and everything below, finds a driver of the VirtIO medium there.</summary>
    internal static bool Finds(string path, string driver, string folder)
    {
        string[] wanted = [driver, folder, "amd64"];
        var words = path[2..].Split(['\\', '/'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length <= wanted.Length && words.Zip(wanted).All(p => p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase))
            || (words.Length <= 2 && words.Zip(["amd64", folder]).All(p => p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>The folder of the VirtIO medium for the version of Windows.</summary>
    internal static string VirtioFolder(UnattendedContext context) => context.Major is >= 2012 and < 2100 ? $"2k{context.Major % 100}" : "2k22";
}
