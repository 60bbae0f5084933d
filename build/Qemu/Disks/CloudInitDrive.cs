using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Qemu.Arguments;

namespace Qemu.Disks;

/// <summary>
/// The drive with which a clone is told what it is: what <c>PVE::QemuServer::Cloudinit</c> writes, as NoCloud (label
/// <c>cidata</c>) or, for Windows, as ConfigDrive 2 (label <c>config-2</c>).
/// </summary>
/// <param name="Label">The label of the volume.</param>
/// <param name="Files">Its files by path.</param>
public sealed record CloudInitDrive(string Label, IReadOnlyDictionary<string, string> Files)
{
    // The drive has four megabytes.
    private const int MostBytes = 3 << 20;

    /// <summary>What a VM is told.</summary>
    /// <param name="id">The VMID.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="password">Its password in plain text, or null.</param>
    /// <param name="nameserver">The name server where the configuration names none, or null.</param>
    /// <exception cref="QemuException">It cannot be told that.</exception>
    public static CloudInitDrive Of(int id, IReadOnlyDictionary<string, string> config, string? password, string? nameserver = null)
    {
        var windows = config.GetValueOrDefault("ostype") is { Length: > 0 } system && (system[0] == 'w' || system is "win7");
        var type = config.GetValueOrDefault("citype") ?? (windows ? "configdrive2" : "nocloud");
        var user = UserData(id, config, password);
        var drive = type switch
        {
            "nocloud" => NoCloud(user, NetworkVersion1(config, nameserver)),
            "configdrive2" => ConfigDrive(user, Interfaces(config, nameserver, windows), windows ? config : null, password),
            _ => throw new QemuException($"the cloud-init type '{type}' is nothing that the sandbox does with real machines"),
        };
        return drive.Files.Values.Sum(Encoding.UTF8.GetByteCount) <= MostBytes ? drive : throw new QemuException("Cloud-Init sum of snippets too big (> 3 MiB)");
    }

