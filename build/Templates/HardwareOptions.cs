using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;

namespace Templates;

/// <summary>How the system disk is attached, under the names of Packer's plugin.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record DiskSettings
{
    /// <summary>How the host caches: <c>none</c>, <c>writethrough</c>, <c>writeback</c>, <c>unsafe</c>, <c>directsync</c>.</summary>
    public string CacheMode { get; init; } = "none";

    /// <summary>Whether blocks that the guest frees go back to the storage; null for yes on the buses that do it, <c>scsi</c> and <c>virtio</c>.</summary>
    [JsonProperty(Required = Required.Default, NullValueHandling = NullValueHandling.Ignore)]
    public bool? Discard { get; init; }

    /// <summary>Whether the guest sees a solid-state disk; not on <c>virtio</c>.</summary>
    public bool Ssd { get; init; }

    /// <summary>How the host reads and writes: <c>io_uring</c>, <c>native</c>, <c>threads</c>; empty for the server's default.</summary>
    public string Asyncio { get; init; } = "";
}

/// <summary>A network card, under the names of Packer's plugin.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record NetworkAdapter
{
    /// <summary>The model.</summary>
    public string Model { get; init; } = "virtio";

    /// <summary>The bridge or VNet; empty for that of the connection.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>The VLAN, 1 to 4094; 0 for none, or for that of the connection's bridge.</summary>
    public int VlanTag { get; init; }

    /// <summary>Whether the server's firewall filters the card.</summary>
    public bool Firewall { get; init; }

    /// <summary>The largest packet in bytes; 1 for the bridge's, 0 for the default. Only with <c>virtio</c>.</summary>
    public int Mtu { get; init; }

    /// <summary>How many queues the card has; 0 for the default. Only with <c>virtio</c>.</summary>
    public int PacketQueues { get; init; }
}

/// <summary>The display.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record VgaSettings
{
    /// <summary>Proxmox's display type, such as <c>std</c>, <c>virtio</c> or <c>serial0</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>Its memory in MiB; 0 for the default.</summary>
    public int Memory { get; init; }
}

/// <summary>A source of random numbers.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record RngSettings
{
    /// <summary>The host's device.</summary>
    public string Source { get; init; } = "/dev/urandom";

    /// <summary>How many bytes the guest gets in a period.</summary>
    public int MaxBytes { get; init; } = 1024;

    /// <summary>The period in milliseconds.</summary>
    public int Period { get; init; } = 1000;
}
