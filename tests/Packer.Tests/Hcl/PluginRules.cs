using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Packer.Tests.Hcl;

/// <summary>
/// What the plugin's validation refuses or warns of, as in <see cref="PluginFacts.Rules"/>. Written from the plugin's own
/// <c>Prepare</c> functions, not from what the program sends.
/// </summary>
internal static partial class PluginRules
{
    private static readonly string[] Deprecated =
        ["iso_file", "iso_url", "iso_urls", "iso_checksum", "iso_storage_pool", "iso_download_pve", "unmount_iso", "iso_target_path", "iso_target_extension", "efidisk"];

    /// <summary>Each rule that a configuration breaks.</summary>
    public static IEnumerable<string> Broken(JObject c) =>
        [.. Common(c), .. Http(c), .. Blocks(c, "disks").SelectMany(d => Disk(c, d)), .. Media(c), .. Firmware(c), .. Devices(c)];

    private static IEnumerable<string> Common(JObject c)
    {
        var id = (int?)c["vm_id"] ?? 0;
        if (id != 0 && id is < 100 or > 999_999_999)
        {
            yield return "vm_id is from 100 to 999999999";
        }

        foreach (var name in new[] { "vm_name", "template_name" }.Where(n => Text(c, n) is { Length: > 0 } text && !DnsName().IsMatch(text)))
        {
            yield return $"{name} is a DNS name";
        }

        if (((int?)c["ballooning_minimum"] ?? 0) > ((int?)c["memory"] ?? 512))
        {
            yield return "ballooning_minimum is not above memory";
        }

        foreach (var name in new[] { "node", "proxmox_url" }.Where(n => Text(c, n).Length == 0))
        {
            yield return $"{name} is required";
        }

        foreach (var name in Deprecated.Where(c.ContainsKey))
        {
            yield return $"{name} is deprecated";
        }

        foreach (var name in c.Properties().Where(p => p.Name is "task_timeout" or "boot_wait" or "boot_key_interval" or "boot_keygroup_interval" or "ssh_timeout" or "winrm_timeout" or "pause_before_connecting")
            .Where(p => !Duration().IsMatch((string?)p.Value ?? "")))
        {
            yield return $"{name} is no duration";
        }
    }

    private static IEnumerable<string> Http(JObject c)
    {
        if (Text(c, "http_interface").Length > 0 && Text(c, "http_bind_address").Length > 0)
        {
            yield return "either http_interface or http_bind_address can be specified";
        }

        if (((int?)c["http_port_min"] ?? 8000) > ((int?)c["http_port_max"] ?? 9000))
        {
            yield return "http_port_min must be less than http_port_max";
        }

        if (Text(c, "http_directory").Length > 0 && c["http_content"] is not null)
        {
            yield return "http_content and http_directory exclude each other";
        }

        if (Text(c, "http_interface") == "lo")
        {
            yield return "the plugin finds no address on lo";
        }
    }

    private static IEnumerable<string> Disk(JObject c, JObject disk)
    {
        var type = Text(disk, "type");
        if ((bool?)disk["io_thread"] == true && (Text(c, "scsi_controller") != "virtio-scsi-single" || type is not ("scsi" or "virtio")))
        {
            yield return "disks.io_thread needs virtio-scsi-single and scsi or virtio";
        }

        if ((bool?)disk["ssd"] == true && type == "virtio")
        {
            yield return "disks.ssd is refused with virtio";
        }

        if (Text(disk, "asyncio") is not ("" or "native" or "threads" or "io_uring"))
        {
            yield return "disks.asyncio is native, threads or io_uring";
        }

        if (Text(disk, "storage_pool").Length == 0)
        {
            yield return "disks.storage_pool is required";
        }

        if (Text(disk, "storage_pool_type").Length > 0)
        {
            yield return "disks.storage_pool_type is deprecated";
        }
    }

    private static IEnumerable<string> Media(JObject c)
    {
        if (Blocks(c, "boot_iso").Count == 0)
        {
            yield return "boot_iso is missing";
        }

        foreach (var (name, medium) in new[] { "boot_iso", "additional_iso_files" }.SelectMany(n => Blocks(c, n).Select(m => (n, m))))
        {
            var file = Text(medium, "iso_file").Length > 0;
            var url = Text(medium, "iso_url").Length > 0 || medium["iso_urls"] is not null;
            var content = medium["cd_files"] is not null || medium["cd_content"] is not null;
            if (new[] { file, url, content }.Count(x => x) != 1)
            {
                yield return $"{name}: exactly one of iso_file, iso_url, cd_files or cd_content";
            }

            if (file && !IsoFile().IsMatch(Text(medium, "iso_file")))
            {
                yield return $"{name}.iso_file is <storage>:iso/<name>";
            }

            if ((url || content) && Text(medium, "iso_storage_pool").Length == 0)
            {
                yield return $"{name}.iso_storage_pool is missing";
            }

            if ((bool?)medium["iso_download_pve"] == true && !url)
            {
                yield return $"{name}.iso_download_pve only with iso_url";
            }

            if (Text(medium, "type") is not ("" or "ide" or "sata" or "scsi"))
            {
                yield return $"{name}.type is ide, sata or scsi";
            }

            if (Text(medium, "device").Length > 0)
            {
                yield return $"{name}.device is deprecated";
            }

            var highest = Text(medium, "type") switch { "sata" => 5, "scsi" => 30, _ => 3 };
            if (Text(medium, "index") is { Length: > 0 } index && (!int.TryParse(index, out var number) || number < 0 || number > highest))
            {
                yield return $"{name}.index is at most {highest}";
            }
        }
    }

