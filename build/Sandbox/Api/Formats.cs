using System.Net;
using System.Net.Sockets;

namespace Sandbox.Api;

/// <summary>
/// The named formats of the API's schema: for each a pattern (Perl's syntax and .NET's agree on these) and what the
/// refusal calls it. A format whose name ends in <c>-list</c> is a list of the one without it.
/// </summary>
internal static class Formats
{
    private const string Id = @"[A-Za-z][A-Za-z0-9\-_]+";
    private const string Realm = @"[A-Za-z][A-Za-z0-9.\-_]+";
    private const string User = @"[^\s:/]+@" + Realm;
    private const string Label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
    private const string Group = @"[A-Za-z0-9._\-]+";
    private const string StorageId = "[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]";
    private const string VolumeId = "(" + StorageId + "):(.+)";
    private const string Octet = "(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)";
    private const string Ipv4 = "(" + Octet + @"\.){3}" + Octet;
    private const string Base64 = @"[A-Za-z0-9+\/]+={0,2}";

    private static readonly PropertyFormat Random =
        new("source", P.Whole("max_bytes?"), P.Whole("period?"), P.OneOf("source", "/dev/urandom", "/dev/random", "/dev/hwrng"));

    private static readonly PropertyFormat HostPciKeys = new(
            "host",
            P.Text("device-id?", pattern: "0x[0-9a-fA-F]{4}"), P.OneOf("driver?", "vfio", "keep"), P.Text("host?", pattern: $"{PciId}(;{PciId})*"), P.Flag("legacy-igd?"),
            P.Text("mapping?", "pve-configid"), P.Text("mdev?", pattern: @"[^/\.:]+"), P.Flag("pcie?"), P.Flag("rombar?"), P.Text("romfile?", pattern: "[^,;]+"),
            P.Text("sub-device-id?", pattern: "0x[0-9a-fA-F]{4}"), P.Text("sub-vendor-id?", pattern: "0x[0-9a-fA-F]{4}"),
            P.Text("vendor-id?", pattern: "0x[0-9a-fA-F]{4}"), P.Flag("x-vga?"));

    // What is written with keys has a format of its own, whose errors name the key.
    private static readonly Dictionary<string, PropertyFormat> WithKeys = new(StringComparer.Ordinal)
    {
        ["pve-qm-ide"] = DriveFormats.Ide,
        ["pve-qm-boot"] = new("legacy", P.Text("legacy?", pattern: "[acdn]{1,4}"), P.Text("order?", "pve-qm-bootdev-list")),
        ["pve-qm-cicustom"] = new(null, P.Text("meta?", "pve-volume-id"), P.Text("network?", "pve-volume-id"), P.Text("user?", "pve-volume-id"), P.Text("vendor?", "pve-volume-id")),
        ["pve-qm-rng"] = Random,
        ["pve-qm-smbios1"] = new(
            null, P.Flag("base64?"), P.Text("family?", pattern: Base64), P.Text("manufacturer?", pattern: Base64), P.Text("product?", pattern: Base64),
            P.Text("serial?", pattern: Base64), P.Text("sku?", pattern: Base64), P.Text("uuid?", pattern: "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"),
            P.Text("version?", pattern: Base64)),
        ["pve-qm-hostpci"] = HostPciKeys,
        ["pve-qm-ipconfig"] = new(
            null, P.Text("gw?", "ipv4", requires: "ip"), P.Text("gw6?", "ipv6", requires: "ip6"), P.Text("ip?", "pve-ipv4-config"), P.Text("ip6?", "pve-ipv6-config")),
        ["pve-qemu-sev-fmt"] = new(
            "type", P.Flag("allow-smt?"), P.Flag("kernel-hashes?"), P.Flag("no-debug?"), P.Flag("no-key-sharing?"), P.OneOf("type", "std", "es", "snp")),
        ["pve-qemu-tdx-fmt"] = new("type", P.Flag("attestation"), P.OneOf("type", "tdx"), P.Whole("vsock-cid?", 2), P.Whole("vsock-port?", 0)),
        ["pve-qm-watchdog"] = new("model", P.OneOf("action?", "reset", "shutdown", "poweroff", "pause", "debug", "none"), P.OneOf("model?", "i6300esb", "ib700")),
    };

