using System.Text.RegularExpressions;

namespace Unattended.Autoinstall;

/// <summary>
/// Where subiquity stops because of <c>storage</c>: the guided layouts, and curtin's list of actions (subiquity's
/// server/controllers/storage.py and models/storage.py; curtin's block/schemas.py).
/// </summary>
internal static partial class AutoinstallStorageCheck
{
    private static readonly string[] Layouts = ["lvm", "direct", "zfs", "hybrid", "dd"];

    /// <summary>The actions and the keys that refer to another action's id, and those that have to be there.</summary>
    private static readonly Dictionary<string, (string[] References, string[] Required)> Actions = new()
    {
        ["disk"] = ([], []),
        ["partition"] = (["device"], ["device", "size"]),
        ["format"] = (["volume"], ["volume", "fstype"]),
        ["mount"] = (["device"], ["path"]),
        ["lvm_volgroup"] = (["devices"], ["devices", "name"]),
        ["lvm_partition"] = (["volgroup"], ["volgroup", "name"]),
        ["dm_crypt"] = (["volume"], ["volume"]),
        ["raid"] = (["devices", "spare_devices", "container"], ["name", "raidlevel"]),
        ["bcache"] = (["backing_device", "cache_device"], []),
        ["zpool"] = (["vdevs"], ["pool", "vdevs"]),
        ["zfs"] = (["pool"], ["pool", "volume"]),
        ["dasd"] = ([], []),
        ["nvme_controller"] = ([], []),
        ["device"] = ([], []),
        ["image"] = ([], []),
    };

    internal static void Check(MappingNode autoinstall, UbuntuMedium medium, UnattendedContext context, FindingList findings)
    {
        if (autoinstall.Mapping("storage") is not { } storage)
        {
            return;
        }

        if (storage["layout"] is { } layout)
        {
            Layout(layout, medium, context, findings);
        }
        else if (storage["config"] is SequenceNode { Items.Count: > 0 } config)
        {
            Config(config, context, findings);
        }
        else if (storage["config"] is { } wrong)
        {
            Stop(wrong, "storage.config is no list of actions", findings);
        }
        else
        {
            // Only without the section (server/controllers/storage.py, ai_data is None) the default is taken.
            Stop(storage, "storage has neither layout nor config: autoinstall config did not mount root", findings);
        }
    }

    private static void Layout(Node layout, UbuntuMedium medium, UnattendedContext context, FindingList findings)
    {
        if (layout is not MappingNode mapping || mapping["name"] is not ScalarNode name)
        {
            Stop(layout, "storage.layout has no name (lvm, direct or zfs)", findings);
            return;
        }

        if (!Layouts.Contains(name.Text))
        {
            var stops = medium.IsBefore(UbuntuMedium.AnyLayout);
            findings.Judge(stops, "autoinstall-storage", name.Line,
                $"storage.layout.name: there is no layout '{name.Text}' (lvm, direct, zfs): {(stops ? "the installer stops with an error" : "since 24.04 the installer silently takes direct")}", name.Column);
        }

        if (mapping["mode"] is ScalarNode mode && mode.Text is not ("reformat_disk" or "use_gap"))
        {
            Stop(mode, $"storage.layout.mode: Unknown layout mode {mode.Text} (reformat_disk, use_gap)", findings);
        }

        if (name.Text == "lvm" && mapping["sizing-policy"] is ScalarNode policy && policy.Text is not ("scaled" or "all"))
        {
            Stop(policy, $"storage.layout.sizing-policy: Unknown SizingPolicy value {policy.Text} (scaled, all)", findings);
        }

        if (mapping["match"] is MappingNode match)
        {
            Match(match, context, findings);
        }
        else if (mapping["match"] is ScalarNode { TypeName: not "null" } or SequenceNode)
        {
            Stop(mapping["match"]!, "storage.layout.match is no mapping", findings);
        }
    }

