using System.Globalization;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>Which privilege each key of a VM's configuration needs, beyond that of the call.</summary>
internal static class ConfigPermissions
{
    private static readonly Dictionary<string, string[]> ByPrivilege = new(StringComparer.Ordinal)
    {
        ["VM.Config.CPU"] = ["cores", "cpu", "cpulimit", "cpuunits", "numa", "smp", "sockets", "vcpus"],
        ["VM.Config.Memory"] = ["memory", "balloon", "shares", "allow-ksm"],
        ["VM.Config.HWType"] = ["acpi", "hotplug", "kvm", "machine", "scsihw", "smbios1", "tablet", "vga", "watchdog", "audio0", "vmgenid", "arch", "rng0"],
        ["VM.Config.Options"] =
        [
            "agent", "autostart", "bios", "description", "keyboard", "localtime", "migrate_downtime", "migrate_speed", "name",
            "onboot", "ostype", "protection", "reboot", "startdate", "startup", "tdf", "template", "spice_enhancements",
        ],
        ["VM.PowerMgmt"] = ["freeze"],
        ["VM.Config.Disk"] = ["boot", "bootdisk", "vmstatestorage"],
    };

    private static readonly string[] CloudInit =
        ["cicustom", "cipassword", "citype", "ciuser", "ciupgrade", "nameserver", "searchdomain", "sshkeys"];

    private static readonly Dictionary<string, string> PrivilegeOf =
        ByPrivilege.SelectMany(p => p.Value.Select(k => (Key: k, Privilege: p.Key))).ToDictionary(p => p.Key, p => p.Privilege);

    /// <summary>
    /// Fails with 403 unless the caller may set (or delete) all of these keys. Drives and tags are left to
    /// <see cref="CheckDrives"/> and <see cref="Tags"/>, as on the real server: nobody asks at creation about drives.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="vmid">The VM.</param>
    /// <param name="pool">The pool that a new VM goes into; its privileges count as well.</param>
    /// <param name="values">The keys with their new values; null for those that are deleted.</param>
    public static void Check(ApiCall call, int vmid, string? pool, IReadOnlyDictionary<string, string?> values)
    {
        if (call.Caller.AuthId == AccessControl.Root)
        {
            return;
        }

        void Need(params string[] anyOf)
        {
            if (pool is null || !call.MayAny($"/pool/{pool}", anyOf))
            {
                call.RequireAny($"/vms/{vmid}", anyOf);
            }
        }

        foreach (var (key, value) in values)
        {
            if (DriveFormats.ForDrive(key) is not null || key is "cdrom" or "tags")
            {
                continue;
            }

            if (MachineParameters.IsNumbered(key, "net"))
            {
                Need("VM.Config.Network");
            }
            else if (MachineParameters.IsNumbered(key, "ipconfig") || CloudInit.Contains(key))
            {
                Need("VM.Config.Cloudinit", "VM.Config.Network");
            }
            else if (MachineParameters.IsNumbered(key, "unused"))
            {
                Need("VM.Config.Disk");
            }
            else if (MachineParameters.IsNumbered(key, "numa"))
            {
                Need("VM.Config.CPU");
            }
            else if ((MachineParameters.IsNumbered(key, "serial") && value is null or "socket")
                || (MachineParameters.IsNumbered(key, "usb") && value is not null && value.Contains("spice", StringComparison.OrdinalIgnoreCase)))
            {
                Need("VM.Config.HWType");
            }
            else if (PrivilegeOf.TryGetValue(key, out var privilege))
            {
                Need(privilege);
                if (key == "startup")
                {
                    call.Require("/", "Sys.Modify");
                }
            }
            else
            {
                throw ApiException.Failed($"only root can set '{key}' config");
            }
        }
    }

