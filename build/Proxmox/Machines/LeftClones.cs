using System.Diagnostics;
using System.Globalization;
using Foundation;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>Clones that smoke tests of earlier runs left behind.</summary>
public sealed class LeftClones(ProxmoxClient client, IRunLog log)
{
    /// <summary>
    /// Destroys clones that earlier runs left behind: those of a process of this machine that is no more, and those of
    /// other machines whose time is over.
    /// </summary>
    /// <returns>The VMIDs that were destroyed.</returns>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public async Task<IReadOnlyList<int>> RemoveAsync(CancellationToken cancellation = default)
    {
        try
        {
            var removed = new List<int>();
            foreach (var vm in await client.Cluster.GetVmsAsync(cancellation))
            {
                // Of a young VM the list has no name yet.
                if (vm is not { Type: "qemu", Template: false } || !(vm.Name.Length == 0 || vm.Name.StartsWith("smoke-", StringComparison.Ordinal))
                    || await MarkerAsync(vm, cancellation) is not { Purpose: VmPurpose.SmokeTest } marker || IsAlive(marker))
                {
                    continue;
                }

                log.Write(SmokeTest.Stage, EventLevel.Warning, $"Destroying VM {vm.Vmid}, a test clone that {marker.Chain} left behind");
                if (await VmRemoval.RemoveAtEndAsync(client, vm.Node, vm.Vmid, VmRemoval.ByNextRun, log, SmokeTest.Stage))
                {
                    removed.Add(vm.Vmid);
                }
            }

            return removed;
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, "Looking for leftover test clones failed");
        }
    }

    private async Task<VmMarker?> MarkerAsync(ResourceEntry vm, CancellationToken cancellation)
    {
        try
        {
            return VmMarker.Parse((await client.Node(vm.Node).Qemu(vm.Vmid).GetConfigAsync(cancellation)).Description);
        }
        catch (ProxmoxApiException error) when (error.NotFound || error.Status == 403)
        {
            return null;
        }
    }

    private bool IsAlive(VmMarker marker)
    {
        if (marker.Until is { } until && client.Options.Time.GetUtcNow() > until)
        {
            return false;
        }

        var slash = marker.Owner?.LastIndexOf('/') ?? -1;
        if (slash < 0 || marker.Owner![..slash] != VmMarker.ThisProcess[..VmMarker.ThisProcess.LastIndexOf('/')]
            || !int.TryParse(marker.Owner[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var process))
        {
            return true;
        }

        try
        {
            using var running = Process.GetProcessById(process);
            return !running.HasExited;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
