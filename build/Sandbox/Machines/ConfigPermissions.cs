using System.Globalization;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>Which privilege each key of a VM's configuration needs, beyond that of the call.</summary>
internal static class ConfigPermissions
{
    // What is not here (args, arch, vmgenid, hookscript, lock, ...) is root's alone.
    private static readonly Dictionary<string, string[]> ByPrivilege = new(StringComparer.Ordinal)
    {
        ["VM.Config.CPU"] = ["cores", "cpu", "cpulimit", "cpuunits", "numa", "smp", "sockets", "vcpus"],
        ["VM.Config.Memory"] = ["memory", "balloon", "shares", "allow-ksm"],
        ["VM.Config.HWType"] = ["acpi", "hotplug", "kvm", "machine", "scsihw", "smbios1", "tablet", "vga", "watchdog", "audio0", "rng0"],
        ["VM.Config.Options"] =
        [
            "agent", "autostart", "bios", "description", "keyboard", "localtime", "migrate_downtime", "migrate_speed", "name",
            "onboot", "ostype", "protection", "reboot", "startdate", "startup", "tdf", "template",
        ],
        ["VM.PowerMgmt"] = ["freeze"],
        ["VM.Config.Disk"] = ["boot", "bootdisk", "vmstatestorage"],
    };

    private static readonly string[] CloudInit =
        ["cicustom", "cipassword", "citype", "ciuser", "ciupgrade", "nameserver", "searchdomain", "sshkeys"];

    private static readonly Dictionary<string, string> PrivilegeOf =
        ByPrivilege.SelectMany(p => p.Value.Select(k => (Key: k, Privilege: p.Key))).ToDictionary(p => p.Key, p => p.Privilege);

