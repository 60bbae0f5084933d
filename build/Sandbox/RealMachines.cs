using System.Net;
using Foundation;
using Qemu;
using Qemu.Running;
using Sandbox.Downloads;

namespace Sandbox;

/// <summary>That VMs are real: what runs them, and what they reach.</summary>
/// <param name="Tools">The programs.</param>
/// <param name="Accelerator">What makes guests run.</param>
public sealed record RealMachines(QemuTools Tools, Accelerator Accelerator)
{
    private static readonly Version SafeThreads = new(8, 2);

    /// <summary>Why guests are emulated, or null when they are not.</summary>
    public string? WhyEmulated { get; init; }

    /// <summary>QEMU's version; empty when nobody asked.</summary>
    public string QemuVersion { get; init; } = "";

    /// <summary>Whether guests reach nothing outside but <see cref="Reachable"/>.</summary>
    public bool Isolated { get; init; }

    /// <summary>The TCP ports of this machine's loopback address that isolated guests reach.</summary>
    public IReadOnlyList<int> Reachable { get; init; } = [];

    /// <summary>The folder of downloaded media; null for one in the node's state.</summary>
    public string? MediaCache { get; init; }

    /// <summary>The proxies of downloads; null for the system's.</summary>
    public IWebProxy? Proxies { get; init; }

    /// <summary>What downloads speak HTTP with, for tests; null for the system's.</summary>
    internal Func<HttpMessageHandler>? DownloadHandler { get; init; }

    /// <summary>What a download may be; null for the usual.</summary>
    internal DownloadLimits? DownloadLimits { get; init; }

    /// <summary>Finds the programs, and what makes guests run here.</summary>
    /// <exception cref="FailureException">A program is missing, or does not run.</exception>
    public static async Task<RealMachines> FindAsync(CancellationToken cancellation)
    {
        var tools = QemuTools.Require();
        var (accelerator, why) = await AcceleratorProbe.RunAsync(tools, cancellation);
        var version = await VersionAsync(tools, cancellation);
        var hasRace = accelerator.IsEmulation && Version.TryParse(version, out var known) && known < SafeThreads;
        return new RealMachines(tools, accelerator with { OneThread = hasRace }) { WhyEmulated = why, QemuVersion = version };
    }

    private static async Task<string> VersionAsync(QemuTools tools, CancellationToken cancellation)
    {
        try
        {
            return await tools.VersionAsync(cancellation);
        }
        catch (QemuException e)
        {
            throw new FailureException(FailureKind.Task, "QEMU does not run", e.Message, "Install it anew, or leave out --sandbox-machines=qemu", cause: e);
        }
    }
}
