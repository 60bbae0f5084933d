namespace Sandbox.Api;

/// <summary>The property strings of a VM's hardware: drives, network cards, agent and what else has keys.</summary>
internal static class DriveFormats
{
    private static readonly Dictionary<string, string> DriveAliases = new()
    {
        ["volume"] = "file",
        ["bps_rd_length"] = "bps_rd_max_length",
        ["bps_wr_length"] = "bps_wr_max_length",
        ["iops_rd_length"] = "iops_rd_max_length",
        ["iops_wr_length"] = "iops_wr_max_length",
    };

    private static readonly string[] CardModels =
    [
        "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er",
        "ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3",
    ];

    private static readonly Parameter[] Common =
    [
        P.Text("file", "pve-volume-id-or-qm-path"),
        P.OneOf("aio?", "native", "threads", "io_uring"),
        P.Flag("backup?"),
        P.Whole("bps?"), P.Whole("bps_max_length?", 1), P.Whole("bps_rd?"), P.Whole("bps_rd_max_length?", 1),
        P.Whole("bps_wr?"), P.Whole("bps_wr_max_length?", 1),
        P.OneOf("cache?", "none", "writethrough", "writeback", "unsafe", "directsync"),
        P.Flag("detect_zeroes?"),
        P.OneOf("discard?", "ignore", "on"),
        P.OneOf("format?", "raw", "qcow", "qed", "qcow2", "vmdk", "cloop"),
        P.Text("import-from?", "pve-volume-id-or-absolute-path"),
        P.Whole("iops?"), P.Whole("iops_max?"), P.Whole("iops_max_length?", 1),
        P.Whole("iops_rd?"), P.Whole("iops_rd_max?"), P.Whole("iops_rd_max_length?", 1),
        P.Whole("iops_wr?"), P.Whole("iops_wr_max?"), P.Whole("iops_wr_max_length?", 1),
        P.Number("mbps?"), P.Number("mbps_max?"), P.Number("mbps_rd?"), P.Number("mbps_rd_max?"), P.Number("mbps_wr?"), P.Number("mbps_wr_max?"),
        P.OneOf("media?", "cdrom", "disk"),
        P.Flag("replicate?"),
        P.OneOf("rerror?", "ignore", "report", "stop"),
        P.Text("serial?", "urlencoded", max: 60),
        P.Flag("shared?"),
        P.Text("size?", "disk-size"),
        P.Flag("snapshot?"),
        P.OneOf("werror?", "enospc", "ignore", "report", "stop"),
    ];

    private static readonly Parameter WorldWideName = P.Text("wwn?", pattern: "(?^:^(0x)[0-9a-fA-F]{16})");

    public static PropertyFormat Ide { get; } = Drive(P.Text("model?", "urlencoded", max: 120), P.Flag("ssd?"), WorldWideName);

    public static PropertyFormat Sata { get; } = Drive(P.Flag("ssd?"), WorldWideName);

    public static PropertyFormat Scsi { get; } = Drive(
        P.Flag("iothread?"),
        P.Text("product?", pattern: @"[A-Za-z0-9\-_\s]{,16}"),
        P.Whole("queues?", 2),
        P.Flag("ro?"),
        P.Flag("scsiblock?"),
        P.Flag("ssd?"),
        P.Text("vendor?", pattern: @"[A-Za-z0-9\-_\s]{,8}"),
        WorldWideName);

    public static PropertyFormat Virtio { get; } = Drive(P.Flag("iothread?"), P.Flag("ro?"));

    public static PropertyFormat EfiDisk { get; } = new(
        "file",
        P.OneOf("efitype?", "2m", "4m"),
        P.Text("file", "pve-volume-id-or-qm-path"),
        P.OneOf("format?", "raw", "qcow", "qed", "qcow2", "vmdk", "cloop"),
        P.Text("import-from?", "pve-volume-id-or-absolute-path"),
        P.OneOf("ms-cert?", "2011", "2023", "2023w", "2023k") with { Since9 = true },
        P.Flag("pre-enrolled-keys?"),
        P.Text("size?", "disk-size")) { Aliases = DriveAliases };

    public static PropertyFormat TpmState { get; } = new(
        "file",
        P.Text("file", "pve-volume-id-or-qm-path"),
        P.OneOf("format?", "raw", "qcow2", "vmdk"),
        P.Text("import-from?", "pve-volume-id-or-absolute-path"),
        P.Text("size?", "disk-size"),
        P.OneOf("version?", "v1.2", "v2.0")) { Aliases = DriveAliases };

    public static PropertyFormat Unused { get; } = new("file", P.Text("file", "pve-volume-id")) { Aliases = DriveAliases };

    public static PropertyFormat Net { get; } = new(
        "model",
        P.Text("bridge?", "pve-bridge-id"),
        P.Flag("firewall?"),
        P.Flag("link_down?"),
        P.Text("macaddr?", "mac-addr"),
        P.OneOf("model", CardModels),
        P.Whole("mtu?", 1, 65520),
        P.Whole("queues?", 0, 64),
        P.Number("rate?", 0),
        P.Whole("tag?", 1, 4094),
        P.Text("trunks?", pattern: @"(?^:\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*)")) { KeyAlias = ("macaddr", CardModels) };

    public static PropertyFormat Agent { get; } = new(
        "enabled",
        P.Flag("enabled"),
        P.Flag("freeze-fs?"),
        P.Flag("fstrim_cloned_disks?"),
        P.OneOf("type?", "virtio", "isa"))
    { Aliases = new Dictionary<string, string> { ["freeze-fs-on-backup"] = "freeze-fs", ["guest-fsfreeze"] = "freeze-fs" } };

    /// <summary>The format of a drive by its name (<c>scsi0</c>), or null when it names none.</summary>
    public static PropertyFormat? ForDrive(string name) => name.TrimEnd("0123456789".ToCharArray()) switch
    {
        "ide" => Ide,
        "sata" => Sata,
        "scsi" => Scsi,
        "virtio" => Virtio,
        "efidisk" => EfiDisk,
        "tpmstate" => TpmState,
        _ => null,
    };

    private static PropertyFormat Drive(params Parameter[] own) => new("file", [.. Common, .. own]) { Aliases = DriveAliases };
}
