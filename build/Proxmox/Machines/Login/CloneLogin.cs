using System.Net;

namespace Proxmox.Machines.Login;

/// <summary>How the smoke test logs in to the clone, and what must not be in it.</summary>
public sealed record CloneLogin
{
    /// <summary>The private key of the user that cloud-init makes, in PEM.</summary>
    public required string PrivateKeyPem { get; init; }

    /// <summary>A SOCKS5 proxy on the way to the clone's SSH, or null.</summary>
    public DnsEndPoint? Proxy { get; init; }

    /// <summary>Whether the clone can be reached for sure, so that not reaching it is its own failure.</summary>
    public bool Reachable { get; init; }

    /// <summary>The user that built, who must be gone.</summary>
    public string BuildUser { get; init; } = "";

    /// <summary>
    /// What the build brought into the guest and no clone may have. It is sent to the clone, whose host key nobody can know: what is
    /// secret of it belongs here only where nobody can stand between.
    /// </summary>
    public IReadOnlyList<string> Traces { get; init; } = [];

    /// <summary>Whether that is all of it, so that finding none of it says that none is there.</summary>
    public bool SeeksAll { get; init; } = true;

    /// <summary>Says where it goes, never with what.</summary>
    public override string ToString() => Proxy is null ? "directly" : $"through {Proxy.Host}:{Proxy.Port}";
}

/// <summary>What was seen in the clone after a login. What could not be found out is null.</summary>
public sealed record CloneFindings
{
    /// <summary>The user.</summary>
    public required string User { get; init; }

    /// <summary>Whether the machine id was made in the clone.</summary>
    public bool? OwnMachineId { get; init; }

    /// <summary>Whether every SSH host key was made in the clone.</summary>
    public bool? OwnHostKeys { get; init; }

    /// <summary>Whether the build user is gone.</summary>
    public bool? BuildUserGone { get; init; }

    /// <summary>What <c>cloud-init status</c> says: <c>done</c>.</summary>
    public string? CloudInit { get; init; }

    /// <summary>What <c>systemctl is-system-running</c> says: <c>running</c>, <c>degraded</c>, …</summary>
    public string? System { get; init; }

    /// <summary>The units that failed.</summary>
    public IReadOnlyList<string> FailedUnits { get; init; } = [];

    /// <summary>Whether partition and file system of the root take the disk that the clone has.</summary>
    public bool? DiskGrown { get; init; }

    /// <summary>How far the guest's clock is before this machine's, in seconds.</summary>
    public long? ClockOffsetSeconds { get; init; }

    /// <summary>The files in which something of the build was found; null when not everything could be looked through.</summary>
    public IReadOnlyList<string>? Traces { get; init; }

    /// <summary>What makes the template unfit for use, in words.</summary>
    public IEnumerable<string> Faults
    {
        get
        {
            if (OwnMachineId is false)
            {
                yield return "it has the machine id of the template, as every other clone would (/etc/machine-id is older than its start)";
            }

            if (OwnHostKeys is false)
            {
                yield return "it has the SSH host keys of the template, as every other clone would";
            }

            if (BuildUserGone is false)
            {
                yield return "the user that built it is still there";
            }

            if (CloudInit is not (null or "done"))
            {
                yield return $"cloud-init does not finish: its status is '{CloudInit}'";
            }

            if (Traces is { Count: > 0 } files)
            {
                yield return $"what only the build should know is in {string.Join(", ", files)}";
            }
        }
    }

    /// <summary>What somebody should look at although the template is of use.</summary>
    public IEnumerable<string> Doubts
    {
        get
        {
            if (System is not (null or "running"))
            {
                yield return $"the system is '{System}'{(FailedUnits.Count > 0 ? $": {string.Join(", ", FailedUnits)} failed" : "")}";
            }

            if (DiskGrown is false)
            {
                yield return "its root does not take the whole disk";
            }

            if (ClockOffsetSeconds is < -60 or > 60)
            {
                yield return $"its clock differs from this machine's by {ClockOffsetSeconds} s";
            }
        }
    }
}

/// <summary>What came of the login.</summary>
/// <param name="Findings">What was seen; null when nobody could log in.</param>
/// <param name="NotRecorded">Why nobody could, which is no fault of the template's; null when somebody did.</param>
public sealed record CloneLoginResult(CloneFindings? Findings, string? NotRecorded);
