using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>The parameters of a VM's configuration, which creating and changing it share.</summary>
internal static class MachineParameters
{
    private const string Ranges = @"(?^:\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*)";

    private const string MachineType =
        @"(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)";

    public static PropertyFormat Memory { get; } = new("current", P.Whole("current", 16));

    public static PropertyFormat MachineFormat { get; } = new(
        "type",
        P.Number("aw-bits?", 32, 64), P.Flag("enable-s3?"), P.Flag("enable-s4?"), P.Text("type?", max: 40, pattern: MachineType), P.OneOf("viommu?", "intel", "virtio"));

    public static PropertyFormat Display { get; } = new(
        "type",
        P.OneOf("clipboard?", "vnc"), P.Whole("memory?", 4, 512),
        P.OneOf("type?", "cirrus", "qxl", "qxl2", "qxl3", "qxl4", "none", "serial0", "serial1", "serial2", "serial3", "std", "virtio", "virtio-gl", "vmware"));

    /// <summary>The names of all drives that <c>resize</c> and <c>template</c> take.</summary>
    public static string[] DriveNames { get; } =
    [
        .. Names("ide", 4), .. Names("scsi", 31), .. Names("virtio", 16), .. Names("sata", 6), "efidisk0", "tpmstate0",
    ];

    public static IReadOnlyList<Parameter> All { get; } =
    [
        P.Flag("acpi?"),
        P.Text("affinity?", "pve-cpuset"),
        P.Props("agent?", DriveFormats.Agent),
        P.Flag("allow-ksm?") with { Since9 = true },
        P.Text("amd-sev?", "pve-qemu-sev-fmt"),
        P.OneOf("arch?", "x86_64", "aarch64"),
        P.Text("args?"),
        P.Props("audio0?", new(null, P.OneOf("device", "ich9-intel-hda", "intel-hda", "AC97"), P.OneOf("driver?", "spice", "none"))),
        P.Flag("autostart?"),
        P.Whole("balloon?", 0),
        P.OneOf("bios?", "seabios", "ovmf"),
        P.Text("boot?", "pve-qm-boot"),
        P.Text("bootdisk?", "pve-qm-bootdisk", pattern: @"(ide|sata|scsi|virtio)\d+"),
        P.Text("cdrom?", "pve-qm-ide"),
        P.Text("cicustom?", "pve-qm-cicustom"),
        P.Text("cipassword?"),
        P.OneOf("citype?", "configdrive2", "nocloud", "opennebula"),
        P.Flag("ciupgrade?"),
        P.Text("ciuser?"),
        P.Whole("cores?", 1),
        P.Text("cpu?", "pve-vm-cpu-conf"),
        P.Number("cpulimit?", 0, 128),
        P.Whole("cpuunits?", 1, 262144),
        P.Text("description?", max: 8192),
        P.Props("efidisk0?", DriveFormats.EfiDisk),
        P.Flag("freeze?"),
        P.Text("hookscript?", "pve-volume-id"),
        P.Numbered(P.Text("hostpci?", "pve-qm-hostpci"), 16),
        P.Text("hotplug?", "pve-hotplug-features"),
        P.OneOf("hugepages?", "any", "2", "1024"),
        P.Numbered(P.Props("ide?", DriveFormats.Ide), 4),
        P.Text("intel-tdx?", "pve-qemu-tdx-fmt") with { Since9 = true },
        P.Numbered(P.Text("ipconfig?", "pve-qm-ipconfig"), 32),
        P.Props("ivshmem?", new(null, P.Text("name?", pattern: @"[a-zA-Z0-9\-]+"), P.Whole("size", 1))),
        P.Flag("keephugepages?"),
        P.OneOf("keyboard?", "de", "de-ch", "da", "en-gb", "en-us", "es", "fi", "fr", "fr-be", "fr-ca", "fr-ch", "hu", "is", "it", "ja", "lt", "mk", "nl", "no", "pl", "pt", "pt-br", "sv", "sl", "tr"),
        P.Flag("kvm?"),
        P.Flag("localtime?"),
        P.OneOf("lock?", "backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspending", "suspended"),
        P.Props("machine?", MachineFormat),
        P.Props("memory?", Memory),
        P.Number("migrate_downtime?", 0),
        P.Whole("migrate_speed?", 0),
        P.Text("name?", "dns-name"),
        P.Text("nameserver?", "address-list"),
        P.Numbered(P.Props("net?", DriveFormats.Net), 32),
        P.Flag("numa?"),
        P.Numbered(P.Props("numa?", new(null, P.Text("cpus", pattern: Ranges), P.Text("hostnodes?", pattern: Ranges), P.Number("memory?"), P.OneOf("policy?", "preferred", "bind", "interleave"))), 8),
        P.Flag("onboot?"),
        P.OneOf("ostype?", "other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris"),
        P.Numbered(P.Text("parallel?", pattern: @"/dev/parport\d+|/dev/usb/lp\d+"), 3),
        P.Flag("protection?"),
        P.Flag("reboot?"),
        P.Text("rng0?", "pve-qm-rng"),
        P.Numbered(P.Props("sata?", DriveFormats.Sata), 6),
        P.Numbered(P.Props("scsi?", DriveFormats.Scsi), 31),
        P.OneOf("scsihw?", "lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
        P.Text("searchdomain?"),
        P.Numbered(P.Text("serial?", pattern: "(/dev/.+|socket)"), 4),
        P.Whole("shares?", 0, 50000),
        P.Text("smbios1?", "pve-qm-smbios1", max: 512),
        P.Whole("smp?", 1),
        P.Whole("sockets?", 1),
        P.Props("spice_enhancements?", new(null, P.Flag("foldersharing?"), P.OneOf("videostreaming?", "off", "all", "filter"))),
        P.Text("sshkeys?", "urlencoded"),
        P.Text("startdate?", pattern: @"(now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?)"),
        P.Text("startup?", "pve-startup-order"),
        P.Flag("tablet?"),
        P.Text("tags?", "pve-tag-list"),
        P.Flag("tdf?"),
        P.Flag("template?"),
        P.Props("tpmstate0?", DriveFormats.TpmState),
        P.Numbered(P.Props("unused?", DriveFormats.Unused), 256),
        P.Numbered(P.Props("usb?", DeviceFormats.Usb), 15),
        P.Whole("vcpus?", 1),
        P.Props("vga?", Display),
        P.Numbered(P.Props("virtio?", DriveFormats.Virtio), 16),
        P.Numbered(P.Props("virtiofs?", DeviceFormats.SharedFolder), 10),
        P.Text("vmgenid?", pattern: "(?:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01])"),
        P.Text("vmstatestorage?", "pve-storage-id"),
        P.Text("watchdog?", "pve-qm-watchdog"),
    ];

    /// <summary>Whether a key is a numbered one of this name: <c>net0</c> of <c>net</c>.</summary>
    public static bool IsNumbered(string key, string name) =>
        key.Length > name.Length && key.StartsWith(name, StringComparison.Ordinal) && key.AsSpan(name.Length).ContainsAnyExceptInRange('0', '9') is false;

    private static IEnumerable<string> Names(string bus, int count) => Enumerable.Range(0, count).Select(i => $"{bus}{i}");
}