    private const string PciId = @"(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?";

    private static readonly Dictionary<string, (string Pattern, string Refusal)> Known = new(StringComparer.Ordinal)
    {
        ["pve-node"] = (Label, "value does not look like a valid node name"),
        ["pve-vmid"] = ("[1-9][0-9]{2,8}", "value does not look like a valid VM ID"),
        ["pve-storage-id"] = (StorageId, "storage ID '{0}' contains illegal characters"),
        ["pve-storage-content"] = ("images|rootdir|vztmpl|iso|backup|snippets|import|none", "invalid content type '{0}'"),
        ["dns-name"] = (@"(" + Label + @"\.)*" + Label, "value does not look like a valid DNS name"),
        ["pve-userid"] = (User, "value '{0}' does not look like a valid user name"),
        ["pve-tokenid"] = (User + "!" + Realm, "value '{0}' does not look like a valid token ID"),
        ["pve-groupid"] = (Group, "group name '{0}' contains invalid characters"),
        ["pve-roleid"] = (Group, "role name '{0}' contains invalid characters"),
        ["pve-poolid"] = (Group + "(/" + Group + "){0,2}", "pool name '{0}' contains invalid characters"),
        ["pve-priv"] = (@"[A-Za-z.]+", "invalid privilege '{0}'"),
        ["pve-realm"] = (Realm, "value does not look like a valid realm"),
        ["email-opt"] = (@"|0|[\w+\-~]+(\.[\w+\-~]+)*@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*", "value does not look like a valid email address"),
        ["pve-configid"] = (Id, "invalid configuration ID '{0}'"),
        ["pve-bridge-id"] = ("[a-zA-Z0-9_.-]+", "invalid bridge ID '{0}'"),
        ["pve-iface"] = ("[a-zA-Z][a-zA-Z0-9_]{1,20}([:.][0-9]+)?", "invalid network interface name '{0}'"),
        ["mac-addr"] = ("[A-Fa-f0-9][02468ACEace](:[A-Fa-f0-9]{2}){5}", "value does not look like a valid unicast MAC address"),
        ["disk-size"] = (@"[0-9]+(\.[0-9]+)?[KMGT]?", "value does not look like a valid disk size: {0}"),
        ["pve-volume-id"] = (VolumeId, "unable to parse volume ID '{0}'"),
        ["pve-volume-id-or-qm-path"] = ("none|cdrom|cloudinit|/.*|" + VolumeId, "unable to parse volume ID '{0}'"),
        ["pve-volume-id-or-absolute-path"] = ("/.*|" + VolumeId, "unable to parse volume ID '{0}'"),
        ["urlencoded"] = (@"[-%a-zA-Z0-9_.!~*'()]*", "invalid urlencoded string: {0}"),
        ["pve-tag"] = (@"[a-zA-Z0-9_][a-zA-Z0-9_\-+.]*", "invalid characters in tag"),
        ["pve-qm-bootdisk"] = (@"(ide|sata|scsi|virtio)[0-9]+", "invalid boot disk '{0}'"),
        ["pve-task-status-type"] = ("(?i)(ok|error|warning|unknown)", "invalid status '{0}'"),
        ["pve-cpuset"] = (@"\s*[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\s*", "unable to parse cpuset option"),
        ["ipv4"] = (Ipv4, "value does not look like a valid IPv4 address"),
        ["pve-qm-bootdev"] = (@"(ide[0-3]|sata[0-5]|scsi([12]?[0-9]|30)|virtio([0-9]|1[0-5])|net([12]?[0-9]|3[01])|usb([0-9]|1[0-4])|hostpci([0-9]|1[0-5]))", "invalid boot device '{0}'"),
        ["pve-phys-bits"] = ("host|[89]|[1-5][0-9]|6[0-4]", "value must be an integer between 8 and 64 or 'host'"),
        ["pve-startup-order"] = (@"(?!0?\z)(\s*|((order|up|down)=)?[0-9]+)(,(\s*|((order|up|down)=)?[0-9]+))*", "unable to parse startup options"),
        ["storage-pair"] = (StorageId + "(:" + StorageId + ")?|1", "invalid storage mapping '{0}'"),
    };

