using Foundation;

namespace Proxmox.Machines;

/// <summary>Destroys a VM whatever state it is in.</summary>
internal static class VmRemoval
{
    /// <summary>For a smoke test's clone: <see cref="LeftClones.RemoveAsync"/> of a later run looks for it.</summary>
    public const string ByNextRun = "the next run tries again";

    /// <summary>For Packer's VM, which no later run looks for.</summary>
    public const string ByHand = "destroy it by hand";

    private const int Attempts = 5;

    /// <returns>Whether there was such a VM.</returns>
    public static async Task<bool> RemoveAsync(ProxmoxClient client, string node, int vmid, CancellationToken cancellation)
    {
        var vm = client.Node(node).Qemu(vmid);
        for (var attempt = 1;; attempt++)
        {
            try
            {
                if ((await vm.GetStatusAsync(cancellation)).Status == "running")
                {
                    await client.WaitForTaskAsync(await vm.StopAsync(cancellation), null, cancellation);
                }

                await client.WaitForTaskAsync(await vm.DestroyAsync(cancellation), null, cancellation);
                return true;
            }
            catch (ProxmoxApiException error) when (error.NotFound)
            {
                return attempt > 1;
            }
            catch (ProxmoxApiException error) when (error.Status == 403)
            {
                // Who has rights through the pool is answered so for a VM that is gone.
                if (await IsGoneAsync(client, vmid))
                {
                    return attempt > 1;
                }

                throw;
            }
            catch (Exception error) when (attempt < Attempts && IsBusy(error))
            {
                // Another task still has the VM (a clone that was interrupted, a start): it ends in a moment.
                await Task.Delay(TimeSpan.FromSeconds(2), client.Options.Time, cancellation);
            }
        }
    }

    /// <summary>Whether there is no such VM: a 403 says the same of one that may not be seen.</summary>
    public static async Task<bool> IsGoneAsync(ProxmoxClient client, int vmid)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            return await client.Cluster.IsFreeAsync(vmid, limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>
    /// Destroys a VM after a run, also an interrupted one: with a time limit of its own, and without a failure that would
    /// hide the first.
    /// </summary>
    /// <param name="client">The server.</param>
    /// <param name="node">The VM's node.</param>
    /// <param name="vmid">The VM.</param>
    /// <param name="remedy">Who destroys the VM when this cannot: <see cref="ByNextRun"/> or <see cref="ByHand"/>.</param>
    /// <param name="log">Where a failure is told.</param>
    /// <param name="stage">The stage that tells it.</param>
    /// <returns>Whether a VM was destroyed.</returns>
    public static async Task<bool> RemoveAtEndAsync(ProxmoxClient client, string node, int vmid, string remedy, IRunLog log, string stage)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            return await RemoveAsync(client, node, vmid, limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException or OperationCanceledException)
        {
            log.Write(stage, EventLevel.Error, $"VM {vmid} on {node} could not be destroyed ({error.Message}); {remedy}");
            return false;
        }
    }

    private static bool IsBusy(Exception error)
    {
        var words = error switch
        {
            ProxmoxApiException { Status: 500 } api => api.Reason,
            ProxmoxTaskException task => task.ExitStatus,
            _ => "",
        };
        return words.Contains("lock", StringComparison.OrdinalIgnoreCase)
            || words.Contains("is running", StringComparison.Ordinal)
            || words.Contains("got timeout", StringComparison.Ordinal);
    }
}
