using System.Globalization;
using System.Xml.Linq;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// Whether Setup partitions and chooses the disk by itself. Source: Microsoft's reference, the pages of DiskConfiguration,
/// CreatePartition (Size, Extend), ModifyPartition and InstallTo.
/// </summary>
internal static class DiskSetup
{
    internal static void Check(XElement setup, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        foreach (var disk in Items(setup, "DiskConfiguration", "Disk"))
        {
            var created = Items(disk, "CreatePartitions", "CreatePartition").ToList();
            CheckSizes(created, context, findings);
            CheckFormats(disk, created, findings);
        }

        CheckTarget(setup, commands, context, findings);
    }

    private static void CheckTarget(XElement setup, WindowsCommands commands, UnattendedContext context, FindingList findings)
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

        if (diskId != "0")
        {
            findings.Error("unattend-disk", Line(target), $"the machine's system disk is disk 0, not {diskId}: Setup stops because it cannot find the disk");
        }

        if (Items(setup, "DiskConfiguration", "Disk").FirstOrDefault(d => Text(d, "DiskID") == diskId) is not { } disk)
        {
            // A command of Windows PE can partition it as well.
            findings.Judge(!commands.Partitions, "unattend-disk", Line(target), $"InstallTo names disk {diskId}, but DiskConfiguration does not partition it: an empty disk has no partition {partition}");
            return;
        }

        if (!IsTrue(disk, "WillWipeDisk"))
        {
            findings.Warn("unattend-disk", Line(disk), "WillWipeDisk is not true: Setup fails on a disk that is not empty");
        }

        var created = Items(disk, "CreatePartitions", "CreatePartition").ToList();
        CheckInstallTo(target, partition, disk, created, findings);
        CheckFirmware(disk, created, context, findings);
    }

    private static void CheckInstallTo(XElement target, string partition, XElement disk, List<XElement> created, FindingList findings)
    {
        var line = Line(At(target, "PartitionID")!);
        if (Created(created, partition) is not { } chosen)
        {
            findings.Error("unattend-partition", line, $"InstallTo names partition {partition}, but DiskConfiguration creates {created.Count}: Setup stops with \"The partition selected for the installation does not exist\"");
        }
        else if (Text(chosen, "Type") is not ("Primary" or "Logical") and var type)
        {
            findings.Error("unattend-partition", line, $"InstallTo names partition {partition}, which is of type {type}: Windows is installed to a Primary one");
        }
        else if (Modified(disk, partition) is { } format && Text(format, "Format") is { } name && !name.Equals("NTFS", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error("unattend-partition", Line(At(format, "Format")!), $"InstallTo names partition {partition}, which is formatted with {name}: Windows is installed to NTFS only");
        }
        else if (Size(chosen) is { } size && size < 20_000 && !IsTrue(chosen, "Extend") && !Extends(disk, partition))
        {
            // Microsoft's least is 32 GB for Server and 20 GB for the clients; what fits depends on the edition.
            findings.Judge(size < 10_000, "unattend-partition", Line(At(chosen, "Size")!), $"the partition for Windows has {size} MB: the installation needs 20 GB and ends with an error where they do not do");
        }
    }

    private static void CheckSizes(List<XElement> created, UnattendedContext context, FindingList findings)
    {
        XElement? filled = null;
        foreach (var partition in created.OrderBy(p => int.TryParse(Text(p, "Order"), out var order) ? order : int.MaxValue))
        {
            var extends = IsTrue(partition, "Extend");
            if (filled is not null && Text(partition, "Type") != "Logical")
            {
                findings.Error("unattend-extend", Line(partition), $"the partition {Text(filled, "Order")} takes all the space that is left (Extend), so that partition {Text(partition, "Order")} cannot be created: Setup stops with \"Windows could not create a partition on disk\"");
            }

            if (extends && At(partition, "Size") is { } size)
            {
                findings.Error("unattend-extend", Line(size), "a partition with both Size and Extend: Setup creates none, logs an error and ends");
            }
            else if (!extends && At(partition, "Size") is null)
            {
                findings.Error("unattend-partition", Line(partition), "a partition with neither Size nor Extend: Setup cannot create it");
            }

            if (At(partition, "Type") is null)
            {
                findings.Error("unattend-partition", Line(partition), "a partition without a Type: Setup cannot create it");
            }

            filled = extends ? partition : filled;
        }

        var total = created.Where(c => Text(c, "Type") != "Logical").Sum(c => Size(c) ?? 0);
        if (context.DiskBytes is { } bytes && total > bytes >> 20)
        {
            findings.Error("unattend-partition", Line(created[0]), $"the partitions have {total} MB together, and the disk has {bytes >> 20}: Setup stops with \"Windows could not create a partition on disk\"");
        }
    }

    private static void CheckFormats(XElement disk, List<XElement> created, FindingList findings)
    {
        var letters = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var modified in Items(disk, "ModifyPartitions", "ModifyPartition"))
        {
            if (Text(modified, "Letter") is { Length: 1 } letter && !letters.Add(letter))
            {
                findings.Error("unattend-partition", Line(At(modified, "Letter")!), $"two partitions have the letter {letter}: Setup cannot process the answer file");
            }

            if (Text(modified, "PartitionID") is not { } id)
            {
                findings.Error("unattend-partition", Line(modified), "a ModifyPartition without a PartitionID: Setup does not know which partition it is about, and stops");
            }
            else if (Created(created, id) is not { } partition)
            {
                findings.Judge(IsTrue(disk, "WillWipeDisk"), "unattend-partition", Line(At(modified, "PartitionID")!), $"ModifyPartition is about partition {id}, but DiskConfiguration creates {created.Count}: Setup stops because it cannot find it");
            }
            else if (Text(partition, "Type") == "EFI" && Text(modified, "Format") is { } format && !format.StartsWith("FAT", StringComparison.OrdinalIgnoreCase))
            {
                findings.Error("unattend-partition", Line(At(modified, "Format")!), $"the EFI partition is formatted with {format} instead of FAT32: the firmware cannot read it, and Setup stops");
            }
        }
    }

    private static void CheckFirmware(XElement disk, List<XElement> created, UnattendedContext context, FindingList findings)
    {
        var types = created.Select(c => Text(c, "Type")).ToList();
        if (context.Uefi == false && types.Exists(t => t is "EFI" or "MSR"))
        {
            findings.Error("unattend-firmware", Line(disk), "EFI and MSR partitions are for UEFI, and the machine starts with BIOS: Setup stops with \"Windows cannot be installed to this disk\"");
        }
        else if (context.Uefi == true && !types.Contains("EFI"))
        {
            findings.Error("unattend-firmware", Line(disk), "there is no EFI partition, and the machine starts with UEFI: Setup stops with \"Windows cannot be installed to this disk\"");
        }
    }

    // Partitions are numbered as they are created.
    private static XElement? Created(List<XElement> created, string id) =>
        created.Find(c => Text(c, "Order") == id)
        ?? (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= created.Count && !created.Exists(c => Text(c, "Order") is null)
            ? created.OrderBy(c => int.TryParse(Text(c, "Order"), out var order) ? order : int.MaxValue).ElementAt(number - 1)
            : null);

    private static XElement? Modified(XElement disk, string id) => Items(disk, "ModifyPartitions", "ModifyPartition").FirstOrDefault(m => Text(m, "PartitionID") == id);

    private static bool Extends(XElement disk, string id) => Modified(disk, id) is { } modified && IsTrue(modified, "Extend");

    private static long? Size(XElement partition) => long.TryParse(Text(partition, "Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
}