    /// <summary>
    /// Fails unless the caller may set or delete all of these keys. Drives, tags and what is passed through from the host
    /// are left to <see cref="CheckDrives"/>, <see cref="Tags"/> and <see cref="CheckDevice"/>, as on the real server:
    /// what they need depends on the value, and nobody asks at creation about drives.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="vmid">The VM.</param>
    /// <param name="pool">The pool that a new VM goes into; its privileges count as well.</param>
    /// <param name="keys">The keys.</param>
    public static void Check(ApiCall call, int vmid, string? pool, IEnumerable<string> keys)
    {
        if (call.Caller.AuthId == AccessControl.Root)
        {
            return;
        }

        foreach (var key in keys.Order(StringComparer.Ordinal))
        {
            if (DriveFormats.ForDrive(key) is not null || key is "cdrom" or "tags" || IsDevice(key) || MachineParameters.IsNumbered(key, "unused"))
            {
                continue;
            }

            if (MachineParameters.IsNumbered(key, "net"))
            {
                Need(call, vmid, pool, "VM.Config.Network");
            }
            else if (MachineParameters.IsNumbered(key, "ipconfig") || CloudInit.Contains(key))
            {
                Need(call, vmid, pool, "VM.Config.Cloudinit", "VM.Config.Network");
            }
            else if (MachineParameters.IsNumbered(key, "numa"))
            {
                Need(call, vmid, pool, "VM.Config.CPU");
            }
            else if (PrivilegeOf.TryGetValue(key, out var privilege))
            {
                Need(call, vmid, pool, privilege);
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

    /// <summary>Fails unless the caller may give this device to a VM, or take it away.</summary>
    /// <param name="call">The call.</param>
    /// <param name="vmid">The VM.</param>
    /// <param name="pool">The pool that a new VM goes into, or null.</param>
    /// <param name="key">The device's key, such as <c>usb0</c>.</param>
    /// <param name="value">What it is or was.</param>
    /// <param name="verb">How a refusal calls what is done with a serial port: <c>set</c>, <c>modify</c> or <c>delete</c>.</param>
    public static void CheckDevice(ApiCall call, int vmid, string? pool, string key, string value, string verb)
    {
        if (call.Caller.AuthId == AccessControl.Root)
        {
            return;
        }

        switch (KindOf(key))
        {
            case "serial":
                if (value != "socket")
                {
                    throw ApiException.Failed($"only root can {verb} '{key}' config for real devices");
                }

                Need(call, vmid, pool, "VM.Config.HWType");
                break;
            case "usb" or "rng":
                Need(call, vmid, pool, "VM.Config.HWType");
                CheckMapping(call, key, value);
                break;
            case "hostpci":
                CheckMapping(call, key, value);
                Need(call, vmid, pool, "VM.Config.HWType");
                if (Formats.HostPci.Parse(value)["romfile"] is not null)
                {
                    throw ApiException.Parameter(key, "only root@pam can set 'romfile' option");
                }

                break;
            case "virtiofs":
                Need(call, vmid, pool, "VM.Config.Disk");
                CheckMapping(call, key, value);
                break;
        }
    }

    /// <summary>Fails unless the caller may use every device of the node that this configuration has.</summary>
    public static void CheckMappings(ApiCall call, IEnumerable<KeyValuePair<string, string>> config)
    {
        foreach (var (key, value) in call.Caller.AuthId == AccessControl.Root ? [] : config)
        {
            CheckMapping(call, key, value);
        }
    }

    private static void CheckMapping(ApiCall call, string key, string value)
    {
        const string Neither = "either 'host' or 'mapping' must be set.";
        switch (KindOf(key))
        {
            case "usb":
                var usb = DeviceFormats.Usb.Parse(value);
                if (usb["host"] is not { } port)
                {
                    call.Require($"/mapping/usb/{usb["mapping"] ?? throw ApiException.Failed(Neither)}", "Mapping.Use");
                }
                else if (!port.Equals("spice", StringComparison.OrdinalIgnoreCase))
                {
                    throw ApiException.Failed($"only root can set '{key}' config for real devices");
                }

                break;
            case "hostpci":
                var pci = Formats.HostPci.Parse(value);
                if (pci["host"] is not null)
                {
                    throw ApiException.Failed($"only root can set '{key}' config for non-mapped devices");
                }

                call.Require($"/mapping/pci/{pci["mapping"] ?? throw ApiException.Failed(Neither)}", "Mapping.Use");
                break;
            case "rng" when Formats.RandomSource.Parse(value)["source"] == "/dev/hwrng":
                call.Require("/mapping/hwrng", "Mapping.Use");
                break;
            case "virtiofs":
                call.Require($"/mapping/dir/{DeviceFormats.SharedFolder.Parse(value)["dirid"]}", "Mapping.Use");
                break;
        }
    }

    private static string KindOf(string key) => key.TrimEnd("0123456789".ToCharArray());

    /// <summary>Fails with 403 unless one of these is held on the VM, or on the pool that a new VM goes into.</summary>
    private static void Need(ApiCall call, int vmid, string? pool, params string[] anyOf)
    {
        if (pool is null || !call.MayAny($"/pool/{pool}", anyOf))
        {
            call.RequireAny($"/vms/{vmid}", anyOf);
        }
    }

    private static bool IsDevice(string key) =>
        MachineParameters.IsNumbered(key, "serial") || MachineParameters.IsNumbered(key, "usb") || MachineParameters.IsNumbered(key, "hostpci")
        || MachineParameters.IsNumbered(key, "virtiofs");

    /// <summary>
    /// Fails with 403 unless the caller may change this drive of a VM that exists: what is in it now, and what comes
    /// into it. For a cloud-init drive both privileges are needed, not one of them.
    /// </summary>
    public static void CheckDrives(ApiCall call, Machine machine, string key, string? value)
    {
        if (MachineParameters.IsNumbered(key, "unused"))
        {
            call.Require($"/vms/{machine.Id}", "VM.Config.Disk");
        }

        if (DriveFormats.ForDrive(key) is not { } format)
        {
            return;
        }

        foreach (var text in new[] { machine.Config.GetValueOrDefault(key), value }.OfType<string>())
        {
            var drive = format.Parse(text);
            call.Require($"/vms/{machine.Id}", Machine.IsCloudInit(drive) ? ["VM.Config.Cloudinit", "VM.Config.CDROM"]
                : Machine.IsCdrom(drive) ? ["VM.Config.CDROM"]
                : ["VM.Config.Disk"]);
        }
    }

    /// <summary>
    /// Fails with 403 unless the caller may use the bridges of these cards: the whole bridge, or the VLANs of the card. A
    /// VNet's path is below its own zone.
    /// </summary>
    public static void CheckBridges(ApiCall call, IEnumerable<KeyValuePair<string, string>> config)
    {
        if (call.Caller.AuthId == AccessControl.Root)
        {
            return;
        }

        foreach (var (_, value) in config.Where(c => MachineParameters.IsNumbered(c.Key, "net")).OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            var card = DriveFormats.Net.Parse(value);
            if (card["bridge"] is not { } bridge)
            {
                if (call.Node.Version.Before9)
                {
                    throw ApiException.Failed("no sdn vnet ID specified");
                }

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

    /// <summary>Fails unless the caller may use the storages and volumes of these drives, and they are of a kind that can be used.</summary>
    public static void CheckStorages(ApiCall call, int vmid, string? defaultStorage, IReadOnlyDictionary<string, string> config)
    {
        foreach (var (key, value) in config.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (DriveFormats.ForDrive(key) is { } format)
            {
                CheckDrive(call, vmid, defaultStorage, key, format.Parse(value));
            }
        }

        foreach (var (_, value) in config.Where(c => MachineParameters.IsNumbered(c.Key, "unused")).OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            CheckVolume(call, vmid, DriveFormats.Unused.Parse(value)["file"]!, "images");
        }

        if (config.TryGetValue("vmstatestorage", out var state))
        {
            call.Require($"/storage/{state}", "Datastore.AllocateSpace");
        }
    }

    private static void CheckDrive(ApiCall call, int vmid, string? defaultStorage, string key, PropertyString drive)
    {
        var file = drive["file"]!;
        var spec = DiskSpec.Parse(file, defaultStorage);
        var cdrom = Machine.IsCdrom(drive);
        if (spec.Kind is DiskKind.None or DiskKind.CloudInit)
        {
            // Nothing is asked here about a cloud-init drive, not even whether there is its storage.
        }
        else if (cdrom && spec.Kind == DiskKind.HostDrive)
        {
            call.Require("/", "Sys.Console");
        }
        else if (!cdrom && spec.Kind == DiskKind.New)
        {
            var storage = spec.Storage.Length > 0 ? spec.Storage : throw ApiException.Failed("no storage ID specified (and no default storage)");
            call.Require($"/storage/{storage}", "Datastore.AllocateSpace");
            if (!call.Storages.Require(storage).Content.Contains("images"))
            {
                throw ApiException.Parameter("storage", $"storage '{storage}' does not support vm images");
            }
        }
        else
        {
            CheckVolume(call, vmid, file);
            if (file.Contains(':', StringComparison.Ordinal) && call.Storages.Parse(file).Content is not ("images" or "iso"))
            {
                throw ApiException.Parameter(key, "content type needs to be 'images' or 'iso'");
            }
        }

        if (drive["import-from"] is { } source)
        {
            CheckImport(call, vmid, key, source);
        }
    }

    private static void CheckImport(ApiCall call, int vmid, string key, string source)
    {
        if (!source.StartsWith('/'))
        {
            var name = call.Storages.Parse(source);
            if (name.Content is not ("images" or "import"))
            {
                throw ApiException.Parameter(key, $"{source} has wrong type '{name.Content}' - needs to be 'images' or 'import'");
            }

            if (name.Owner != 0)
            {
                call.Require($"/vms/{name.Owner}", "VM.Clone");
                return;
            }
        }

        CheckVolume(call, vmid, source);
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

    /// <summary>Fails unless the caller may read a volume: as the owner's, by the storage, or by the VM that owns it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="vmid">The VM that is going to use it, or null.</param>
    /// <param name="volumeId">The volume.</param>
    /// <param name="content">What it has to be, or null.</param>
    public static void CheckVolume(ApiCall call, int? vmid, string volumeId, string? content = null)
    {
        if (volumeId.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var colon) || volumeId[0] == '/')
        {
            if (call.Caller.AuthId != AccessControl.Root)
            {
                throw ApiException.Failed("Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.");
            }

            return;
        }

        var name = call.Storages.Parse(volumeId);
        if (content is not null && name.Content != content)
        {
            throw ApiException.Failed($"unable to use volume {volumeId} - content type needs to be '{content}'");
        }

        var path = $"/storage/{volumeId[..colon]}";
        if (call.May(path, "Datastore.Allocate"))
        {
            return;
        }

        if (name.Content is "iso" or "vztmpl" or "import")
        {
            call.RequireAny(path, "Datastore.AllocateSpace", "Datastore.Audit");
        }
        else if (vmid is not null && name.Owner == vmid)
        {
            // Its own disk.
        }
        else if (name.Content == "images" && name.Owner != 0)
        {
            call.Require(path, "Datastore.Audit");
            call.Require($"/vms/{name.Owner}", "VM.Config.Disk");
        }
        else
        {
            throw ApiException.Failed($"missing privileges to access {volumeId}");
        }
    }
}
