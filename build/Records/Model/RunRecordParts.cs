using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;

namespace Records.Model;

/// <summary>A file and its hash.</summary>
/// <param name="Path">The path, with <c>/</c>, relative to the workspace or the repository.</param>
/// <param name="Sha256">64 lowercase hexadecimal digits.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record HashedFile(string Path, string Sha256);

/// <summary>The cluster that was built on.</summary>
/// <param name="Url">The API's address.</param>
/// <param name="Version">The version of Proxmox VE as the API says it.</param>
/// <param name="StorageVm">The storage of the disks.</param>
/// <param name="StorageIso">The storage of the installation media.</param>
/// <param name="Bridge">The bridge of the network card.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record ProxmoxFacts(string? Url, string? Version, string? StorageVm, string? StorageIso, string? Bridge)
{
    /// <summary>
    /// True when certificate checks were switched off for the run; absent otherwise, so that it stands out.
    /// </summary>
    [JsonProperty(NullValueHandling = NullValueHandling.Ignore)]
    public bool? Insecure { get; init; }
}

/// <summary>The Packer that built.</summary>
/// <param name="Version">Packer's version.</param>
/// <param name="Builder">The builder, such as <c>proxmox-iso</c>.</param>
/// <param name="PluginVersion">The Proxmox plugin's version; null where the builder is part of Packer.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record PackerFacts(string? Version, string? Builder, string? PluginVersion)
{
    /// <summary>True when Packer 1.6 built on a cluster because its user allowed it; absent otherwise, so that it stands out.</summary>
    [JsonProperty(NullValueHandling = NullValueHandling.Ignore)]
    public bool? OldAllowed { get; init; }
}

/// <summary>The repository that the build came from.</summary>
/// <param name="Commit">The commit's full hash.</param>
/// <param name="Dirty">Whether files differed from that commit.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record SourceFacts(string? Commit, bool? Dirty);

/// <summary>The template as the API describes it after the build.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmFacts
{
    /// <summary>The VM's name.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the VM is a template.</summary>
    public bool? Template { get; init; }

    /// <summary>Sockets.</summary>
    public int? Sockets { get; init; }

    /// <summary>Cores for each socket.</summary>
    public int? Cores { get; init; }

    /// <summary>The CPU type.</summary>
    public string? CpuType { get; init; }

    /// <summary>Memory in MiB.</summary>
    public int? MemoryMb { get; init; }

    /// <summary>Proxmox's <c>ostype</c>.</summary>
    public string? OsType { get; init; }

    /// <summary>The disks.</summary>
    public IReadOnlyList<VmDevice>? Disks { get; init; }

    /// <summary>The CD-ROM drives.</summary>
    public IReadOnlyList<VmDevice>? Cdrom { get; init; }

    /// <summary>The network cards.</summary>
    public IReadOnlyList<VmDevice>? Networks { get; init; }
}

/// <summary>One device of a VM, as the API's configuration has it.</summary>
/// <param name="Device">The key, such as <c>scsi0</c>.</param>
/// <param name="Value">The value, unchanged, such as <c>local-lvm:base-9000-disk-0,size=20G</c>.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmDevice(string Device, string Value);

/// <summary>The installation medium.</summary>
/// <param name="File">Its name on the storage.</param>
/// <param name="Url">Where it comes from.</param>
/// <param name="Sha256">Its SHA-256.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record IsoFacts(string? File, string? Url, string? Sha256);

/// <summary>The outcome of the smoke test: a clone of the template was started and asked.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record ValidationTest
{
    /// <summary>The outcome: <c>passed</c>, <c>failed</c> or <c>skipped</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Whether the guest agent answered.</summary>
    public bool? GuestAgent { get; init; }

    /// <summary>Whether the guest got an address.</summary>
    public bool? Network { get; init; }

    /// <summary>That address.</summary>
    public string? Address { get; init; }

    /// <summary>The operating system as the guest names itself.</summary>
    public string? Os { get; init; }
}

/// <summary>The link to the preceding record.</summary>
/// <param name="Record">The folder's name, such as <c>2026-11-22T191627Z</c>.</param>
/// <param name="Sha256">The SHA-256 of that record's <c>SHA256SUMS</c>.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record PreviousRecord(string Record, string Sha256);

/// <summary>Who signed the record.</summary>
/// <param name="Name">The name in <c>allowed_signers</c>.</param>
/// <param name="Fingerprint">The public key's fingerprint as <c>ssh-keygen -l</c> prints it: <c>SHA256:…</c>.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record SignerFacts(string Name, string Fingerprint);