    /// <summary>Writes it as an image.</summary>
    /// <param name="tools">The programs.</param>
    /// <param name="file">The image, which is replaced.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task WriteAsync(QemuTools tools, string file, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("sandbox-cloudinit-");
        try
        {
            foreach (var (name, content) in Files)
            {
                var path = Path.Combine(folder.FullName, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, content, cancellation);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var beside = file + ".new";
            await ToolRun.DoAsync(tools.IsoMaker, ["-as", "mkisofs", "-quiet", "-iso-level", "3", "-J", "-R", "-V", Label, "-o", beside, folder.FullName], cancellation);
            File.Move(beside, file, overwrite: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CloudInitDrive NoCloud(string user, string network) => new("cidata", new Dictionary<string, string>
    {
        ["user-data"] = user, ["network-config"] = network, ["meta-data"] = $"instance-id: {Hash(user + network)}\n", ["vendor-data"] = "",
    });

    private static CloudInitDrive ConfigDrive(string user, string network, IReadOnlyDictionary<string, string>? windows, string? password)
    {
        var about = new JsonObject { ["uuid"] = Hash(user + network), ["network_config"] = new JsonObject { ["content_path"] = "/content/0000" } };
        if (windows is not null)
        {
            if (password is { Length: > 0 })
            {
                about["admin_pass"] = password;
            }

            if (Keys(windows) is { Count: > 0 } keys)
            {
                about["public_keys"] = new JsonObject(keys.Select((k, i) => KeyValuePair.Create($"key-{i}", (JsonNode?)JsonValue.Create(k))));
            }
        }

        return new("config-2", new Dictionary<string, string>
        {
            ["openstack/latest/user_data"] = user, ["openstack/content/0000"] = network, ["openstack/latest/meta_data.json"] = about.ToJsonString() + "\n",
            ["openstack/latest/vendor_data.json"] = "",
        });
    }

    private static string UserData(int id, IReadOnlyDictionary<string, string> config, string? password)
    {
        var name = config.GetValueOrDefault("name") ?? $"VM{id}";
        var host = name.Split('.')[0];
        var full = name.Contains('.', StringComparison.Ordinal) ? name : config.GetValueOrDefault("searchdomain") is { } domain ? $"{host}.{domain}" : host;
        var text = new StringBuilder("#cloud-config\n").Append(CultureInfo.InvariantCulture, $"hostname: {host}\nmanage_etc_hosts: true\nfqdn: {full}\n");
        var user = config.GetValueOrDefault("ciuser");
        if (user is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"user: {user}\n").Append(user == "root" ? "disable_root: False\n" : "");
        }

        if (password is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"password: {password}\n");
        }

        if (Keys(config) is { Count: > 0 } keys)
        {
            text.Append("ssh_authorized_keys:\n");
            keys.ForEach(k => text.Append(CultureInfo.InvariantCulture, $"  - {k}\n"));
        }

        text.Append("chpasswd:\n  expire: False\n").Append(user == "root" ? "" : "users:\n  - default\n");
        return text.Append(config.GetValueOrDefault("ciupgrade") is "0" ? "" : "package_upgrade: true\n").ToString();
    }

    private static List<string> Keys(IReadOnlyDictionary<string, string> config) =>
        [.. Uri.UnescapeDataString(config.GetValueOrDefault("sshkeys") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static IEnumerable<(int Number, string Mac, PropertyList Addresses)> Cards(IReadOnlyDictionary<string, string> config) =>
        from entry in config
        where entry.Key.StartsWith("net", StringComparison.Ordinal) && int.TryParse(entry.Key.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        let number = int.Parse(entry.Key.AsSpan(3), CultureInfo.InvariantCulture)
        let addresses = config.GetValueOrDefault($"ipconfig{number}")
        where addresses is not null
        orderby entry.Key
        let card = PropertyList.Parse(entry.Value, "model")
        select (number, card["macaddr"] ?? card.Names.Select(n => card[n]).FirstOrDefault(v => v?.Count(c => c == ':') == 5) ?? "", PropertyList.Parse(addresses, "ip"));

    private static (string[] Servers, string[] Domains) Dns(IReadOnlyDictionary<string, string> config, string? nameserver) =>
        ((config.GetValueOrDefault("nameserver") ?? nameserver ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries), (config.GetValueOrDefault("searchdomain") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string NetworkVersion1(IReadOnlyDictionary<string, string> config, string? nameserver)
    {
        var text = new StringBuilder("version: 1\nconfig:\n");
        foreach (var (number, mac, addresses) in Cards(config))
        {
            text.Append(CultureInfo.InvariantCulture, $"    - type: physical\n      name: eth{number}\n      mac_address: '{mac.ToLowerInvariant()}'\n      subnets:\n");
            if (addresses["ip"] is "dhcp")
            {
                text.Append("      - type: dhcp4\n");
            }
            else if (addresses["ip"] is { } ip)
            {
                var (address, mask) = Split(ip);
                text.Append(CultureInfo.InvariantCulture, $"      - type: static\n        address: '{address}'\n        netmask: '{mask}'\n").Append(Line(addresses["gw"], "        gateway: '{0}'\n"));
            }

            text.Append(addresses["ip6"] switch
            {
                null => "",
                "dhcp" => "      - type: dhcp6\n",
                "auto" => "      - type: ipv6_slaac\n",
                var ip6 => $"      - type: static6\n        address: '{ip6}'\n" + Line(addresses["gw6"], "        gateway: '{0}'\n"),
            });
        }

        var (servers, domains) = Dns(config, nameserver);
        text.Append("    - type: nameserver\n");
        text.Append(servers.Length == 0 ? "" : "      address:\n" + string.Concat(servers.Select(s => $"      - '{s}'\n")));
        return text.Append(domains.Length == 0 ? "" : "      search:\n" + string.Concat(domains.Select(s => $"      - '{s}'\n"))).ToString();
    }

    private static string Interfaces(IReadOnlyDictionary<string, string> config, string? nameserver, bool windows)
    {
        var (servers, domains) = Dns(config, nameserver);
        var text = new StringBuilder(windows ? "" : "auto lo\niface lo inet loopback\n\n");
        if (!windows)
        {
            text.Append(servers.Length == 0 ? "" : $"        dns_nameservers {string.Join(' ', servers)}\n").Append(domains.Length == 0 ? "" : $"        dns_search {string.Join(' ', domains)}\n");
        }

        var dns = windows && servers.Length > 0 ? $"        dns-nameservers {string.Join(' ', servers)}\n" : "";
        foreach (var (number, _, addresses) in Cards(config))
        {
            text.Append(CultureInfo.InvariantCulture, $"auto eth{number}\n");
            if (addresses["ip"] is "dhcp")
            {
                text.Append(CultureInfo.InvariantCulture, $"iface eth{number} inet dhcp\n");
            }
            else if (addresses["ip"] is { } ip)
            {
                var (address, mask) = Split(ip);
                text.Append(CultureInfo.InvariantCulture, $"iface eth{number} inet static\n        address {address}\n        netmask {mask}\n").Append(Line(addresses["gw"], "        gateway {0}\n")).Append(dns);
            }

            if (addresses["ip6"] is "dhcp" or "auto")
            {
                text.Append(CultureInfo.InvariantCulture, $"iface eth{number} inet6 {addresses["ip6"]}\n");
            }
            else if (addresses["ip6"]?.Split('/') is [var address6, var mask6])
            {
                text.Append(CultureInfo.InvariantCulture, $"iface eth{number} inet6 static\n        address {address6}\n        netmask {mask6}\n").Append(Line(addresses["gw6"], "        gateway {0}\n")).Append(dns);
            }
        }

        return text.ToString();
    }

    private static string Line(string? value, string format) => value is null ? "" : string.Format(CultureInfo.InvariantCulture, format, value);

    private static (string Address, string Mask) Split(string text)
    {
        if (text.Split('/') is not [var address, var length] || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) || bits > 32)
        {
            throw new QemuException($"not a CIDR: {text}");
        }

        var mask = bits == 0 ? 0u : uint.MaxValue << (32 - bits);
        return (address, new IPAddress([(byte)(mask >> 24), (byte)(mask >> 16), (byte)(mask >> 8), (byte)mask]).ToString());
    }

    // The server's own choice: the id changes whenever the contents do.
#pragma warning disable CA5350
    private static string Hash(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
}
