using Foundation;

namespace Proxmox.Machines;

/// <summary>What became of a VM that a run had noted.</summary>
public enum VmFate
{
    /// <summary>There is none, or the VMID is somebody else's by now.</summary>
    Gone,

    /// <summary>It is a template of this program.</summary>
    Template,

    /// <summary>It is there, unfinished.</summary>
    Left,

    /// <summary>It may be there: the server did not say.</summary>
    Unknown,
}

/// <summary>Looks whether a VM that a run has noted is still there.</summary>
public static class LeftVm
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Looks at the VM.</summary>
    /// <returns>What became of it, and in the server's words why that is not known.</returns>
    public static async Task<(VmFate Fate, string? Why)> LookAsync(ProxmoxClient client, VmNote note, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            // Whether there is such a VMID everybody is told; what is not visible may have lost its place in the pool only.
            if (await client.Cluster.IsFreeAsync(note.Vmid, limit.Token))
            {
                return (VmFate.Gone, null);
            }

            var node = (await client.Cluster.GetVmsAsync(limit.Token)).FirstOrDefault(v => v.Vmid == note.Vmid)?.Node ?? note.Node;
            var config = await client.Node(node).Qemu(note.Vmid).GetConfigAsync(limit.Token);
            return !BuildCleanup.IsOurs(config, new BuildIdentity(node, note.Vmid, note.Name, note.Chain)) ? (VmFate.Gone, null)
                : config.Template && VmMarker.Parse(config.Description) is { Purpose: VmPurpose.Build } ? (VmFate.Template, null)
                : (VmFate.Left, null);
        }
        catch (ProxmoxApiException error)
        {
            return (VmFate.Unknown, error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (VmFate.Unknown, "the server did not answer in time");
        }
    }
}
