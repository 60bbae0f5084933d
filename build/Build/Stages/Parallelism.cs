using Build.Context;
using Build.Environments;
using Proxmox;

namespace Build.Stages;

/// <summary>How many builds run at the same time.</summary>
internal static class Parallelism
{
    /// <summary>The memory that one Packer with its plugins and guests' traffic takes here, generously.</summary>
    private const long PackerMb = 512;

    private const long Megabyte = 1024 * 1024;

    /// <summary>What the user asked for; otherwise what this machine and the node have memory for.</summary>
    public static async Task<int> OfAsync(BuildContext context, CancellationToken cancellation)
    {
        var builds = context.Runs.Count;
        if (context.Settings.Parallel is not null || builds == 1 || !Terminal.IsInteractive)
        {
            return Degree(context.Settings.Parallel, Terminal.IsInteractive, builds, 0, null, 0);
        }

        var memory = GC.GetGCMemoryInfo();
        return Degree(
            null, true, builds, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes,
            await FreeOnNodeAsync(context, cancellation), context.Runs.Max(r => r.Template.Hardware.MemoryMb));
    }

    /// <summary>The number of builds.</summary>
    /// <param name="asked">What <c>--parallel</c> says, or null.</param>
    /// <param name="isTerminal">Whether somebody watches, who can stop what was not asked for.</param>
    /// <param name="builds">How many there are.</param>
    /// <param name="freeHere">The memory that is free here, in bytes.</param>
    /// <param name="freeOnNode">The memory that is free on the node, in bytes; null when it does not say.</param>
    /// <param name="vmMb">The memory of the largest VM, in MiB.</param>
    public static int Degree(int? asked, bool isTerminal, int builds, long freeHere, long? freeOnNode, int vmMb)
    {
        if (asked is { } number)
        {
            return number;
        }

        if (!isTerminal)
        {
            return 1;
        }

        var here = freeHere / (PackerMb * Megabyte);
        var there = freeOnNode is { } free && vmMb > 0 ? free / (vmMb * Megabyte) : builds;
        return (int)Math.Clamp(Math.Min(here, there), 1, Math.Max(1, builds));
    }

    private static async Task<long?> FreeOnNodeAsync(BuildContext context, CancellationToken cancellation)
    {
        var client = context.BuildEnvironment.Client;
        try
        {
            return (await client.GetNodesAsync(cancellation)).FirstOrDefault(n => n.Node == client.Connection.Node)?.FreeMemory;
        }
        catch (ProxmoxApiException)
        {
            // A login that may not see the node's memory may still build.
            return null;
        }
    }
}
