using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;

namespace Records.Model;

/// <summary>A file and its hash.</summary>
/// <param name="Path">The path, with <c>/</c>, relative to the workspace or the repository.</param>
/// <param name="Sha256">64 lowercase hexadecimal digits.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record HashedFile(string Path, string Sha256);

/// <summary>A file that went into the workspace.</summary>
/// <param name="Path">The path in the workspace, with <c>/</c>.</param>
/// <param name="Sha256">64 lowercase hexadecimal digits.</param>
/// <param name="Source">The file in the repository that it is, or is made from; null when it was generated.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record InputFile(string Path, string Sha256, string? Source = null);

/// <summary>Who started a run and where: at a terminal the user; in CI what the platform says of itself.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record InvocationFacts
{
    /// <summary>The platform: <c>github</c>, <c>gitlab</c>, <c>azure</c>, <c>jenkins</c>; null at a terminal.</summary>
    public string? Ci { get; init; }

    /// <summary>The address of what defines the run on the platform; the provenance's builder id.</summary>
    public string? Builder { get; init; }

    /// <summary>The run's address; the provenance's invocation id.</summary>
    public string? Url { get; init; }

    /// <summary>Who started it, as the platform says.</summary>
    public string? Actor { get; init; }

    /// <summary>The repository, as the platform says.</summary>
    public string? Repository { get; init; }

    /// <summary>The job.</summary>
    public string? Job { get; init; }

    /// <summary>The user of the machine that the program ran as.</summary>
    public string? User { get; init; }
}

/// <summary>One thing that was given.</summary>
/// <param name="Name">The option's name, or <c>var.</c> and a variable's.</param>
/// <param name="Value">The value, secrets masked.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record GivenParameter(string Name, string Value);

/// <summary>A medium in a drive of the VM while it was built.</summary>
/// <param name="Device">The drive, such as <c>ide2</c>.</param>
/// <param name="Volume">The volume on the storage.</param>
/// <param name="Bytes">Its size as the storage says; null when it was not asked.</param>
/// <param name="Sha256">The checksum that the node compared before the build; null when none was compared.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record AttachedMedium(string Device, string Volume, long? Bytes, string? Sha256);

/// <summary>An unattended file of the build.</summary>
/// <param name="File">Its name in the record: <c>input.user-data</c>.</param>
/// <param name="Path">Its path in the workspace.</param>
/// <param name="Sha256">The SHA-256 of the file in the record.</param>
/// <param name="ServedSha256">The SHA-256 of the bytes that the installer was served.</param>
/// <param name="Difference">What differs between the two; null when nothing does.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record UnattendedFile(string File, string Path, string Sha256, string ServedSha256, string? Difference);

/// <summary>A provisioning step, from Packer's own output.</summary>
/// <param name="Script">The script's path in the workspace.</param>
/// <param name="ExitStatus">Its exit status; null when Packer did not tell.</param>
/// <param name="DurationSeconds">How long it took, upload included, in whole seconds.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record ProvisioningStep(string Script, int? ExitStatus, long? DurationSeconds);

/// <summary>The signed provenance of a record.</summary>
/// <param name="Envelope">The DSSE envelope in the record; null when there is none.</param>
/// <param name="Bundle">The same as a Sigstore bundle.</param>
/// <param name="Key">The public key that verifies it, relative to the records folder.</param>
/// <param name="WhyNone">Why there is none.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record AttestationFacts(string? Envelope, string? Bundle, string? Key, string? WhyNone);

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
/// <param name="Sha256">The SHA-256 of its program.</param>
/// <param name="Builder">The builder, such as <c>proxmox-iso</c>.</param>
/// <param name="PluginVersion">The Proxmox plugin's version; null where the builder is part of Packer.</param>
/// <param name="PluginSha256">The SHA-256 of the plugin's program.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record PackerFacts(string? Version, string? Sha256, string? Builder, string? PluginVersion, string? PluginSha256)
{
    /// <summary>The line of the log in which Packer says which program it started for its builder; absent when it does not say.</summary>
    [JsonProperty(NullValueHandling = NullValueHandling.Ignore)]
    public string? Started { get; init; }
}

/// <summary>The repository that the build came from.</summary>
/// <param name="Commit">The commit's full hash.</param>
/// <param name="Dirty">Whether files differed from that commit.</param>
/// <param name="Repository">Where the repository is, without credentials.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record SourceFacts(string? Commit, bool? Dirty, string? Repository = null);

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

    /// <summary>The firmware: <c>seabios</c> or <c>ovmf</c>.</summary>
    public string? Bios { get; init; }

    /// <summary>The machine type.</summary>
    public string? Machine { get; init; }

    /// <summary>The disk of the UEFI variables.</summary>
    public VmDisk? EfiDisk { get; init; }

    /// <summary>The disk of the TPM's state.</summary>
    public VmDisk? Tpm { get; init; }

    /// <summary>The SCSI controller.</summary>
    public string? ScsiController { get; init; }

    /// <summary>Whether the guest agent is switched on.</summary>
    public bool? Agent { get; init; }

    /// <summary>What the firmware boots from, first to last.</summary>
    public IReadOnlyList<string>? BootOrder { get; init; }

    /// <summary>The tags.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The pool.</summary>
    public string? Pool { get; init; }

    /// <summary>The server's digest of the configuration.</summary>
    public string? ConfigDigest { get; init; }

    /// <summary>The disks.</summary>
    public IReadOnlyList<VmDisk>? Disks { get; init; }

    /// <summary>The CD-ROM drives.</summary>
    public IReadOnlyList<VmDevice>? Cdrom { get; init; }

    /// <summary>The network cards.</summary>
    public IReadOnlyList<VmDevice>? Networks { get; init; }

    /// <summary>The volumes that belong to the template, with their sizes as the storages say.</summary>
    public IReadOnlyList<VmVolume>? Volumes { get; init; }
}

