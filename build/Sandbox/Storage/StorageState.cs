using System.Text.Json.Serialization;
using Foundation;
using Guest;

namespace Sandbox.Storage;

/// <summary>A storage of the node.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Type">Its plugin: <c>dir</c> or <c>lvmthin</c>.</param>
/// <param name="Content">What it holds.</param>
/// <param name="TotalBytes">Its size.</param>
internal sealed record StorageEntry(string Id, string Type, IReadOnlyList<string> Content, long TotalBytes)
{
    /// <summary>Those of a fresh installation of Proxmox VE.</summary>
    public static readonly IReadOnlyList<StorageEntry> OfFreshNode =
    [
        new("local", "dir", ["backup", "import", "iso", "vztmpl"], 200L << 30),
        new("local-lvm", "lvmthin", ["images", "rootdir"], 2L << 40),
    ];

    /// <summary>The storage that the nodes of a cluster share.</summary>
    public static readonly StorageEntry OfCluster =
        new("shared", "nfs", ["images", "iso", "vztmpl", "backup", "snippets", "import"], 4L << 40) { Shared = true };

    /// <summary>Whether every node sees the same volumes on it.</summary>
    public bool Shared { get; init; }

    /// <summary>Whether its volumes are files, so that something can be uploaded to it.</summary>
    public bool HasFiles => Type is "dir" or "nfs";

    /// <summary>The folder of a directory, as the API shows it.</summary>
    public string Path => Id == "local" ? "/var/lib/vz" : $"/mnt/{Id}";

    /// <summary>Reads <c>name:type</c>, or <c>name:type:content</c> with what it takes joined by <c>+</c>.</summary>
    /// <exception cref="FailureException">It is none (usage).</exception>
    public static StorageEntry Parse(string text) => text.Split(':') switch
    {
        [{ Length: > 0 } name, "dir"] when IsName(name) => new(name, "dir", ["backup", "images", "import", "iso", "rootdir", "snippets", "vztmpl"], 500L << 30),
        [{ Length: > 0 } name, "dir", { Length: > 0 } content] when IsName(name) => new(name, "dir", content.Split('+'), 500L << 30),
        [{ Length: > 0 } name, "lvmthin"] when IsName(name) => new(name, "lvmthin", ["images", "rootdir"], 1L << 40),
        _ => throw new FailureException(FailureKind.Usage, $"'{text}' is no storage for the sandbox", null, "Write it like fast:lvmthin or share:dir"),
    };

    private static bool IsName(string name) => char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>What a disk is for, which decides what it has at first.</summary>
internal enum VolumePurpose
{
    Disk,
    Firmware,
    FirmwareKeys,
    TpmState,
    CloudInit,
}

/// <summary>A volume: a disk, or a file such as an ISO image.</summary>
internal sealed class Volume
{
    public required string Storage { get; init; }

    /// <summary>The node whose local storage it is on; empty on a shared one.</summary>
    public string Node { get; set; } = "";

    /// <summary>The name on its storage: <c>vm-101-disk-0</c> or <c>iso/debian.iso</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>images</c>, <c>iso</c>, <c>vztmpl</c>, <c>snippets</c>, <c>import</c>.</summary>
    public required string Content { get; init; }

    public string Format { get; set; } = "raw";

    public VolumePurpose Purpose { get; init; }

    public long SizeBytes { get; set; }

    /// <summary>When it was made, in seconds since 1970.</summary>
    public long Created { get; init; }

    /// <summary>The VM that it belongs to, or 0.</summary>
    public int Owner { get; init; }

    public string? Notes { get; set; }

    public bool Protected { get; set; }

    /// <summary>The base image that it was cloned from and still needs.</summary>
    public string? Parent { get; init; }

    /// <summary>The medium that a placeholder stands for, by its file name in the catalogue; null for real content.</summary>
    public string? PlaceholderFor { get; init; }

    /// <summary>The operating system that was installed on the disk.</summary>
    [JsonIgnore]
    public GuestSystem? System { get; set; }

    /// <summary>What of <see cref="System"/> goes to the disk: everything but passwords.</summary>
    [JsonPropertyName("System")]
    public GuestSystem? StoredSystem
    {
        get => System is null ? null : System with { Accounts = [.. System.Accounts.Select(a => a with { Password = null })] };
        init => System = value;
    }

    [JsonIgnore]
    public string Id => $"{Storage}:{Name}";
}
