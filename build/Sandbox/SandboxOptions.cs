using Foundation;

namespace Sandbox;

/// <summary>A catalogued installation medium that the node may pretend to download.</summary>
/// <param name="File">The name under which its maker publishes it: <c>Rocky-9.6-x86_64-minimal.iso</c>.</param>
/// <param name="Urls">Where it can be had.</param>
/// <param name="Sha256">Its pinned hash.</param>
public sealed record SandboxMedium(string File, IReadOnlyList<Uri> Urls, string Sha256);

/// <summary>How a sandbox node is set up.</summary>
public sealed record SandboxOptions
{
    /// <summary>The folder that keeps the node's state between starts.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The port on the loopback address, or 0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>The node's name.</summary>
    public string NodeName { get; init; } = "pve";

    /// <summary>How many nodes the cluster has: <c>pve</c>, <c>pve2</c>, … Each has local storages; they share one.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>
    /// How old what the list of the cluster's resources says may be: on a real cluster a daemon reports every ten seconds.
    /// Zero: it says what is so.
    /// </summary>
    public TimeSpan StatusLag { get; init; } = TimeSpan.Zero;

    /// <summary>The nodes' names.</summary>
    internal IReadOnlyList<string> NodeNames =>
        [.. Enumerable.Range(1, Math.Max(1, Nodes)).Select(i => i == 1 ? NodeName : NodeName + i.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>The version that the node says it is: <c>9.x</c> or <c>8.x</c>.</summary>
    public string PveVersion { get; init; } = "9.2.11";

    /// <summary>The media that can be downloaded; every other address is one that cannot be reached.</summary>
    public IReadOnlyList<SandboxMedium> IsoCatalogue { get; init; } = [];

    /// <summary>Storages beside those of a fresh installation, as <c>name:type</c> with the type <c>dir</c> or <c>lvmthin</c>.</summary>
    public IReadOnlyList<string> FurtherStorages { get; init; } = [];

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What shall go wrong.</summary>
    public IReadOnlyList<SandboxFault> Faults { get; init; } = [];

    /// <summary>How long every task takes before its work is done, with its locks held.</summary>
    public TimeSpan TaskTime { get; init; } = TimeSpan.Zero;

    /// <summary>How long every answer is held back.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Whether boot loaders wait for keys as long as real ones do, for clients that wait for a real machine's firmware;
    /// otherwise they give up after a moment, so that a wrong boot command is found at once.
    /// </summary>
    public bool PatientBootLoaders { get; init; }

    /// <summary>That VMs are real; null: they are simulated.</summary>
    public RealMachines? RealMachines { get; init; }

    /// <summary>Is told what happens, one line each, by any thread.</summary>
    public Action<string>? Log { get; init; }

    internal SandboxOptions Checked()
    {
        if (!PveVersionInfo.TryParse(PveVersion, out _))
        {
            throw new FailureException(FailureKind.Usage, $"The sandbox node cannot be Proxmox VE '{PveVersion}'", remedy: "Say 9 or 8, or a version such as 9.2.11");
        }

        if (RealMachines is not null && Nodes > 1)
        {
            throw new FailureException(FailureKind.Usage, "The sandbox's cluster with real machines has one node", remedy: "Leave out one of --sandbox-machines=qemu and --sandbox-nodes");
        }

        return this;
    }
}

/// <summary>The version that the node says it is.</summary>
internal sealed record PveVersionInfo(int Major, int Minor, string Release, string Version)
{
    /// <summary>Whether it still has the privilege <c>VM.Monitor</c> instead of <c>VM.GuestAgent.*</c>.</summary>
    public bool Before9 => Major < 9;

    /// <summary>Whether who creates a VM with tags needs nothing more for them; since 9.2 its pool does not help there.</summary>
    public bool TakesTagsUnseen => Major < 9 || Minor < 2;

    public static bool TryParse(string text, out PveVersionInfo version)
    {
        var parts = text.Split('.');
        version = new PveVersionInfo(0, 0, "", "");
        if (parts.Length > 3 || !parts.All(p => byte.TryParse(p, out _)) || parts[0] is not ("8" or "9"))
        {
            return false;
        }

        string Part(int i, string otherwise) => i < parts.Length ? parts[i] : otherwise;
        var minor = Part(1, parts[0] == "9" ? "2" : "4");
        var release = $"{parts[0]}.{minor}";
        var patch = Part(2, release == "9.2" ? "11" : "1");
        version = new PveVersionInfo(
            int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(minor, System.Globalization.CultureInfo.InvariantCulture), release, $"{release}.{patch}");
        return true;
    }
}