/// <summary>One device of a VM, as the API's configuration has it.</summary>
/// <param name="Device">The key, such as <c>scsi0</c>.</param>
/// <param name="Value">The value, unchanged, such as <c>local-lvm:base-9000-disk-0,size=20G</c>.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmDevice(string Device, string Value);

/// <summary>A disk of a VM.</summary>
/// <param name="Device">The key in the configuration, such as <c>scsi0</c>.</param>
/// <param name="Value">The value there, unchanged.</param>
/// <param name="Bus">The bus, such as <c>scsi</c>.</param>
/// <param name="Volume">The volume.</param>
/// <param name="Size">The size as the configuration states it, such as <c>20G</c>.</param>
/// <param name="Cache">How it is cached.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmDisk(string Device, string Value, string Bus, string Volume, string? Size, string? Cache);

/// <summary>A volume on a storage.</summary>
/// <param name="Volume">Its id, such as <c>local-lvm:base-9000-disk-0</c>.</param>
/// <param name="Format">Its format, such as <c>raw</c>.</param>
/// <param name="Bytes">Its size.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record VmVolume(string Volume, string? Format, long? Bytes);

/// <summary>The installation medium.</summary>
/// <param name="File">Its name on the storage.</param>
/// <param name="Url">Where it comes from.</param>
/// <param name="Sha256">Its SHA-256.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record IsoFacts(string? File, string? Url, string? Sha256);

/// <summary>A sandbox whose machines were real.</summary>
/// <param name="Machines">What ran them: <c>qemu</c>.</param>
/// <param name="Accelerator">With what: <c>kvm</c>, <c>hvf</c>, <c>whpx</c>, or <c>tcg</c>, which is emulation.</param>
/// <param name="QemuVersion">QEMU's version.</param>
/// <param name="Medium">The label that the installation medium has inside; null when nobody could read it.</param>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record SandboxFacts(string Machines, string? Accelerator, string? QemuVersion, string? Medium);

/// <summary>The outcome of the smoke test: a clone of the template was started and asked.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record ValidationTest
{
    /// <summary>The outcome: <c>passed</c>, <c>failed</c> or <c>skipped</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Why there was no test, in the template's own words; not there when there was one.</summary>
    [JsonProperty(Order = 1, NullValueHandling = NullValueHandling.Ignore)]
    public string? Reason { get; init; }

    /// <summary>Whether the guest agent answered.</summary>
    public bool? GuestAgent { get; init; }

    /// <summary>Whether the guest got an address.</summary>
    public bool? Network { get; init; }

    /// <summary>That address.</summary>
    public string? Address { get; init; }

    /// <summary>The operating system as the guest names itself.</summary>
    public string? Os { get; init; }

    /// <summary>What a login by SSH to the clone showed; not there when nobody was to log in.</summary>
    [JsonProperty(Order = 2, NullValueHandling = NullValueHandling.Ignore)]
    public LoginTest? Login { get; init; }
}

/// <summary>What a login by SSH to the clone showed. What could not be found out is null.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record LoginTest
{
    /// <summary>Why nobody could log in; null when somebody did.</summary>
    public string? NotRecorded { get; init; }

    /// <summary>The user that cloud-init made, who logged in.</summary>
    public string? User { get; init; }

    /// <summary>Whether the machine id was made in the clone.</summary>
    public bool? OwnMachineId { get; init; }

    /// <summary>Whether every SSH host key was made in the clone.</summary>
    public bool? OwnHostKeys { get; init; }

    /// <summary>Whether the user that built is gone.</summary>
    public bool? BuildUserGone { get; init; }

    /// <summary>What <c>cloud-init status</c> says.</summary>
    public string? CloudInit { get; init; }

    /// <summary>What <c>systemctl is-system-running</c> says.</summary>
    public string? System { get; init; }

    /// <summary>The units that failed.</summary>
    public IReadOnlyList<string>? FailedUnits { get; init; }

    /// <summary>Whether the root's partition and file system take the whole disk.</summary>
    public bool? DiskGrown { get; init; }

    /// <summary>How far the clone's clock was before that of the machine that built, in seconds.</summary>
    public long? ClockOffsetSeconds { get; init; }

    /// <summary>Whether secrets of the build, or its key, were looked for in the file system and not found.</summary>
    public bool? NoTraces { get; init; }
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
