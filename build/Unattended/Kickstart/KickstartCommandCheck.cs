using System.Text.RegularExpressions;

namespace Unattended.Kickstart;

/// <summary>
/// What pykickstart and the commands of Anaconda's modules check of a command after its options were taken apart: how
/// many arguments, which options exclude or need each other, which commands exclude each other (their <c>parse</c>
/// methods and <c>conflictingCommands</c>; Anaconda's modules/network/kickstart.py and modules/storage/kickstart.py).
/// </summary>
internal static partial class KickstartCommandCheck
{
    private static readonly string[] Storage = ["part", "partition", "raid", "volgroup", "logvol"];

    /// <summary>The commands that cannot be used together with another.</summary>
    private static readonly Dictionary<string, string[]> Conflicts = new()
    {
        ["autopart"] = [.. Storage, "reqpart", "mount"],
        ["mount"] = [.. Storage, "reqpart"],
        ["ostreesetup"] = ["ostreecontainer", "bootc"],
        ["ostreecontainer"] = ["bootc"],
    };

    internal static void Check(KickstartFile file, KickstartRelease release, FindingList findings)
    {
        foreach (var command in file.Commands)
        {
            Arguments(command, findings);
            if (Refusal(command, release) is { } refusal)
            {
                findings.Error("kickstart-option", command.Line, $"{command.Name}: {refusal} (Anaconda refuses the whole file)");
            }
        }

        foreach (var (name, others) in Conflicts)
        {
            if (file.Command(name) is { } command && file.Command(others) is { } other)
            {
                var (first, second) = command.Line < other.Line ? (command, other) : (other, command);
                findings.Error("kickstart-partitioning", second.Line, $"The {second.Name} and {first.Name} (line {first.Line}) commands can't be used at the same time (Anaconda refuses the whole file)");
            }
        }
    }

    private static void Arguments(KickstartCommand command, FindingList findings)
    {
        var count = command.Arguments.Count;
        var refusal = KickstartSyntax.Find(command.Name)!.Arguments switch
        {
            "1" when count != 1 && command.Name == "sshkey" => count == 0
                ? "A single argument is expected for the sshkey command: the key is missing"
                : "A single argument is expected for the sshkey command: put the key between quotation marks",
            "1" when count == 0 => command.Name is "part" or "partition" or "logvol"
                ? $"{command.Name}: Mount point required as its only argument"
                : $"{command.Name}: an argument is required",
            "1" when count > 1 => $"{command.Name}: unrecognized arguments: {string.Join(' ', command.Arguments.Skip(1))}",
            "2" when count != 2 => $"{command.Name}: two arguments are required, a device and a mount point",
            "1+" when count == 0 => $"{command.Name}: an argument is required",
            _ => null,
        };
        if (refusal is not null)
        {
            findings.Error(command.Name == "sshkey" ? "kickstart-sshkey" : "kickstart-option", command.Line, $"{refusal} (Anaconda refuses the whole file)");
        }
    }

