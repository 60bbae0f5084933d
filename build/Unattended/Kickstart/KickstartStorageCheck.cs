using System.Globalization;
using System.Text.RegularExpressions;

namespace Unattended.Kickstart;

/// <summary>
/// What Anaconda's storage module finds wrong with partitioning that is written out (pyanaconda's
/// modules/storage/partitioning/custom/custom_partitioning.py and modules/storage/checker).
/// </summary>
internal static partial class KickstartStorageCheck
{
    // modules/storage/checker/utils.py, verify_root; custom partitioning gives a partition without a size 500 MiB (blivet's default).
    private const int SmallestRoot = 250;
    private const int DefaultSize = 500;

    internal static void Check(KickstartFile file, UnattendedContext context, KickstartRelease release, FindingList findings)
    {
        Disks(file, context, findings);
        Volumes(file, findings);
        var custom = file.Commands.Where(c => c.Name is "part" or "partition" or "logvol" or "raid" or "btrfs" or "mount" && c.Arguments.Count > 0).ToList();
        if (custom.Count > 0 && file.Command("autopart") is null)
        {
            Root(file, custom, findings);
            BootPartitions(file, custom, context, release, findings);
            Space(custom, context, findings);
        }

        if (!file.Includes && file.Command("clearpart") is null && file.Command("zerombr") is null)
        {
            findings.Warn("kickstart-empty-disk", 0, "neither zerombr nor clearpart: Anaconda asks before it initializes a disk with anything on it");
        }
    }

    private static string MountPoint(KickstartCommand command) => command.Name == "mount" ? command.Arguments[^1] : command.Arguments[0];

    private static void Root(KickstartFile file, List<KickstartCommand> custom, FindingList findings)
    {
        if (custom.Find(c => MountPoint(c) == "/") is not { } root)
        {
            findings.Judge(!file.Includes, "kickstart-no-root", custom[0].Line, "no part, logvol, raid or mount for /: You have not defined a root partition (/), which is required for installation to continue");
            return;
        }

        if (root.Name is not ("part" or "partition") || root.Has("--onpart") || root.Has("--usepart") || root.Has("--grow"))
        {
            return;
        }

        if (!root.Has("--size") && !root.Has("--recommended") && !root.Has("--hibernation"))
        {
            findings.Error("kickstart-partition", root.Line, $"part /: Partition requires a size specification: without --size or --grow it has {DefaultSize} MiB, and the packages do not fit");
        }
        else if (Size(root) is > 0 and < SmallestRoot and var size)
        {
            findings.Error("kickstart-partition", root.Line, $"part /: --size is in MiB: Your root partition of {size} MiB is less than {SmallestRoot} MiB, and the packages do not fit");
        }
    }

    private static void BootPartitions(KickstartFile file, List<KickstartCommand> custom, UnattendedContext context, KickstartRelease release, FindingList findings)
    {
        if (file.Command("reqpart") is not null || file.Includes || custom.Exists(c => c.Name == "mount"))
        {
            return;
        }

        if (context.Uefi == true && !custom.Exists(c => MountPoint(c) == "/boot/efi"))
        {
            findings.Error("kickstart-boot-partition", custom[0].Line, "no part /boot/efi: For a UEFI installation, you must include an EFI System Partition on a GPT-formatted disk, mounted at /boot/efi (reqpart makes one)");
        }

        // A disk gets GPT where it is asked for, and by default from RHEL 10 on (Anaconda's default disk label).
        var gpt = file.Command("clearpart")?.Value("--disklabel") == "gpt";
        if (context.Uefi == false && (gpt || (release.IsRhelFrom(10) && file.Command("clearpart")?.Value("--disklabel") is null))
            && !custom.Exists(c => MountPoint(c) == "biosboot" || c.Value("--fstype") == "biosboot"))
        {
            findings.Judge(gpt, "kickstart-boot-partition", custom[0].Line, "no part biosboot: Your BIOS-based system needs a special partition to boot from a GPT disk label (part biosboot --fstype=biosboot --size=1, or reqpart)");
        }
    }

    private static void Space(List<KickstartCommand> custom, UnattendedContext context, FindingList findings)
    {
        var partitions = custom.Where(c => c.Name is "part" or "partition" && !c.Has("--onpart") && !c.Has("--usepart") && c.Value("--fstype") != "tmpfs").ToList();
        var needed = partitions.Sum(p => Size(p) ?? 0);
        var disks = partitions.Select(p => p.Value("--ondisk") ?? p.Value("--ondrive") ?? "").Distinct().Count();
        if (context.DiskBytes is { } bytes && disks <= 1 && needed > bytes >> 20)
        {
            var largest = partitions.MaxBy(p => Size(p) ?? 0)!;
            findings.Error("kickstart-space", largest.Line, $"the partitions need {needed} MiB, and the disk has {bytes >> 20} MiB: Anaconda stops with \"Unable to allocate requested partition scheme\" (--size is in MiB)");
        }
    }

