using Foundation;
using Proxmox.Api;
using Templates;

namespace Proxmox.Machines;

/// <summary>Finds free VMIDs in a template's range, also when other clients look for one at the same time.</summary>
public sealed class VmidAllocator(ProxmoxClient client)
{
    /// <summary>The lowest VMID of the range that is free now. Another client may take it the next moment.</summary>
    /// <param name="range">The range.</param>
    /// <param name="above">Only VMIDs above this one.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="FailureException">The range is full.</exception>
    public Task<int> NextFreeAsync(VmidRange range, int above = 0, CancellationToken cancellation = default) =>
        Explained(() => FreeFromAsync(range, Math.Max(range.First, above + 1), cancellation));

    /// <summary>The same, when another VMID must be free for the smoke test's clone.</summary>
    /// <exception cref="FailureException">There are not two.</exception>
    public Task<int> NextFreeWithCloneAsync(VmidRange range, CancellationToken cancellation = default) => Explained(async () =>
    {
        var free = await FreeFromAsync(range, range.First, cancellation);
        await FreeFromAsync(range, free + 1, cancellation, "No second VMID is free for the smoke test's clone", free);
        return free;
    });

    private static async Task<int> Explained(Func<Task<int>> search)
    {
        try
        {
            return await search();
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, "Looking for a free VMID failed");
        }
    }

    /// <summary>Makes a VM under the lowest VMID that no other client takes first.</summary>
    /// <param name="range">The range.</param>
    /// <param name="make">
    /// Makes the VM, waits for the task, and lets the server's errors through: from them it is seen that the VMID was taken.
    /// </param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The VMID of the VM that was made.</returns>
    /// <exception cref="FailureException">The range is full.</exception>
    public async Task<int> TakeAsync(VmidRange range, Func<int, Task> make, CancellationToken cancellation = default)
    {
        for (var from = range.First;; from++)
        {
            from = await FreeFromAsync(range, from, cancellation);
            try
            {
                await make(from);
                return from;
            }
            catch (Exception error) when (WasTaken(error))
            {
                // Another client was quicker; the next one.
            }
        }
    }

    /// <summary>Whether an error says that somebody else has the VMID: at the call, or at its task when both came at once.</summary>
    public static bool WasTaken(Exception error) => error switch
    {
        ProxmoxApiException api => api.AlreadyExists || api.Reason.Contains("can't lock file", StringComparison.Ordinal),
        ProxmoxTaskException task => task.ExitStatus.Contains("already exists", StringComparison.Ordinal)
            || task.ExitStatus.Contains("can't lock file", StringComparison.Ordinal),
        _ => false,
    };

    private async Task<int> FreeFromAsync(VmidRange range, int from, CancellationToken cancellation, string what = "No VMID is free", int? free = null)
    {
        var holders = (await client.Cluster.GetVmsAsync(cancellation))
            .Where(r => r.Vmid >= range.First && r.Vmid <= range.Last).GroupBy(r => r.Vmid).ToDictionary(g => g.Key, g => g.First());
        for (var vmid = from; vmid <= range.Last; vmid++)
        {
            // What the login may not see is found taken only by asking for it.
            if (!holders.ContainsKey(vmid) && await client.Cluster.IsFreeAsync(vmid, cancellation))
            {
                return vmid;
            }
        }

        throw new FailureException(
            FailureKind.Validation, $"{what} between {range.First} and {range.Last}", Holders(range, holders, free),
            "Destroy VMs that are no longer needed (--keep=<n> does it for older builds), or widen the range in template.json");
    }

    private static string Holders(VmidRange range, Dictionary<int, ResourceEntry> holders, int? free)
    {
        const int Most = 20;
        var listed = Enumerable.Range(range.First, Math.Min(Most, Math.Max(0, range.Last - range.First + 1))).Select(vmid =>
            holders.TryGetValue(vmid, out var holder) ? $"{vmid} {(holder.Name.Length == 0 ? holder.Type : holder.Name)}"
            : vmid == free ? $"{vmid} free" : $"{vmid} not visible to this login");
        var rest = range.Last - range.First + 1 - Most;
        return string.Join(", ", listed) + (rest > 0 ? $" and {rest} more" : "");
    }
}