    /// <summary>Why a command's <c>parse</c> refuses it, or null.</summary>
    private static string? Refusal(KickstartCommand command, KickstartRelease release) => command.Name switch
    {
        "url" => ExactlyOne(command, true, "--url", "--mirrorlist", "--metalink"),
        "repo" => ExactlyOne(command, false, "--baseurl", "--mirrorlist", "--metalink"),
        "timesource" => ExactlyOne(command, true, "--ntp-server", "--ntp-pool", "--ntp-disable"),
        "keyboard" => command.Arguments.Count > 1 ? "A single argument is expected for the keyboard command"
            : command.Arguments.Count == 0 && !command.Has("--vckeymap") && !command.Has("--xlayouts")
                ? "One of --vckeymap, --xlayouts options with value(s) or argument is expected for the keyboard command" : null,
        "timezone" => command.Arguments.Count > 1 ? "One or zero arguments are expected for the timezone command"
            : command.Arguments.Count == 0 && command.Options.Count == 0 ? "At least one option and/or an argument are expected for the timezone command"
            : command.Has("--nontp") && command.Has("--ntpservers") ? "Options --nontp and --ntpservers are mutually exclusive" : null,
        "harddrive" => command.Has("--partition") != command.Has("--biospart") ? null : "One of biospart or partition options must be specified.",
        "ignoredisk" => command.Has("--drives") != command.Has("--only-use") ? null
            : "One of --drives or --only-use must be specified for ignoredisk command.",
        "rootpw" => command.Arguments.All(a => a.Length == 0) && !command.Has("--lock") ? "A single argument is expected for the rootpw command" : null,
        "sshpw" => command.Arguments.Count == 0 ? "A single argument is expected for the sshpw command" : null,
        "eula" => command.Options.Count == 0 ? "Kickstart command eula expects the --agreed option" : null,
        "services" => !command.List("--enabled").Any() && !command.List("--disabled").Any() ? "One of --disabled or --enabled must be provided." : null,
        "autopart" => Autopart(command, release),
        "bootloader" => Bootloader(command),
        "part" or "partition" => Partition(command),
        "logvol" => LogicalVolume(command),
        "volgroup" => VolumeGroup(command),
        "raid" => Raid(command),
        "btrfs" => release.IsRhelFrom(8) ? "Btrfs file system is not supported" : null,
        "mount" => command.Arguments.Count == 2 && command.Arguments[1] != "none" && command.Arguments[1][0] != '/'
            ? $"Invalid mount point '{command.Arguments[1]}' given"
            : command.Has("--mkfsoptions") && !command.Has("--reformat") ? "'--mkfsoptions' requires --reformat" : null,
        "network" => Network(command),
        "logging" => command.Has("--port") && !command.Has("--host") ? "Can't specify --port without --host." : null,
        "cmdline" => command.Has("--non-interactive") ? "Kickstart command cmdline does not support --non-interactive parameter" : null,
        "driverdisk" => DriverDisk(command),
        "updates" => command.Arguments.Count == 0 && release.IsRhelFrom(9) ? "the following arguments are required: [URL]" : null,
        "rescue" => command.Has("--nomount") && command.Has("--romount") ? "Only one of --nomount and --romount may be specified for rescue command." : null,
        "syspurpose" => command.Arguments.Count > 0 ? "The syspurpose command does not take positional arguments!" : null,
        "ostreesetup" => command.Value("--url") is { } url && !OsTreeAddress().IsMatch(url) ? "ostree repos must use file, HTTP or HTTPS protocol." : null,
        "nvdimm" => NonVolatileMemory(command),
        "realm" => Realm(command),
        "snapshot" => command.Arguments.Count == 1 && command.Arguments[0].Split('/') is { Length: 2 } origin && origin[0].Length > 0 && origin[1].Length > 0 ? null
            : "Snapshot origin must be specified by VG/LV!",
        _ => null,
    };

    private static string? ExactlyOne(KickstartCommand command, bool required, params string[] options)
    {
        var used = options.Where(o => !string.IsNullOrEmpty(command.Value(o)) || (o == "--ntp-disable" && command.Has(o))).ToList();
        return used.Count > 1 ? $"Only one of {string.Join(", ", options)} options may be specified for {command.Name} command."
            : used.Count == 0 && required ? $"One of {string.Join(", ", options)} options must be specified for {command.Name} command." : null;
    }

    private static string? DriverDisk(KickstartCommand command)
    {
        var ways = command.Arguments.Count + (command.Has("--source") ? 1 : 0) + (command.Has("--biospart") ? 1 : 0);
        return ways == 0 ? "One of --source, --biospart, or partition must be specified for driverdisk command."
            : ways == 1 ? null
            : command.Arguments.Count > 1 ? "Only one partition may be specified for driverdisk command."
            : "Only one of --source, --biospart and partition may be specified for driverdisk command.";
    }

