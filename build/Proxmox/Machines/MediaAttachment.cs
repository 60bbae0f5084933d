using Foundation;

namespace Proxmox.Machines;

/// <summary>
/// Attaches further media to a VM that Packer 1.6 has made and started, for that version cannot: switches the VM off,
/// gives it the drives and switches it on again, while Packer waits to type its boot command.
/// </summary>
/// <param name="client">Logged in as Packer is.</param>
/// <param name="log">Told what is attached.</param>
public sealed class MediaAttachment(ProxmoxClient client, IRunLog log)
{
    private const string Stage = "PackerBuild";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Waits until Packer has started the VM, and attaches the media to <c>sata1</c> and up.</summary>
    /// <param name="node">The node.</param>
    /// <param name="vmid">The VMID that Packer was given.</param>
    /// <param name="volumes">The media in their order, such as <c>local:iso/virtio-win-0.1.285.iso</c>.</param>
    /// <param name="off">Told when the VM is off: what happens from then on happens with the media in it.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="FailureException">The server refuses.</exception>
    public async Task AttachAsync(string node, int vmid, IReadOnlyList<string> volumes, Func<Task>? off = null, CancellationToken cancellation = default)
    {
        var vm = client.Node(node).Qemu(vmid);
        try
        {
            while (!await IsRunningAsync(client.Watching.Node(node).Qemu(vmid), cancellation))
            {
                await Task.Delay(Interval, client.Options.Time, cancellation);
            }

            log.Write(Stage, EventLevel.Info, $"attaching {string.Join(", ", volumes)}");
            await client.WaitForTaskAsync(await vm.StopAsync(cancellation), null, cancellation);
            await (off?.Invoke() ?? Task.CompletedTask);
            await vm.SetConfigAsync(
                volumes.Select((volume, i) => (Slot: $"sata{i + 1}", volume)).ToDictionary(m => m.Slot, m => $"{m.volume},media=cdrom"), cancellation);
            await client.WaitForTaskAsync(await vm.StartAsync(cancellation), null, cancellation);
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException)
        {
            throw ProxmoxFailure.From(error, $"The media {string.Join(", ", volumes)} could not be attached to VM {vmid}");
        }
    }

    private static async Task<bool> IsRunningAsync(Api.VmApi vm, CancellationToken cancellation)
    {
        try
        {
            return (await vm.GetStatusAsync(cancellation)).Status == "running";
        }
        catch (ProxmoxApiException error) when (error.NotFound || error.Status == 500 || error.Status == 403)
        {
            // Packer has not made it yet.
            return false;
        }
    }
}
