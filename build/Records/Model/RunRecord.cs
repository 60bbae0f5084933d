using Newtonsoft.Json;
using Newtonsoft.Json.Converters;
using Newtonsoft.Json.Serialization;

namespace Records.Model;

/// <summary>What a record is about.</summary>
[JsonConverter(typeof(StringEnumConverter), typeof(SnakeCaseNamingStrategy))]
public enum RecordType
{
    /// <summary>The build of a template.</summary>
    Build,

    /// <summary>The setting up of access to a cluster.</summary>
    Init,
}

/// <summary>
/// The content of <c>run.json</c>: what is known of one run. What is not known is null and is said to be "not
/// recorded"; nothing is guessed. The order of the members is the order in the file.
/// </summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy))]
public sealed record RunRecord
{
    /// <summary>The version of the format that this program writes. It reads and verifies all versions up to this one.</summary>
    public const int CurrentSchemaVersion = 2;

    /// <summary>The version of this format.</summary>
    [JsonProperty(Order = 1)]
    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>What the record is about.</summary>
    [JsonProperty(Order = 2)]
    public required RecordType Type { get; init; }

    /// <summary><c>proxmox</c> or <c>sandbox</c>.</summary>
    [JsonProperty(Order = 3)]
    public required string Environment { get; init; }

    /// <summary>The folder's name, such as <c>2026-11-22T191627Z</c>. Sealing sets it.</summary>
    [JsonProperty(Order = 4)]
    public string? TimestampUtc { get; init; }

    /// <summary>When the run started, to the second.</summary>
    [JsonProperty(Order = 5), JsonConverter(typeof(UtcSecondConverter))]
    public DateTimeOffset? StartedUtc { get; init; }

    /// <summary>When the run finished, to the second.</summary>
    [JsonProperty(Order = 6), JsonConverter(typeof(UtcSecondConverter))]
    public DateTimeOffset? FinishedUtc { get; init; }

    /// <summary>How long the run took, in whole seconds.</summary>
    [JsonProperty(Order = 7)]
    public long? DurationSeconds { get; init; }

    /// <summary>The name of the machine that this program ran on.</summary>
    [JsonProperty(Order = 8)]
    public string? Host { get; init; }

    /// <summary>Who started the run, and where.</summary>
    [JsonProperty(Order = 9)]
    public InvocationFacts? Invocation { get; init; }

    /// <summary>What ties the record to the runtime logs: <see cref="Foundation.ChainId"/>.</summary>
    [JsonProperty(Order = 10)]
    public string? ChainId { get; init; }

    /// <summary>The version of the program that made the record.</summary>
    [JsonProperty(Order = 11)]
    public string? ProgramVersion { get; init; }

    /// <summary>The template's id; null in an init record.</summary>
    [JsonProperty(Order = 12)]
    public string? Template { get; init; }

    /// <summary>The VMID of the template.</summary>
    [JsonProperty(Order = 13)]
    public int? Vmid { get; init; }

    /// <summary>The cluster node.</summary>
    [JsonProperty(Order = 14)]
    public string? Node { get; init; }

    /// <summary>The cluster.</summary>
    [JsonProperty(Order = 15)]
    public ProxmoxFacts? Proxmox { get; init; }

    /// <summary>In a sandbox whose machines were real: what ran them. Not there in other records.</summary>
    [JsonProperty(Order = 15, NullValueHandling = NullValueHandling.Ignore)]
    public SandboxFacts? Sandbox { get; init; }

    /// <summary>The Packer that built.</summary>
    [JsonProperty(Order = 16)]
    public PackerFacts? Packer { get; init; }

    /// <summary>The state of the repository that the build came from.</summary>
    [JsonProperty(Order = 17)]
    public SourceFacts? Source { get; init; }

    /// <summary>What was given on the command line and in the environment, secrets masked, sorted by name.</summary>
    [JsonProperty(Order = 18)]
    public IReadOnlyList<GivenParameter>? Parameters { get; init; }

    /// <summary>What was allowed on the command line against a rule, such as <c>allow-unversioned</c>.</summary>
    [JsonProperty(Order = 19)]
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>Every file that went into the workspace.</summary>
    [JsonProperty(Order = 20)]
    public IReadOnlyList<InputFile>? Inputs { get; init; }