    private static string? NonVolatileMemory(KickstartCommand command)
    {
        var action = command.Arguments.Count > 0 ? command.Arguments[0] : "";
        return action is not ("use" or "reconfigure" or "") ? $"argument action: invalid choice: '{action}' (choose from 'reconfigure', 'use')"
            : action == "use" && command.Has("--namespace") == command.Has("--blockdevs") ? "Action use requires --namespace or --blockdevs argument to be set"
            : action == "reconfigure" && !command.Has("--namespace") ? "Action reconfigure requires --namespace argument to be set"
            : action == "reconfigure" && !command.Has("--mode") ? "Action reconfigure requires --mode argument to be set"
            : action == "reconfigure" && !command.Has("--sectorsize") ? "Action reconfigure with mode sector requires --sectorsize argument to be set"
            : null;
    }

    // It takes its options apart by itself (commands/realm.py).
    private static string? Realm(KickstartCommand command)
    {
        if (command.Arguments.Count == 0)
        {
            return "Missing realm command arguments";
        }

        if (command.Arguments[0] != "join")
        {
            return $"Unsupported realm '{command.Arguments[0]}' command";
        }

        var options = command.Arguments.Skip(1).Where(a => a.StartsWith('-')).ToList();
        string[] known = ["--client-software", "--server-software", "--membership-software", "--one-time-password", "--no-password", "--computer-ou"];
        return options.Find(o => !known.Contains(o.Split('=')[0])) is { } unknown ? $"Invalid realm arguments: option {unknown.Split('=')[0]} not recognized"
            : command.Arguments.Count - options.Count != 2 && options.TrueForAll(o => o == "--no-password" || o.Contains('=', StringComparison.Ordinal)) ? "Specify only one realm to join"
            : null;
    }

    private static string? Autopart(KickstartCommand command, KickstartRelease release)
    {
        var btrfs = string.Equals(command.Value("--type"), "btrfs", StringComparison.OrdinalIgnoreCase);
        return command.Value("--fstype") == "btrfs" ? "autopart --fstype=btrfs is not valid fstype, use --type=btrfs instead"
            : btrfs && release.IsRhelFrom(8) ? "autopart --type=btrfs is not supported"
            : btrfs && command.Has("--fstype") ? "autopart --fstype cannot be used with --type=btrfs"
            : command.Has("--hibernation") && command.Has("--noswap") ? "Only one of --noswap and --hibernation can be specified."
            : Derivation(command);
    }

    private static string? Derivation(KickstartCommand command) =>
        command.Has("--pbkdf-time") && command.Has("--pbkdf-iterations") ? "Only one of --pbkdf-time and --pbkdf-iterations can be specified." : null;

    private static string? Bootloader(KickstartCommand command) =>
        command.Value("--boot-drive")?.Contains(',', StringComparison.Ordinal) ?? false ? "--boot-drive accepts only one argument"
            : command.Value("--location") == "partition" ? "GRUB2 does not support installation to a partition."
            : command.Has("--iscrypted") && command.Value("--password") is { } password && !password.StartsWith("grub.pbkdf2.", StringComparison.Ordinal)
                ? "GRUB2 encrypted password must be in grub.pbkdf2 format."
            : command.Has("--sdboot") && command.Has("--extlinux") ? "Only one of --sdboot and --extlinux may be specified for bootloader command." : null;

    private static string? Partition(KickstartCommand command) =>
        command.Has("--resize") && !command.Has("--onpart") && !command.Has("--usepart") ? "--resize can only be used in conjunction with --onpart"
            : command.Has("--resize") && !command.Has("--size") ? "--resize requires --size to specify new size"
            : command.Value("--fstype") == "tmpfs" && (command.Has("--grow") || command.Has("--maxsize")) ? "The --fstype=tmpfs option can't be used together with --grow or --maxsize"
            : command.Has("--noformat") && !command.Has("--onpart") && !command.Has("--usepart") ? "part --noformat must also use the --onpart option."
            : command.Has("--mkfsoptions") && command.Has("--fsprofile") ? "--mkfsoptions and --fsprofile cannot be used together."
            : Derivation(command);

