using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>A virtual machine: its configuration and whether it runs.</summary>
internal sealed class Machine
{
    public required int Id { get; init; }

    /// <summary>The node that it is on.</summary>
    public string Node { get; set; } = "";

    /// <summary>The configuration as the server stores it: one text for each key.</summary>
    public SortedDictionary<string, string> Config { get; init; } = new(StringComparer.Ordinal);

    // What an older format does not have keeps its initial value only where it can be set.

    /// <summary>What was changed while it ran and takes effect when it is started again.</summary>
    public SortedDictionary<string, string> Pending { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The keys that go when it is started again; true: with their volume.</summary>
    public SortedDictionary<string, bool> PendingDelete { get; set; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Snapshot> Snapshots { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The snapshot that it was last rolled back to, or that was taken last.</summary>
    public string? SnapshotParent { get; set; }

    public bool Running { get; set; }

    /// <summary>When it was started, in seconds since 1970.</summary>
    public long Started { get; set; }

    /// <summary>The cloud-init password in plain text, which the guest needs and no disk gets.</summary>
    [JsonIgnore]
    public string? CloudInitPassword { get; set; }

    [JsonIgnore]
    public bool IsTemplate => Config.GetValueOrDefault("template") == "1";

    /// <summary>Whether it has been made already: until then it has nothing but a lock, or what its creation has set.</summary>
    [JsonIgnore]
    public bool IsMade => Config.ContainsKey("meta");

    [JsonIgnore]
    public string? Lock => Config.GetValueOrDefault("lock");

    [JsonIgnore]
    public string Name => Config.GetValueOrDefault("name") ?? $"VM {Id}";

    [JsonIgnore]
    public long MemoryBytes => long.Parse(MemoryFormat.Parse(Config.GetValueOrDefault("memory") ?? "512")["current"]!, CultureInfo.InvariantCulture) << 20;

    [JsonIgnore]
    public int Cpus => Number("sockets", 1) * Number("cores", 1);

    /// <summary>SHA-1 over the configuration: a client that changes it can say what it thinks it is changing.</summary>
    [JsonIgnore]
    public string Digest => Convert.ToHexStringLower(Sha1(string.Concat(Config.Select(c => $"{c.Key}: {c.Value}\n"))));

    /// <summary>The drives: name and property string.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, PropertyString Drive)> Drives =>
        Config.Where(c => DriveFormats.ForDrive(c.Key) is not null).Select(c => (c.Key, DriveFormats.ForDrive(c.Key)!.Parse(c.Value)));

    /// <summary>The network cards, by number.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, PropertyString Card)> Cards =>
        Config.Where(c => MachineParameters.IsNumbered(c.Key, "net")).Select(c => (c.Key, DriveFormats.Net.Parse(c.Value)));

    private static PropertyFormat MemoryFormat => MachineParameters.Memory;

    public static bool IsCdrom(PropertyString drive) => drive["media"] == "cdrom";

    public static bool IsCloudInit(PropertyString drive) =>
        drive["file"] is { } file && ValueCheck.Matches(@".*[:/](vm-[0-9]+-)?cloudinit(\.(raw|qcow2|vmdk))?", file);

    /// <summary>The drives and cards in the order in which the firmware tries them.</summary>
    public IReadOnlyList<string> BootOrder()
    {
        var boot = Config.GetValueOrDefault("boot") ?? "";
        if (boot.StartsWith("order=", StringComparison.Ordinal))
        {
            return boot["order=".Length..].Split(';', StringSplitOptions.RemoveEmptyEntries);
        }

        if (boot.StartsWith("legacy=", StringComparison.Ordinal))
        {
            boot = boot["legacy=".Length..];
        }

        var order = new List<string>();
        foreach (var letter in boot.Length == 0 ? "cdn" : boot)
        {
            order.AddRange(letter switch
            {
                'c' => Config.TryGetValue("bootdisk", out var disk) ? [disk] : Drives.Where(d => !IsCdrom(d.Drive)).Select(d => d.Name).Take(1),
                'd' => Drives.Where(d => IsCdrom(d.Drive)).Select(d => d.Name),
                _ => Cards.Select(c => c.Name),
            });
        }

        return order;
    }

    private int Number(string key, int otherwise) =>
        Config.TryGetValue(key, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    // The digest that the API has always had; it guards against mix-ups, not against attackers.
#pragma warning disable CA5350
    private static byte[] Sha1(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
}
