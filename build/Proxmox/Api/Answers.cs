using Newtonsoft.Json;

namespace Proxmox.Api;

/// <summary>What logging in returns.</summary>
internal sealed record TicketAnswer
{
    [JsonProperty("ticket")]
    public string? Ticket { get; init; }

    [JsonProperty("CSRFPreventionToken")]
    public string? Csrf { get; init; }

    [JsonProperty("NeedTFA")]
    public bool NeedTfa { get; init; }
}

/// <summary>The server's version.</summary>
public sealed record PveVersion
{
    /// <summary>The version, such as <c>9.0.3</c>.</summary>
    [JsonProperty("version", Required = Required.Always)]
    public string Version { get; init; } = "";

    /// <summary>The release, such as <c>9.0</c>.</summary>
    [JsonProperty("release")]
    public string Release { get; init; } = "";

    /// <summary>The major version, or 0 when the version is not a number.</summary>
    [JsonIgnore]
    public int Major => int.TryParse(Version.Split('.')[0], out var major) ? major : 0;
}

/// <summary>A node of the cluster.</summary>
public sealed record NodeEntry
{
    /// <summary>The name.</summary>
    [JsonProperty("node", Required = Required.Always)]
    public string Node { get; init; } = "";

    /// <summary><c>online</c>, <c>offline</c> or <c>unknown</c>.</summary>
    [JsonProperty("status", Required = Required.Always)]
    public string Status { get; init; } = "";

    /// <summary>The memory in bytes, or null when the login may not see it.</summary>
    [JsonProperty("maxmem")]
    public long? MaxMemory { get; init; }

    /// <summary>The memory in use in bytes, or null when the login may not see it.</summary>
    [JsonProperty("mem")]
    public long? Memory { get; init; }

    /// <summary>Whether the node is up.</summary>
    [JsonIgnore]
    public bool Online => Status == "online";

    /// <summary>The free memory in bytes, or null when the login may not see it.</summary>
    [JsonIgnore]
    public long? FreeMemory => MaxMemory - Memory;
}