    /// <summary>Volume groups, their parts and their volumes: each has to be made by a command of the file.</summary>
    private static void Volumes(KickstartFile file, FindingList findings)
    {
        if (file.Includes)
        {
            return;
        }

        var partitions = file.Commands.Where(c => c.Name is "part" or "partition" or "raid" or "btrfs" && c.Arguments.Count > 0).ToList();
        foreach (var twice in partitions.Where(p => Member().IsMatch(p.Arguments[0]) && p.Name != "btrfs").GroupBy(p => p.Arguments[0]).Where(g => g.Count() > 1))
        {
            findings.Error("kickstart-partition", twice.Last().Line, $"\"{twice.Key}\" is defined multiple times (line {twice.First().Line} too): Anaconda stops");
        }

        var members = partitions.Select(p => p.Arguments[0]).ToHashSet();
        foreach (var group in file.Commands.Where(c => c.Name is "volgroup" or "raid"))
        {
            foreach (var missing in group.Arguments.Skip(1).Where(a => Member().IsMatch(a) && !members.Contains(a)))
            {
                findings.Error("kickstart-volume-group", group.Line, $"Tried to use undefined partition \"{missing}\" in {group.Name} {group.Arguments[0]}: no part makes it");
            }
        }

        var groups = file.Commands.Where(c => c.Name == "volgroup" && c.Arguments.Count > 0).Select(c => c.Arguments[0]).ToHashSet();
        var pools = file.Commands.Where(c => c.Name == "logvol" && c.Has("--thinpool")).ToList();
        foreach (var volume in file.Commands.Where(c => c.Name == "logvol"))
        {
            var group = volume.Value("--vgname");
            if (group is not null && !groups.Contains(group) && !volume.Has("--useexisting") && !volume.Has("--noformat"))
            {
                findings.Error("kickstart-volume-group", volume.Line, $"No volume group exists with the name \"{group}\". Specify volume groups before logical volumes.");
            }

            if (volume.Value("--poolname") is { } pool && !pools.Exists(p => p.Value("--name") == pool && p.Line < volume.Line))
            {
                findings.Error("kickstart-volume-group", volume.Line, $"No thin pool exists with the name \"{pool}\". Specify thin pools before thin volumes.");
            }
        }

        foreach (var twice in file.Commands.Where(c => c.Name == "logvol" && c.Value("--name") is not null).GroupBy(c => (c.Value("--vgname"), c.Value("--name"))).Where(g => g.Count() > 1))
        {
            findings.Error("kickstart-volume-group", twice.Last().Line, $"Logical volume name \"{twice.Key.Item2}\" is already in use in volume group \"{twice.Key.Item1}\" (line {twice.First().Line})");
        }
    }

    /// <summary>The names of disks have to be those that the bus gives: sda on scsi, sata and ide, vda on virtio.</summary>
    private static void Disks(KickstartFile file, UnattendedContext context, FindingList findings)
    {
        if (context.DiskBus is not { } bus)
        {
            return;
        }

        var expected = bus == "virtio" ? "vd" : "sd";
        foreach (var command in file.Commands)
        {
            string[] options = command.Name switch
            {
                "part" or "partition" => ["--ondisk", "--ondrive", "--onpart", "--usepart"],
                "clearpart" => ["--drives", "--list"],
                "ignoredisk" => ["--drives", "--only-use"],
                "bootloader" => ["--boot-drive"],
                _ => [],
            };
            foreach (var spec in options.SelectMany(command.List))
            {
                var names = spec.Split('|').Select(n => n.StartsWith("/dev/", StringComparison.Ordinal) ? n[5..] : n).ToList();
                if (names.TrueForAll(n => Disk().Match(n) is { Success: true } m && m.Groups["bus"].Value != expected))
                {
                    findings.Error("kickstart-disk", command.Line, $"Disk \"{spec}\" given in {command.Name} command does not exist: the first disk is on the bus {bus} and has the name {expected}a");
                }
            }
        }
    }

    private static long? Size(KickstartCommand command) =>
        long.TryParse(command.Value("--size"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var size) ? size : null;

    [GeneratedRegex(@"^(pv|raid)\.\S+$", RegexOptions.None, 1000)]
    private static partial Regex Member();

    [GeneratedRegex(@"^(?<bus>sd|vd|hd|xvd|nvme|mmcblk)([a-z]\d*|\d+(n\d+)?(p\d+)?)$", RegexOptions.None, 1000)]
    private static partial Regex Disk();
}
