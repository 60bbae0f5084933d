using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>
/// Which changes of a running VM's configuration take effect at once; the others are pending until it is started again.
/// After <c>vmconfig_hotplug_pending</c> of Proxmox VE, with its default features (network, disk, usb).
/// </summary>
internal static class Hotplug
{
    private static readonly HashSet<string> AtOnce =
    [
        "description", "hookscript", "lock", "migrate_downtime", "migrate_speed", "name", "onboot", "protection", "shares", "startup", "tags", "vmstatestorage",
        "cicustom", "cipassword", "citype", "ciuser", "ciupgrade", "nameserver", "searchdomain", "sshkeys", "cpuunits", "cpulimit",
    ];

    /// <summary>Whether the change takes effect while the VM runs.</summary>
    /// <param name="machine">The VM.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">Its new value; null when it is deleted.</param>
    public static bool IsPossible(Machine machine, string key, string? value)
    {
        if (AtOnce.Contains(key) || MachineParameters.IsNumbered(key, "ipconfig") || MachineParameters.IsNumbered(key, "unused"))
        {
            return true;
        }

        if (key == "hotplug")
        {
            return !$"{value},{machine.Config.GetValueOrDefault("hotplug")}".Split(',').Any(f => f is "cpu" or "memory");
        }

        if (key == "tablet" || MachineParameters.IsNumbered(key, "usb"))
        {
            return Has(machine, "usb");
        }

        if (MachineParameters.IsNumbered(key, "net"))
        {
            return Has(machine, "network");
        }

        return DriveFormats.ForDrive(key) is { } format && IsPossibleForDrive(machine, key, format, value);
    }

    // A medium can be changed in a drive that is there; a drive of ide or sata can be neither added nor removed.
    private static bool IsPossibleForDrive(Machine machine, string key, PropertyFormat format, string? value)
    {
        if (key is "efidisk0" or "tpmstate0")
        {
            return false;
        }

        var before = machine.Config.GetValueOrDefault(key) is { } text ? format.Parse(text) : null;
        var after = value is null ? null : format.Parse(value);
        if (before is not null && after is not null && Machine.IsCdrom(before) && Machine.IsCdrom(after))
        {
            return true;
        }

        return Has(machine, "disk") && !MachineParameters.IsNumbered(key, "ide") && !MachineParameters.IsNumbered(key, "sata");
    }

    private static bool Has(Machine machine, string feature) => machine.Config.GetValueOrDefault("hotplug") switch
    {
        null or "1" => true,
        "0" => false,
        var features => features.Split(',').Contains(feature),
    };
}
