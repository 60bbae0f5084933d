using System.Text.Json.Serialization;
using Guest;

namespace Sandbox.Machines;

/// <summary>What a VM was at a moment: its configuration, and what was on its disks.</summary>
internal sealed class Snapshot
{
    /// <summary>The configuration.</summary>
    public SortedDictionary<string, string> Config { get; init; } = new(StringComparer.Ordinal);

    /// <summary>When it was taken, in seconds since 1970.</summary>
    public long Time { get; init; }

    public string? Description { get; set; }

    /// <summary>The snapshot before it.</summary>
    public string? Parent { get; set; }

    /// <summary>Whether the VM ran and its memory was kept, so that it runs again after a rollback.</summary>
    public bool WithMemory { get; init; }

    /// <summary>The system on each disk, by volume.</summary>
    [JsonIgnore]
    public Dictionary<string, GuestSystem> Systems { get; init; } = [];

    /// <summary>What of <see cref="Systems"/> goes to the disk: everything but passwords.</summary>
    [JsonPropertyName("Systems")]
    public Dictionary<string, GuestSystem> StoredSystems
    {
        get => Systems.ToDictionary(s => s.Key, s => s.Value with { Accounts = [.. s.Value.Accounts.Select(a => a with { Password = null })] });
        init => Systems = value;
    }
}
