using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>What a VM is, read back from the API.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmFacts
{
    /// <summary>The VM's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether it is a template.</summary>
    public bool Template { get; init; }

    /// <summary>Sockets.</summary>
    public int Sockets { get; init; }

    /// <summary>Cores for each socket.</summary>
    public int Cores { get; init; }

    /// <summary>The CPU type, such as <c>host</c>.</summary>
    public string CpuType { get; init; } = "";

    /// <summary>The memory in MiB.</summary>
    public int MemoryMb { get; init; }

    /// <summary>Proxmox's OS type, such as <c>l26</c>.</summary>
    public string OsType { get; init; } = "";

    /// <summary>The disks.</summary>
    public IReadOnlyList<VmDisk> Disks { get; init; } = [];

    /// <summary>The CD-ROM drives, the cloud-init drive among them.</summary>
    public IReadOnlyList<VmCdrom> Cdrom { get; init; } = [];

    /// <summary>The network cards.</summary>
    public IReadOnlyList<VmNetwork> Networks { get; init; } = [];

    /// <summary>The firmware: <c>seabios</c> or <c>ovmf</c>.</summary>
    public string Bios { get; init; } = "";

    /// <summary>The machine type, such as <c>pc</c> or <c>q35</c>.</summary>
    public string Machine { get; init; } = "";

    /// <summary>The SCSI controller, such as <c>virtio-scsi-single</c>.</summary>
    public string ScsiController { get; init; } = "";

    /// <summary>The disk of the UEFI variables, or null.</summary>
    public VmDisk? EfiDisk { get; init; }

    /// <summary>The disk of the TPM's state, or null.</summary>
    public VmDisk? Tpm { get; init; }

    /// <summary>Whether the guest agent is switched on.</summary>
    public bool Agent { get; init; }

    /// <summary>What the firmware boots from, first to last; empty when that is left to Proxmox VE.</summary>
    public IReadOnlyList<string> BootOrder { get; init; } = [];

    /// <summary>The tags, in the order in which the server has them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The server's digest of the configuration (SHA-1), or null.</summary>
    public string? ConfigDigest { get; init; }

    /// <summary>The pool; null when it is in none, or the login may not see it. <see cref="ReadAsync"/> asks for it.</summary>
    public string? Pool { get; init; }

    /// <summary>
    /// The volumes that belong to the VM on the storages of its disks, with their sizes as the storages say; null when
    /// the login may not see them. <see cref="ReadAsync"/> asks for them.
    /// </summary>
    public IReadOnlyList<VolumeEntry>? Volumes { get; init; }

    /// <summary>All these devices as the configuration states them, by their slots.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Raw { get; init; } = new Dictionary<string, string>();

    /// <summary>The configuration that the facts are read from.</summary>
    [JsonIgnore]
    public VmConfig? Config { get; init; }

    /// <summary>Reads the facts of a VM: its configuration, its pool, and the volumes on the storages of its disks.</summary>
    /// <exception cref="Foundation.FailureException">The server does not answer or there is no such VM.</exception>
    public static async Task<VmFacts> ReadAsync(ProxmoxClient client, string node, int vmid, CancellationToken cancellation = default)
    {
        try
        {
            var facts = Of(await client.Node(node).Qemu(vmid).GetConfigAsync(cancellation));
            var entry = (await client.Cluster.GetVmsAsync(cancellation)).FirstOrDefault(v => v.Vmid == vmid);
            return facts with { Pool = entry?.Pool is { Length: > 0 } pool ? pool : null, Volumes = await VolumesAsync(client.Node(node), vmid, facts, cancellation) };
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Reading the configuration of VM {vmid} failed");
        }
    }

    /// <summary>
    /// The facts in a configuration. What it does not state has the default of Proxmox VE: one socket, one core,
    /// 512 MiB, CPU type <c>kvm64</c>, OS type <c>other</c>, <c>seabios</c>, machine <c>pc</c>, SCSI controller <c>lsi</c>.
    /// </summary>
    public static VmFacts Of(VmConfig config)
    {
        var drives = config.Devices("virtio", "scsi", "sata", "ide").ToList();
        var special = config.Devices("efidisk", "tpmstate").ToList();
        var cpu = PropertyString.Parse(config["cpu"] ?? "kvm64");
        return new VmFacts
        {
            Config = config,
            Name = config.Name,
            Template = config.Template,
            Sockets = config.Number("sockets") ?? 1,
            Cores = config.Number("cores") ?? 1,
            CpuType = cpu["cputype"] ?? cpu.Default,
            MemoryMb = Memory(config["memory"]),
            OsType = config["ostype"] ?? "other",
            Disks = [.. drives.Where(d => d.Value["media"] != "cdrom").Select(d => VmDisk.Of(d.Slot, d.Value))],
            Cdrom = [.. drives.Where(d => d.Value["media"] == "cdrom").Select(d => new VmCdrom(d.Slot, d.Value["file"] ?? d.Value.Default))],
            Bios = config["bios"] ?? "seabios",
            Machine = PropertyString.Parse(config["machine"] ?? "pc") is var machine ? machine["type"] ?? machine.Default : "",
            ScsiController = config["scsihw"] ?? "lsi",
            EfiDisk = special.Where(d => d.Slot.StartsWith("efi", StringComparison.Ordinal)).Select(d => VmDisk.Of(d.Slot, d.Value)).FirstOrDefault(),
            Tpm = special.Where(d => d.Slot.StartsWith("tpm", StringComparison.Ordinal)).Select(d => VmDisk.Of(d.Slot, d.Value)).FirstOrDefault(),
            Agent = PropertyString.Parse(config["agent"] ?? "0") is var agent && PveScalarConverter.Boolean(agent["enabled"] ?? agent.Default) == true,
            BootOrder = (PropertyString.Parse(config["boot"] ?? "")["order"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Tags = (config["tags"] ?? "").Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries),
            ConfigDigest = config["digest"],
            Raw = drives.Concat(special).Concat(config.Devices("net")).ToDictionary(d => d.Slot, d => d.Value.Text),
            Networks = [.. config.Devices("net").Select(n => VmNetwork.Of(n.Slot, n.Value))],
        };
    }

    /// <summary>Also the one of the cloud-init drive, which is a CD-ROM to the VM; media of installation belong to no VM.</summary>
    private static async Task<IReadOnlyList<VolumeEntry>?> VolumesAsync(NodeApi node, int vmid, VmFacts facts, CancellationToken cancellation)
    {
        var storages = facts.Disks.Append(facts.EfiDisk).Append(facts.Tpm).Select(d => d?.Storage)
            .Concat(facts.Cdrom.Where(c => !c.Volume.Contains(":iso/", StringComparison.Ordinal) && c.Volume.Contains(':')).Select(c => c.Volume.Split(':')[0]))
            .Where(s => !string.IsNullOrEmpty(s)).Distinct().Order(StringComparer.Ordinal);
        try
        {
            var volumes = new List<VolumeEntry>();
            foreach (var storage in storages)
            {
                volumes.AddRange((await node.Storage(storage!).GetContentAsync("images", vmid, cancellation)).Where(v => v.Vmid == vmid));
            }

            return [.. volumes.OrderBy(v => v.VolumeId, StringComparer.Ordinal)];
        }
        catch (ProxmoxApiException error) when (error.Status == 403)
        {
            return null;
        }
    }

    // Since version 8 it is a property string whose one key may be left out: "2048" or "current=2048".
    private static int Memory(string? text)
    {
        var memory = PropertyString.Parse(text ?? "512");
        return int.TryParse(
            memory["current"] ?? memory.Default, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var mib)
            ? mib : 0;
    }
}

/// <summary>A disk.</summary>
/// <param name="Slot">Where it is attached, such as <c>scsi0</c>.</param>
/// <param name="Bus">The bus: <c>scsi</c>, <c>virtio</c>, <c>sata</c>, <c>ide</c>.</param>
/// <param name="Storage">The storage.</param>
/// <param name="Volume">The volume's id.</param>
/// <param name="Size">The size as Proxmox writes it, such as <c>10G</c>.</param>
/// <param name="SizeBytes">The size in bytes, or null when the server does not say.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmDisk(string Slot, string Bus, string Storage, string Volume, string Size, long? SizeBytes)
{
    /// <summary>How it is cached: <c>none</c>, the default of Proxmox VE, or such as <c>writeback</c>.</summary>
    public string Cache { get; init; } = "none";

    internal static VmDisk Of(string slot, PropertyString value)
    {
        var volume = value["file"] ?? value.Default;
        var colon = volume.IndexOf(':', StringComparison.Ordinal);
        return new VmDisk(
            slot, slot.TrimEnd("0123456789".ToCharArray()), colon > 0 ? volume[..colon] : "", volume, value["size"] ?? "",
            PropertyString.Bytes(value["size"]))
        {
            Cache = value["cache"] ?? "none",
        };
    }
}

/// <summary>A CD-ROM drive.</summary>
/// <param name="Slot">Where it is attached, such as <c>ide2</c>.</param>
/// <param name="Volume">The volume in it, or <c>none</c>.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmCdrom(string Slot, string Volume);

/// <summary>A network card.</summary>
/// <param name="Slot">Where it is attached, such as <c>net0</c>.</param>
/// <param name="Model">The model, such as <c>virtio</c>.</param>
/// <param name="Mac">The MAC address.</param>
/// <param name="Bridge">The bridge.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmNetwork(string Slot, string Model, string Mac, string Bridge)
{
    private static readonly string[] Options =
        ["bridge", "firewall", "link_down", "mtu", "queues", "rate", "tag", "trunks", "model", "macaddr"];

    // The model is the key of the MAC address: "virtio=EE:F7:7C:F2:92:4D,bridge=vmbr0"; or both have keys of their own.
    internal static VmNetwork Of(string slot, PropertyString value)
    {
        var model = value["model"] ?? value.Keys.FirstOrDefault(k => !Options.Contains(k)) ?? value.Default;
        return new VmNetwork(slot, model, value["macaddr"] ?? value[model] ?? "", value["bridge"] ?? "");
    }
}
