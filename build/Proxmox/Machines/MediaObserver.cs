namespace Proxmox.Machines;

/// <summary>A medium that was seen in a drive.</summary>
/// <param name="Slot">The drive, such as <c>ide2</c>.</param>
/// <param name="Volume">The volume, such as <c>local:iso/Rocky-9.6-x86_64-minimal.iso</c>.</param>
public sealed record ObservedMedium(string Slot, string Volume);

/// <summary>
/// Sees which media are in the drives of a VM while it is built: after the build they have been taken out, and what was
/// asked for need not be what was attached.
/// </summary>
/// <param name="client">The server.</param>
/// <param name="node">The VM's node.</param>
/// <param name="vmid">The VM.</param>
public sealed class MediaObserver(ProxmoxClient client, string node, int vmid)
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<(string Slot, string Volume), ObservedMedium> seen = [];
    private readonly Lock gate = new();

    /// <summary>What has been seen so far, by drive.</summary>
    public IReadOnlyList<ObservedMedium> Seen
    {
        get
        {
            lock (gate)
            {
                return [.. seen.Values];
            }
        }
    }

    /// <summary>Looks again and again until it is stopped: often until there are media, then now and then. What the server does not answer it does not see.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var facts = VmFacts.Of(await client.Node(node).Qemu(vmid).GetConfigAsync(cancellation));
                lock (gate)
                {
                    foreach (var drive in facts.Cdrom.Where(c => c.Volume.Contains(":iso/", StringComparison.Ordinal)))
                    {
                        seen[(drive.Slot, drive.Volume)] = new(drive.Slot, drive.Volume);
                    }
                }

                await Task.Delay(Seen.Count == 0 ? Often : Seldom, client.Options.Time, cancellation);
            }
            catch (ProxmoxApiException)
            {
                // Not made yet, or a moment without an answer.
                try
                {
                    await Task.Delay(Often, client.Options.Time, cancellation);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
