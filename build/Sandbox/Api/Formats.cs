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
    private const string Base64 = @"[A-Za-z0-9+\/]+={0,2}";

    private static readonly PropertyFormat Random =
        new("source", P.Whole("max_bytes?"), P.Whole("period?"), P.OneOf("source", "/dev/urandom", "/dev/random", "/dev/hwrng"));

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
        ["pve-qm-watchdog"] = new("model", P.OneOf("action?", "reset", "shutdown", "poweroff", "pause", "debug", "none"), P.OneOf("model?", "i6300esb", "ib700")),
    };

    private const string Option = "[a-zA-Z0-9_.-]+(=[^,]*)?";

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
        ["email-opt"] = (@"|[A-Za-z0-9+._'~-]+@[A-Za-z0-9.-]+", "value does not look like a valid email address"),
        ["pve-configid"] = (Id, "invalid configuration ID '{0}'"),
        ["pve-bridge-id"] = ("[a-zA-Z0-9_.-]{1,20}", "invalid bridge ID '{0}'"),
        ["pve-iface"] = ("[a-zA-Z][a-zA-Z0-9_]{1,20}([:.][0-9]+)?", "invalid network interface name '{0}'"),
        ["mac-addr"] = ("[A-Fa-f0-9][02468ACEace](:[A-Fa-f0-9]{2}){5}", "value does not look like a valid unicast MAC address"),
        ["disk-size"] = (@"[0-9]+(\.[0-9]+)?[KMGT]?", "value does not look like a valid disk size: {0}"),
        ["pve-volume-id"] = (VolumeId, "unable to parse volume ID '{0}'"),
        ["pve-volume-id-or-qm-path"] = ("none|cdrom|cloudinit|/.*|" + VolumeId, "unable to parse volume ID '{0}'"),
        ["pve-volume-id-or-absolute-path"] = ("/.*|" + VolumeId, "unable to parse volume ID '{0}'"),
        ["urlencoded"] = (@"[-%a-zA-Z0-9_.!~*'()]*", "invalid urlencoded string: {0}"),
        ["pve-tag"] = (@"[a-zA-Z0-9_][a-zA-Z0-9_\-+.]*", "invalid characters in tag"),
        ["pve-qm-bootdisk"] = (@"(ide|sata|scsi|virtio)[0-9]+", "invalid boot disk '{0}'"),
        ["pve-task-status-type"] = ("ok|error|warning|unknown", "invalid status type '{0}'"),
        ["pve-cpuset"] = (@"\s*[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\s*", "invalid CPU set '{0}'"),
        ["pve-qm-bootdev"] = (@"(ide[0-3]|sata[0-5]|scsi([12]?[0-9]|30)|virtio([0-9]|1[0-5])|net([12]?[0-9]|3[01])|(usb|hostpci)[0-9]+)", "invalid boot device '{0}'"),
        ["pve-phys-bits"] = ("host|[89]|[1-5][0-9]|6[0-4]", "value must be an integer between 8 and 64 or 'host'"),
        ["pve-hotplug-features"] = ("[01]|(network|disk|cpu|memory|usb|cloudinit)([,;](network|disk|cpu|memory|usb|cloudinit))*", "unable to parse hotplug option"),
        ["pve-startup-order"] = (@"(order=)?[0-9]+(,(up|down)=[0-9]+)*|(up|down)=[0-9]+(,(up|down)=[0-9]+)*", "unable to parse startup options"),
        ["storage-pair"] = (StorageId + "(:" + StorageId + ")?|1", "invalid storage mapping '{0}'"),
        ["pve-qm-hostpci"] = (@"[^,]+(," + Option + ")*", "unable to parse hostpci options '{0}'"),
        ["pve-qemu-sev-fmt"] = (@"(type=)?(std|es|snp)(," + Option + ")*", "unable to parse amd-sev options '{0}'"),
        ["pve-qemu-tdx-fmt"] = (@"(type=)?tdx(," + Option + ")*", "unable to parse intel-tdx options '{0}'"),
    };

    /// <summary>The format of a VM's random number generator (<c>rng0</c>).</summary>
    public static PropertyFormat RandomSource => Random;

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
            return keys.Problem(value, path) is { } wrong ? wrong[..^1] : null;
        }

        if (Known.TryGetValue(format, out var known))
        {
            return ValueCheck.Matches(known.Pattern, value)
                ? null
                : string.Format(System.Globalization.CultureInfo.InvariantCulture, known.Refusal, value);
        }

        return format switch
        {
            "address" => Address(value) ? null : "value does not look like a valid IP address or hostname",
            "CIDR" => Cidr(value, null) ? null : "value does not look like a valid CIDR network",
            "pve-qm-ipconfig" => IpConfig(value),
            _ when format.EndsWith("-list", StringComparison.Ordinal) =>
                Split(value).Select(v => Problem(format[..^"-list".Length], v)).FirstOrDefault(p => p is not null),
            _ => null,
        };
    }

    /// <summary>The members of a list, which commas, semicolons, NULs or white space separate.</summary>
    public static string[] Split(string? list) =>
        list?.Split([',', ';', '\0', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool Address(string value) =>
        IPAddress.TryParse(value, out _) || ValueCheck.Matches(Known["dns-name"].Pattern, value);

    private static bool Cidr(string value, AddressFamily? family) =>
        IPNetwork.TryParse(value, out var network) ? family is null || network.BaseAddress.AddressFamily == family : AddressOfCidr(value, family);

    // An interface's address has bits beyond the prefix, which IPNetwork refuses.
    private static bool AddressOfCidr(string value, AddressFamily? family)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IPAddress.TryParse(value.AsSpan(0, slash), out var address)
            && (family is null || address.AddressFamily == family)
            && int.TryParse(value.AsSpan(slash + 1), out var bits)
            && bits >= 0 && bits <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    private static string? IpConfig(string value)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in value.Split(','))
        {
            var pair = part.Split('=', 2);
            if (pair.Length != 2 || !seen.TryAdd(pair[0], pair[1]))
            {
                return $"format error: '{part}'";
            }

            var valid = pair[0] switch
            {
                "ip" => pair[1] == "dhcp" || Cidr(pair[1], AddressFamily.InterNetwork),
                "ip6" => pair[1] is "dhcp" or "auto" || Cidr(pair[1], AddressFamily.InterNetworkV6),
                "gw" => IPAddress.TryParse(pair[1], out var gw) && gw.AddressFamily == AddressFamily.InterNetwork,
                "gw6" => IPAddress.TryParse(pair[1], out var gw6) && gw6.AddressFamily == AddressFamily.InterNetworkV6,
                _ => false,
            };
            if (!valid)
            {
                return $"format error: {pair[0]}: value '{pair[1]}' is not valid";
            }
        }

        return (seen.ContainsKey("gw") && !seen.ContainsKey("ip")) || (seen.ContainsKey("gw6") && !seen.ContainsKey("ip6"))
            ? "gateway specified without specifying an IP address"
            : null;
    }
}