    private static IEnumerable<string> Firmware(JObject c)
    {
        foreach (var efi in Blocks(c, "efi_config"))
        {
            if (Text(efi, "efi_storage_pool").Length == 0)
            {
                yield return "efi_config.efi_storage_pool is missing";
            }

            if (Text(efi, "efi_type") is not ("" or "2m" or "4m"))
            {
                yield return "efi_config.efi_type is 2m or 4m";
            }
        }

        foreach (var tpm in Blocks(c, "tpm_config"))
        {
            if (Text(tpm, "tpm_storage_pool").Length == 0)
            {
                yield return "tpm_config.tpm_storage_pool is missing";
            }

            if (Text(tpm, "tpm_version") is not ("" or "v1.2" or "v2.0"))
            {
                yield return "tpm_config.tpm_version is v1.2 or v2.0";
            }
        }

        if ((bool?)c["cloud_init"] == true)
        {
            if (Text(c, "cloud_init_disk_type") is not ("" or "ide" or "scsi" or "sata"))
            {
                yield return "cloud_init_disk_type is ide, scsi or sata";
            }

            if (Text(c, "cloud_init_storage_pool").Length == 0 && Blocks(c, "disks").Count == 0)
            {
                yield return "cloud_init has no storage";
            }

            if (!HasPlaceForCloudInit(c))
            {
                yield return "cloud_init has no free place";
            }
        }
    }

    // Places that media still occupy do not count as free.
    private static bool HasPlaceForCloudInit(JObject c)
    {
        var bus = Text(c, "cloud_init_disk_type") is { Length: > 0 } type ? type : "ide";
        var places = bus switch { "ide" => 4, "sata" => 6, _ => 31 };
        var media = new[] { "boot_iso", "additional_iso_files" }.SelectMany(n => Blocks(c, n))
            .Count(m => (Text(m, "type") is { Length: > 0 } on ? on : "ide") == bus);
        return media + Blocks(c, "disks").Count(d => (Text(d, "type") is { Length: > 0 } on ? on : "scsi") == bus) < places;
    }

    private static IEnumerable<string> Devices(JObject c)
    {
        foreach (var nic in Blocks(c, "network_adapters"))
        {
            if (Text(nic, "bridge").Length == 0)
            {
                yield return "network_adapters.bridge is required";
            }

            if ((int?)nic["packet_queues"] is > 0 && Text(nic, "model") != "virtio")
            {
                yield return "network_adapters.packet_queues only with virtio";
            }

            if ((int?)nic["mtu"] is < 0 or > 65520)
            {
                yield return "network_adapters.mtu is 0 to 65520";
            }
        }

        foreach (var rng in Blocks(c, "rng0"))
        {
            if (Text(rng, "source") is not ("/dev/urandom" or "/dev/random" or "/dev/hwrng"))
            {
                yield return "rng0.source is a device";
            }

            if (((int?)rng["max_bytes"] ?? 0) <= 0)
            {
                yield return "rng0.max_bytes 0 warns";
            }
        }

        var serials = c["serials"] as JArray ?? [];
        if (serials.Count > 4 || serials.Any(s => !Serial().IsMatch((string)s!)))
        {
            yield return "serials: at most four, each /dev/… or socket";
        }

        foreach (var device in Blocks(c, "pci_devices"))
        {
            if ((Text(device, "host").Length > 0) == (Text(device, "mapping").Length > 0))
            {
                yield return "pci_devices: host or mapping";
            }

            if ((bool?)device["pcie"] == true && !Text(c, "machine").Contains("q35", StringComparison.Ordinal))
            {
                yield return "pci_devices.pcie needs q35";
            }
        }
    }

    private static List<JObject> Blocks(JObject c, string name) => [.. (c[name] as JArray ?? []).OfType<JObject>()];

    private static string Text(JObject c, string name) => (string?)c[name] ?? "";

    [GeneratedRegex(@"^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$")]
    private static partial Regex DnsName();

    [GeneratedRegex(@"^.+:iso/.+$")]
    private static partial Regex IsoFile();

    [GeneratedRegex(@"^(/dev/.+|socket)$")]
    private static partial Regex Serial();

    [GeneratedRegex(@"^-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+$|^0$")]
    private static partial Regex Duration();
}