/// <summary>A line of <c>GET /cluster/resources</c>.</summary>
public sealed record ResourceEntry
{
    /// <summary><c>qemu</c>, <c>lxc</c>, <c>node</c>, <c>storage</c>, …</summary>
    [JsonProperty("type", Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>The VMID, or 0.</summary>
    [JsonProperty("vmid")]
    public int Vmid { get; init; }

    /// <summary>The node.</summary>
    [JsonProperty("node")]
    public string Node { get; init; } = "";

    /// <summary>The name.</summary>
    [JsonProperty("name")]
    public string Name { get; init; } = "";

    /// <summary><c>running</c>, <c>stopped</c>, …</summary>
    [JsonProperty("status")]
    public string Status { get; init; } = "";

    /// <summary>Whether it is a template.</summary>
    [JsonProperty("template")]
    public bool Template { get; init; }

    /// <summary>The pool that it is in, or null.</summary>
    [JsonProperty("pool")]
    public string? Pool { get; init; }
}

/// <summary>A storage as a node sees it.</summary>
public sealed record StorageEntry
{
    /// <summary>The name.</summary>
    [JsonProperty("storage", Required = Required.Always)]
    public string Storage { get; init; } = "";

    /// <summary>The type: <c>dir</c>, <c>lvmthin</c>, <c>zfspool</c>, …</summary>
    [JsonProperty("type", Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>What may be kept there, separated by commas: <c>iso,vztmpl,backup</c>.</summary>
    [JsonProperty("content", Required = Required.Always)]
    public string Content { get; init; } = "";

    /// <summary>Whether it can be reached now.</summary>
    [JsonProperty("active")]
    public bool Active { get; init; } = true;

    /// <summary>Whether it is switched on.</summary>
    [JsonProperty("enabled")]
    public bool Enabled { get; init; } = true;

    /// <summary>Whether all nodes see the same.</summary>
    [JsonProperty("shared")]
    public bool Shared { get; init; }

    /// <summary>The free space in bytes, or null.</summary>
    [JsonProperty("avail")]
    public long? Available { get; init; }

    /// <summary>Whether it takes content of a type, such as <c>iso</c> or <c>images</c>.</summary>
    public bool Takes(string content) => Content.Split(',', StringSplitOptions.TrimEntries).Contains(content);
}

/// <summary>A volume on a storage.</summary>
public sealed record VolumeEntry
{
    /// <summary>The volume's id: <c>local:iso/Rocky-9.6-x86_64-minimal.iso</c>.</summary>
    [JsonProperty("volid", Required = Required.Always)]
    public string VolumeId { get; init; } = "";

    /// <summary>The format: <c>iso</c>, <c>raw</c>, <c>qcow2</c>, …</summary>
    [JsonProperty("format")]
    public string Format { get; init; } = "";

    /// <summary>The size in bytes.</summary>
    [JsonProperty("size")]
    public long Size { get; init; }

    /// <summary>When it was made, in seconds since 1970, or null.</summary>
    [JsonProperty("ctime")]
    public long? Created { get; init; }

    /// <summary>The VM that it belongs to, or null.</summary>
    [JsonProperty("vmid")]
    public int? Vmid { get; init; }

    /// <summary>The volume that it is a linked clone of, or null.</summary>
    [JsonProperty("parent")]
    public string? Parent { get; init; }
}

/// <summary>A network interface of a node.</summary>
public sealed record NetworkEntry
{
    /// <summary>The name, such as <c>vmbr0</c>.</summary>
    [JsonProperty("iface", Required = Required.Always)]
    public string Interface { get; init; } = "";

    /// <summary>The type: <c>bridge</c>, <c>OVSBridge</c>, <c>vnet</c>, <c>eth</c>, …</summary>
    [JsonProperty("type", Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>Whether it is up.</summary>
    [JsonProperty("active")]
    public bool Active { get; init; }

    /// <summary>The node's own address in its network, such as <c>10.0.0.2/24</c>, or null.</summary>
    [JsonProperty("cidr")]
    public string? Cidr { get; init; }
}

/// <summary>A VNet of the software-defined network.</summary>
public sealed record VNetEntry
{
    /// <summary>Its name, which is that of the bridge on each node.</summary>
    [JsonProperty("vnet", Required = Required.Always)]
    public string Name { get; init; } = "";

    /// <summary>The zone that it is in.</summary>
    [JsonProperty("zone")]
    public string Zone { get; init; } = "";
}

/// <summary>A processor that a node can give a VM, or one of the flags that a VM may change.</summary>
public sealed record CpuEntry
{
    /// <summary>The type's or the flag's name: <c>x86-64-v2-AES</c>, <c>aes</c>.</summary>
    [JsonProperty("name", Required = Required.Always)]
    public string Name { get; init; } = "";
}

/// <summary>A task of a node.</summary>
public sealed record TaskEntry
{
    /// <summary>The task's identifier.</summary>
    [JsonProperty("upid", Required = Required.Always)]
    public string Upid { get; init; } = "";

    /// <summary>What it does, such as <c>download</c>.</summary>
    [JsonProperty("type", Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>What it does it to: a VMID, a file name.</summary>
    [JsonProperty("id")]
    public string Id { get; init; } = "";

    /// <summary>How it ended: <c>OK</c> or the error; null or <c>RUNNING</c> while it runs.</summary>
    [JsonProperty("status")]
    public string? Status { get; init; }

    /// <summary>Who started it: the user, or the token with its user.</summary>
    [JsonProperty("user")]
    public string User { get; init; } = "";

    /// <summary>When it ended, in seconds since 1970, or null while it runs.</summary>
    [JsonProperty("endtime")]
    public long? EndTime { get; init; }

    /// <summary>When it started, in seconds since 1970.</summary>
    [JsonProperty("starttime")]
    public long StartTime { get; init; }

    /// <summary>Whether it has ended with an error.</summary>
    [JsonIgnore]
    public bool Failed => EndTime is not null && Status is not null && !TaskStatusEntry.IsSuccess(Status);
}

/// <summary>The state of one task.</summary>
public sealed record TaskStatusEntry
{
    /// <summary><c>running</c> or <c>stopped</c>.</summary>
    [JsonProperty("status", Required = Required.Always)]
    public string Status { get; init; } = "";

    /// <summary>How it ended, or null.</summary>
    [JsonProperty("exitstatus")]
    public string? ExitStatus { get; init; }

    /// <summary>Whether a task did its work and warned: <c>WARNINGS: 1</c>.</summary>
    public static bool IsWarning(string? exitStatus) => exitStatus?.StartsWith("WARNINGS", StringComparison.Ordinal) == true;

    /// <summary>The lines of a task's log that warn, as <c>PVE::RESTEnvironment</c> writes them: <c>WARN: …</c>.</summary>
    public static IEnumerable<string> Warnings(IEnumerable<string> log) =>
        log.Select(l => l.Trim()).Where(l => l.StartsWith("WARN", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether an exit status means success; a task that only warned has done its work.</summary>
    public static bool IsSuccess(string exitStatus) =>
        exitStatus == "OK" || exitStatus.StartsWith("WARNINGS", StringComparison.Ordinal);
}

/// <summary>A line of a task's log.</summary>
public sealed record TaskLogLine
{
    /// <summary>The line's number, from 1.</summary>
    [JsonProperty("n", Required = Required.Always)]
    public int Number { get; init; }

    /// <summary>The line.</summary>
    [JsonProperty("t", Required = Required.Always)]
    public string Text { get; init; } = "";
}

/// <summary>The state of a VM.</summary>
public sealed record VmStatus
{
    /// <summary><c>running</c> or <c>stopped</c>.</summary>
    [JsonProperty("status", Required = Required.Always)]
    public string Status { get; init; } = "";

    /// <summary>What QEMU says of its processors: <c>running</c>, <c>paused</c>, <c>io-error</c>, …; null where the server does not tell.</summary>
    [JsonProperty("qmpstatus")]
    public string? RunState { get; init; }

    /// <summary>The VM's name.</summary>
    [JsonProperty("name")]
    public string Name { get; init; } = "";

    /// <summary>Whether it is a template.</summary>
    [JsonProperty("template")]
    public bool Template { get; init; }

    /// <summary>The operation that holds a lock on it, or null.</summary>
    [JsonProperty("lock")]
    public string? Lock { get; init; }

    /// <summary>How many bytes it has written to its disks since it was started, or null.</summary>
    [JsonProperty("diskwrite")]
    public long? DiskWritten { get; init; }

    /// <summary>How many bytes it has received from the network since it was started, or null.</summary>
    [JsonProperty("netin")]
    public long? NetworkReceived { get; init; }
}

/// <summary>A user.</summary>
public sealed record UserEntry
{
    /// <summary>The user with realm.</summary>
    [JsonProperty("userid", Required = Required.Always)]
    public string UserId { get; init; } = "";

    /// <summary>Whether it may log in.</summary>
    [JsonProperty("enable")]
    public bool Enabled { get; init; } = true;
}

/// <summary>A role.</summary>
public sealed record RoleEntry
{
    /// <summary>The role's name.</summary>
    [JsonProperty("roleid", Required = Required.Always)]
    public string RoleId { get; init; } = "";

    /// <summary>Its privileges, separated by commas.</summary>
    [JsonProperty("privs")]
    public string? Privileges { get; init; }

    /// <summary>Its privileges.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> PrivilegeList =>
        Privileges?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>An entry of the access control list.</summary>
public sealed record AclEntry
{
    /// <summary>The path.</summary>
    [JsonProperty("path", Required = Required.Always)]
    public string Path { get; init; } = "";

    /// <summary>The role.</summary>
    [JsonProperty("roleid", Required = Required.Always)]
    public string RoleId { get; init; } = "";

    /// <summary><c>user</c>, <c>group</c> or <c>token</c>.</summary>
    [JsonProperty("type", Required = Required.Always)]
    public string Type { get; init; } = "";

    /// <summary>The user, group or token.</summary>
    [JsonProperty("ugid", Required = Required.Always)]
    public string Subject { get; init; } = "";

    /// <summary>Whether it holds below the path as well.</summary>
    [JsonProperty("propagate")]
    public bool Propagate { get; init; } = true;
}

/// <summary>An API token.</summary>
public sealed record TokenEntry
{
    /// <summary>The token's name without the user.</summary>
    [JsonProperty("tokenid", Required = Required.Always)]
    public string TokenId { get; init; } = "";

    /// <summary>Whether it has privileges of its own, at most its user's.</summary>
    [JsonProperty("privsep")]
    public bool PrivilegeSeparated { get; init; } = true;
}

/// <summary>A new API token. Its secret is shown this once.</summary>
public sealed record NewToken
{
    /// <summary>The whole id: <c>packer@pve!build</c>.</summary>
    [JsonProperty("full-tokenid", Required = Required.Always)]
    public string FullTokenId { get; init; } = "";

    /// <summary>The secret.</summary>
    [JsonProperty("value", Required = Required.Always)]
    public string Value { get; init; } = "";
}

/// <summary>A pool.</summary>
public sealed record PoolEntry
{
    /// <summary>The pool's name.</summary>
    [JsonProperty("poolid", Required = Required.Always)]
    public string PoolId { get; init; } = "";
}