    private static void Config(SequenceNode config, UnattendedContext context, FindingList findings)
    {
        var ids = config.Items.OfType<MappingNode>().Select(a => a.Text("id")).Where(i => i is not null).ToHashSet();
        var earlier = new HashSet<string>();
        foreach (var item in config.Items)
        {
            if (item is not MappingNode action || action.Text("type") is not { } type)
            {
                Stop(item, "storage.config: an action has no type", findings);
            }
            else if (!Actions.TryGetValue(type, out var syntax))
            {
                Stop(action["type"]!, $"storage.config: there is no type of action '{type}'", findings);
            }
            else
            {
                Action(action, type, syntax, ids, earlier, findings);
                if (type == "disk")
                {
                    Match(action, context, findings);
                    if (action["match"] is MappingNode match)
                    {
                        Match(match, context, findings);
                    }
                }
            }
        }

        if (!findings.HasErrors)
        {
            Bootable(config, context, findings);
        }
    }

    private static void Action(
        MappingNode action, string type, (string[] References, string[] Required) syntax, HashSet<string?> ids, HashSet<string> earlier, FindingList findings)
    {
        var id = action.Text("id");
        if (id is null)
        {
            Stop(action, $"storage.config: the action {type} has no id", findings);
            return;
        }

        foreach (var missing in syntax.Required.Where(r => action[r] is null && !(r == "devices" && action["container"] is not null)))
        {
            Stop(action, $"storage.config: {type} {id}: '{missing}' is a required property", findings);
        }

        foreach (var reference in syntax.References.SelectMany(r => References(action[r])))
        {
            if (!ids.Contains(reference.Text))
            {
                Stop(reference, $"storage.config: {type} {id} refers to '{reference.Text}', and no action has this id", findings);
            }
            else if (!earlier.Contains(reference.Text))
            {
                Stop(reference, $"storage.config: {type} {id} refers to '{reference.Text}', which comes after it", findings);
            }
        }

        if (!earlier.Add(id))
        {
            Stop(action["id"]!, $"storage.config: two actions have the id {id}", findings);
        }
    }

    private static IEnumerable<ScalarNode> References(Node? node) => node switch
    {
        ScalarNode { TypeName: not "null" } scalar => [scalar],
        SequenceNode sequence => sequence.Items.OfType<ScalarNode>(),
        _ => [],
    };

    /// <summary>models/storage.py: is_root_mounted and needs_bootloader_partition.</summary>
    private static void Bootable(SequenceNode config, UnattendedContext context, FindingList findings)
    {
        var actions = config.Items.OfType<MappingNode>().ToList();
        var root = actions.Exists(a => a.Text("type") == "mount" && a.Text("path") == "/")
            || actions.Exists(a => a.Text("type") is "zfs" or "zpool" && ((a["properties"] as MappingNode)?.Text("mountpoint") == "/" || a.Text("mountpoint") == "/"));
        if (!root)
        {
            Stop(config, "storage.config mounts nothing at /: autoinstall config did not mount root", findings);
        }

        var disk = actions.Exists(a => a.Text("type") == "disk" && a.Flag("grub_device") == true);
        var partition = actions.Exists(a => a.Text("type") == "partition" && a.Flag("grub_device") == true);
        if (context.Uefi switch { true => !partition, false => !disk, null => !disk && !partition })
        {
            Stop(config, context.Uefi == true
                ? "storage.config: no partition has grub_device: true (UEFI starts from one that is mounted at /boot/efi): autoinstall config did not create needed bootloader partition"
                : "storage.config: no disk has grub_device: true: autoinstall config did not create needed bootloader partition", findings);
        }
    }

    /// <summary>A disk by its path: sda on scsi, sata and ide, vda on virtio.</summary>
    private static void Match(MappingNode match, UnattendedContext context, FindingList findings)
    {
        if (context.DiskBus is { } bus && match["path"] is ScalarNode path && Disk().Match(path.Text) is { Success: true } disk)
        {
            var expected = bus == "virtio" ? "vd" : "sd";
            if (disk.Groups["bus"].Value != expected)
            {
                Stop(path, $"{path.Text} matched no disk: the first disk is on the bus {bus} and has the path /dev/{expected}a", findings);
            }
        }
    }

    private static void Stop(Node at, string why, FindingList findings) =>
        findings.Error("autoinstall-storage", at.Line, $"{why}; the installer stops with an error", at.Column);

    [GeneratedRegex(@"^/dev/(?<bus>sd|vd|hd|xvd|nvme|mmcblk)([a-z]|\d+(n\d+)?)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Disk();
}