    /// <summary>The format of a VM's random number generator (<c>rng0</c>).</summary>
    public static PropertyFormat RandomSource => Random;

    /// <summary>The format of a device of the host's PCI bus (<c>hostpci[n]</c>).</summary>
    public static PropertyFormat HostPci => HostPciKeys;

    /// <summary>What is wrong with the value, or null. A format that nobody has written down admits everything.</summary>
    /// <param name="format">The format's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">Where it stands: <c>boot</c>.</param>
    /// <param name="version">The version of the server, or null for the newest.</param>
    public static string? Problem(string format, string value, string path = "", PveVersionInfo? version = null)
    {
        if (format == "pve-vm-cpu-conf" || WithKeys.ContainsKey(format))
        {
            var keys = format == "pve-vm-cpu-conf" ? CpuFormat.Of(version) : WithKeys[format];
            return keys.Problem(value, path, version) is { } wrong ? wrong[..^1] : null;
        }

        if (format == "pve-storage-id" && value.Length < 2)
        {
            return $"storage ID '{value}' cannot be shorter than 2 characters";
        }

        if (format == "pve-poolid" && value.TrimEnd('/').Split('/').Length > 3)
        {
            return $"pool name '{value}' nested too deeply (max levels = 3)";
        }

        if (Known.TryGetValue(format, out var known))
        {
            return ValueCheck.Matches(known.Pattern, value)
                ? null
                : string.Format(System.Globalization.CultureInfo.InvariantCulture, known.Refusal, value);
        }

        return format switch
        {
            "address" => Address(value) ? null : $"value does not look like a valid address: {value}",
            "CIDR" => Cidr(value, AddressFamily.InterNetwork) || Cidr(value, AddressFamily.InterNetworkV6) ? null : "value does not look like a valid CIDR network",
            "ipv6" => IsIpv6(value) ? null : "value does not look like a valid IPv6 address",
            "pve-ipv4-config" => value is "dhcp" or "manual" || Cidr(value, AddressFamily.InterNetwork) ? null : "value does not look like a valid ipv4 network configuration",
            "pve-ipv6-config" => value is "auto" or "dhcp" or "manual" || Cidr(value, AddressFamily.InterNetworkV6) ? null : "value does not look like a valid ipv6 network configuration",
            "pve-hotplug-features" => value is "0" or "1" ? null : Split(value).Where(f => !HotplugFeatures.Contains(f)).Select(f => $"invalid hotplug feature '{f}'").FirstOrDefault(),
            _ when format.EndsWith("-list", StringComparison.Ordinal) =>
                Split(value).Select(v => Problem(format[..^"-list".Length], v)).FirstOrDefault(p => p is not null),
            _ => null,
        };
    }

    /// <summary>The members of a list, which commas, semicolons, NULs or white space separate.</summary>
    public static string[] Split(string? list) =>
        list?.Split([',', ';', '\0', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static readonly string[] HotplugFeatures = ["network", "disk", "cpu", "memory", "usb", "cloudinit"];

    private static bool Address(string value) => ValueCheck.Matches(Ipv4, value) || IsIpv6(value) || ValueCheck.Matches(Known["dns-name"].Pattern, value);

    private static bool IsIpv6(string value) =>
        value.Contains(':', StringComparison.Ordinal) && value.AsSpan().IndexOfAny('[', '%') < 0 && IPAddress.TryParse(value, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    // The server takes no network wider than /8.
    private static bool Cidr(string value, AddressFamily family)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && (family == AddressFamily.InterNetwork ? ValueCheck.Matches(Ipv4, value[..slash]) : IsIpv6(value[..slash]))
            && ValueCheck.Matches("[0-9]{1,5}", value[(slash + 1)..])
            && int.Parse(value.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture) is var bits && bits > 7 && bits <= (family == AddressFamily.InterNetwork ? 32 : 128);
    }
}