    private static string? LogicalVolume(KickstartCommand command)
    {
        var existing = command.Has("--useexisting") || command.Has("--noformat");
        return command.Has("--thin") && command.Has("--thinpool") ? "--thin and --thinpool cannot both be specified for the same logvol"
            : command.Has("--thin") && !command.Has("--poolname") ? "--thin requires --poolname to specify pool name"
            : (command.Has("--chunksize") || command.Has("--metadatasize")) && !command.Has("--thinpool") ? "--chunksize and --metadatasize are for thin pools only"
            : !existing && command.Value("--percent") is null or "0" && !command.Has("--size") && !command.Has("--recommended") && !command.Has("--hibernation")
                ? "No size given for logical volume. Use one of --useexisting, --noformat, --size, --percent, or --hibernation."
            : command.Value("--percent") is { } percent && int.TryParse(percent, out var share) && share is < 0 or > 100 ? "Percentage must be between 0 and 100."
            : command.Has("--cachesize") && !command.Has("--cachepvs") ? "Cache needs to have a list of (fast) PVs specified"
            : command.Has("--cachepvs") && !command.Has("--cachesize") ? "Cache needs to have size specified"
            : command.Has("--mkfsoptions") && command.Has("--fsprofile") ? "--mkfsoptions and --fsprofile cannot be used together."
            : command.Has("--size") && command.Has("--percent") ? "--size and --percent cannot both be specified for the same logvol"
            : command.Has("--resize") && !command.Has("--useexisting") ? "--resize can only be used in conjunction with --useexisting"
            : Derivation(command);
    }

    private static string? VolumeGroup(KickstartCommand command)
    {
        var existing = command.Has("--useexisting") || command.Has("--noformat");
        return command.Arguments.Count == 0 ? "volgroup must be given a VG name"
            : command.Arguments.Count == 1 && !existing ? "volgroup must be given a list of partitions"
            : command.Arguments.Count > 1 && existing ? "Members may not be specified for preexisting volgroup"
            : command.Value("--reserved-percent") is { } percent && int.TryParse(percent, out var share) && share is < 1 or > 99 ? "Volume group reserved space percentage must be between 1 and 99."
            : null;
    }

    private static string? Raid(KickstartCommand command)
    {
        var existing = command.Has("--useexisting") || command.Has("--noformat");
        return existing ? command.Arguments.Count > 1 ? "Members may not be specified for preexisting RAID device" : null
            : command.Has("--mkfsoptions") && command.Has("--fsprofile") ? "--mkfsoptions and --fsprofile cannot be used together."
            : command.Arguments.Count < 2 ? "Partitions required for raid"
            : command.Has("--level") ? null : "RAID Partition defined without RAID level";
    }

    private static string? Network(KickstartCommand command) =>
        command.Value("--hostname") is { Length: > 0 } name && !HostName().IsMatch(name)
            ? $"Hostname '{name}' given in network kickstart command is invalid"
            : command.Has("--bridgeopts") && !command.Has("--bridgeslaves") ? "Option --bridgeopts requires --bridgeslaves to be specified"
            : command.List("--bridgeopts").FirstOrDefault(o => o.Count(c => c == '=') != 1) is not null ? "Bad format of --bridgeopts, expecting key=value options separated by ','"
            : command.Has("--bindto") && command.Has("--vlanid") ? "--bindto=mac is not supported for this type of device"
            : !command.Has("--device") && Array.Find(OfOneDevice, command.Has) is { } option ? $"Option {option} requires --device to be specified"
            : null;

    private static readonly string[] OfOneDevice = ["--ipv4-dns-search", "--ipv6-dns-search", "--ipv4-ignore-auto-dns", "--ipv6-ignore-auto-dns"];

    [GeneratedRegex(@"^(file:|https?:)", RegexOptions.None, 1000)]
    private static partial Regex OsTreeAddress();

    // pyanaconda/network.py, is_valid_hostname: labels of letters, digits and hyphens, none at a label's ends, 64 characters.
    [GeneratedRegex(@"^(?=.{1,64}$)([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$", RegexOptions.None, 1000)]
    private static partial Regex HostName();
}