    /// <summary>The template as the API describes it after the build.</summary>
    [JsonProperty(Order = 21)]
    public VmFacts? VmFacts { get; init; }

    /// <summary>The installation medium.</summary>
    [JsonProperty(Order = 22)]
    public IsoFacts? Iso { get; init; }

    /// <summary>The media as they were attached while the template was built.</summary>
    [JsonProperty(Order = 23)]
    public IReadOnlyList<AttachedMedium>? Media { get; init; }

    /// <summary>The unattended files: what lies in the record, and what was served. Sealing sets it.</summary>
    [JsonProperty(Order = 24)]
    public IReadOnlyList<UnattendedFile>? Unattended { get; init; }

    /// <summary>The provisioning steps in the order in which they ran.</summary>
    [JsonProperty(Order = 25)]
    public IReadOnlyList<ProvisioningStep>? Provisioning { get; init; }

    /// <summary>The outcome of the smoke test.</summary>
    [JsonProperty(Order = 26)]
    public ValidationTest? ValidationTest { get; init; }

    /// <summary>The log's name inside the record. Sealing sets it.</summary>
    [JsonProperty(Order = 27)]
    public string? LogFile { get; init; }

    /// <summary>The log's SHA-256. Sealing sets it.</summary>
    [JsonProperty(Order = 28)]
    public string? LogSha256 { get; init; }

    /// <summary>The log's size. Sealing sets it.</summary>
    [JsonProperty(Order = 29)]
    public long? LogBytes { get; init; }

    /// <summary>The name in the record of what Packer said to people; null when there is none. Sealing sets it.</summary>
    [JsonProperty(Order = 30)]
    public string? BuildLog { get; init; }

    /// <summary>Init only: the API token's id, never its secret.</summary>
    [JsonProperty(Order = 31)]
    public string? TokenId { get; init; }

    /// <summary>Init only: the role of the token for builds. On the storage for media it has a second one, <c>PackerMedia</c>.</summary>
    [JsonProperty(Order = 32)]
    public string? Role { get; init; }

    /// <summary>Init only: the privileges of both roles together, sorted.</summary>
    [JsonProperty(Order = 33)]
    public IReadOnlyList<string>? Privileges { get; init; }

    /// <summary>Init only: the assets as they were rendered.</summary>
    [JsonProperty(Order = 34)]
    public IReadOnlyList<HashedFile>? RenderedAssets { get; init; }

    /// <summary>The preceding record of the same template (or of init); null in the first. Sealing sets it.</summary>
    [JsonProperty(Order = 35)]
    public PreviousRecord? Previous { get; init; }

    /// <summary>
    /// The other ends of branches of the repository, when this is the first record after they were joined; not there
    /// in others. Sealing sets it.
    /// </summary>
    [JsonProperty(Order = 36, NullValueHandling = NullValueHandling.Ignore)]
    public IReadOnlyList<PreviousRecord>? Joined { get; init; }

    /// <summary>The signed provenance of the record, or why there is none. Sealing sets it.</summary>
    [JsonProperty(Order = 37)]
    public AttestationFacts? Attestation { get; init; }

    /// <summary>Who signed the record. Sealing sets it.</summary>
    [JsonProperty(Order = 38)]
    public SignerFacts? Signer { get; init; }

    // Newtonsoft asks these by their names: a build record has no init fields.
#pragma warning disable IDE0051, CA1024 // called by reflection
    /// <summary>Whether the field belongs to this type of record.</summary>
    public bool ShouldSerializeTokenId() => Type == RecordType.Init;

    /// <summary>Whether the field belongs to this type of record.</summary>
    public bool ShouldSerializeRole() => Type == RecordType.Init;

    /// <summary>Whether the field belongs to this type of record.</summary>
    public bool ShouldSerializePrivileges() => Type == RecordType.Init;

    /// <summary>Whether the field belongs to this type of record.</summary>
    public bool ShouldSerializeRenderedAssets() => Type == RecordType.Init;
#pragma warning restore IDE0051, CA1024
}