    /// <summary>
    /// Fails with 403 unless the caller may change these drives of a VM that exists: what is in them now, and what comes
    /// into them. For a cloud-init drive both privileges are needed, not one of them.
    /// </summary>
    public static void CheckDrives(ApiCall call, Machine machine, IReadOnlyDictionary<string, string?> values)
    {
        foreach (var (given, value) in values)
        {
            var key = given == "cdrom" ? "ide2" : given;
            if (DriveFormats.ForDrive(key) is not { } format)
            {
                continue;
            }

            foreach (var text in new[] { machine.Config.GetValueOrDefault(key), value }.OfType<string>())
            {
                var drive = format.Parse(text);
                call.Require($"/vms/{machine.Id}", Machine.IsCloudInit(drive) ? ["VM.Config.Cloudinit", "VM.Config.CDROM"]
                    : given == "cdrom" || Machine.IsCdrom(drive) ? ["VM.Config.CDROM"]
                    : ["VM.Config.Disk"]);
            }
        }
    }

    /// <summary>
    /// Fails with 403 unless the caller may use the bridges of these cards: the whole bridge, or the VLANs of the card. A
    /// VNet's path is below its own zone.
    /// </summary>
    public static void CheckBridges(ApiCall call, IEnumerable<KeyValuePair<string, string>> config)
    {
        foreach (var (_, value) in config.Where(c => MachineParameters.IsNumbered(c.Key, "net")))
        {
            var card = DriveFormats.Net.Parse(value);
            if (card["bridge"] is not { } bridge)
            {
                continue;
            }

            var path = $"/sdn/zones/{call.State.VNets.GetValueOrDefault(bridge)?.Zone ?? "localnetwork"}/{bridge}";
            var vlans = Vlans(card).ToList();
            foreach (var vlan in vlans)
            {
                call.Require($"{path}/{vlan}", "SDN.Use");
            }

            if (vlans.Count == 0)
            {
                call.Require(path, "SDN.Use");
            }
        }
    }

    /// <summary>Fails with 403 unless the caller may use the storages and volumes of these drives.</summary>
    public static void CheckStorages(ApiCall call, int vmid, string? defaultStorage, IEnumerable<KeyValuePair<string, string>> config)
    {
        foreach (var (key, value) in config)
        {
            if (key == "vmstatestorage")
            {
                call.Require($"/storage/{value}", "Datastore.AllocateSpace");
            }

            if (DriveFormats.ForDrive(key) is not { } format)
            {
                continue;
            }

            var drive = format.Parse(value);
            var spec = DiskSpec.Parse(drive["file"]!, defaultStorage);
            switch (spec.Kind)
            {
                case DiskKind.None or DiskKind.CloudInit:
                    break;
                case DiskKind.HostDrive:
                    call.Require("/", "Sys.Console");
                    break;
                case DiskKind.New:
                    call.Require($"/storage/{spec.Storage}", "Datastore.AllocateSpace");
                    break;
                default:
                    CheckVolume(call, vmid, drive["file"]!);
                    break;
            }

            if (drive["import-from"] is { } source)
            {
                CheckVolume(call, vmid, source);
            }
        }
    }

    /// <summary>The VLANs of a card: its own (<c>tag=5</c>) and those that it passes on (<c>trunks=6;8-9</c>).</summary>
    private static IEnumerable<int> Vlans(PropertyString card)
    {
        if (card["tag"] is { } tag)
        {
            yield return int.Parse(tag, CultureInfo.InvariantCulture);
        }

        foreach (var range in Formats.Split(card["trunks"]))
        {
            var ends = range.Split('-');
            var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            var last = ends.Length > 1 ? int.Parse(ends[1], CultureInfo.InvariantCulture) : first;
            for (var vlan = first; vlan <= last; vlan++)
            {
                yield return vlan;
            }
        }
    }

    private static void CheckVolume(ApiCall call, int vmid, string volumeId)
    {
        var storage = volumeId[..Math.Max(0, volumeId.IndexOf(':', StringComparison.Ordinal))];
        if (storage.Length == 0)
        {
            throw ApiException.Failed("Only root can pass arbitrary filesystem paths.");
        }

        if (call.May($"/storage/{storage}", "Datastore.Allocate"))
        {
            return;
        }

        if (call.Storages.Find(volumeId) is { Content: "images" } disk)
        {
            if (disk.Owner != vmid)
            {
                call.Require($"/storage/{storage}", "Datastore.Audit");
                call.Require($"/vms/{disk.Owner}", "VM.Config.Disk");
            }

            return;
        }

        call.RequireAny($"/storage/{storage}", "Datastore.AllocateSpace", "Datastore.Audit");
    }
}
