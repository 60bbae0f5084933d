using Proxmox;
using Proxmox.Access;
using Proxmox.Api;
using Proxmox.Machines;

namespace Packer.Diagnosis;

/// <summary>What is known of a build that failed.</summary>
public sealed record BuildFacts
{
    /// <summary>Why it failed, in Packer's or the server's words.</summary>
    public required string Words { get; init; }

    /// <summary>How Packer logs in, for people: <c>SSH</c> or <c>WinRM</c>.</summary>
    public string Login { get; init; } = "SSH";

    /// <summary>The VMID.</summary>
    public int Vmid { get; init; }

    /// <summary>The bridge of the VM.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>The storage for disks.</summary>
    public string Storage { get; init; } = "";

    /// <summary>Where the guest would have fetched its unattended files, such as <c>http://10.0.0.9:8716</c>; null when they are on an ISO.</summary>
    public string? HttpAddress { get; init; }

    /// <summary>Whether a guest on the bridge can reach that address: no (a loopback address), surely (same network), or not known (null).</summary>
    public bool? HttpReachable { get; init; }

    /// <summary>Whether Packer gave up waiting for a login.</summary>
    public bool TimedOut { get; init; }

    /// <summary>Whether the guest agent told an address.</summary>
    public bool AgentAnswered { get; init; }

    /// <summary>The addresses that the guest agent told, all but those of loopback.</summary>
    public IReadOnlyList<GuestAddress> Told { get; init; } = [];

    /// <summary>The addresses at which Packer tried to log in.</summary>
    public IReadOnlyList<string> Tried { get; init; } = [];

    /// <summary>Whether something answered at the guest's port for logins.</summary>
    public bool Connected { get; init; }

    /// <summary>Whether the guest refused user, key or password.</summary>
    public bool Refused { get; init; }

    /// <summary>How many bytes the VM had written to its disk when it was last looked at; null when it never was.</summary>
    public long? DiskWritten { get; init; }

    /// <summary>The privilege that made the build fail, which the login lacks by its own permissions; or null.</summary>
    public MissingPrivilege? MissingPrivilege { get; init; }

    /// <summary>A privilege that the login lacks, though nothing says that the build failed by it; or null.</summary>
    public NeededPrivilege? AlsoMissing { get; init; }

    /// <summary>Whether somebody else destroyed the VM.</summary>
    public bool Destroyed { get; init; }

    /// <summary>Tasks of the VM that ended with a warning, the latest first, each with the lines that warn.</summary>
    public IReadOnlyList<FailedTask> WarnedTasks { get; init; } = [];

    /// <summary>Tasks of the VM that ended with an error, the latest first.</summary>
    public IReadOnlyList<FailedTask> FailedTasks { get; init; } = [];
}

/// <summary>Which link of the chain broke.</summary>
/// <param name="Link">Its name, as the runbook has it.</param>
/// <param name="Why">What happened, as a sentence without a full stop.</param>
/// <param name="Remedy">What to do, or null.</param>
public sealed record BrokenLink(string Link, string Why, string? Remedy);
