using Foundation;

namespace Proxmox.Machines;

/// <summary>
/// Takes the installation media out of a finished template. Packer's own <c>unmount_iso</c> of version 1.6 fails on
/// Proxmox VE 7 and later, which state the medium's size behind <c>media=cdrom</c> (hashicorp/packer-plugin-proxmox
/// issue 83); newer ones have done it already, and then nothing is left to do.
/// </summary>
public static class MediaEjection
{
    /// <summary>Empties every CD-ROM drive that has an ISO in it. The cloud-init drive stays.</summary>
    /// <returns>The volumes that were taken out.</returns>
    /// <exception cref="FailureException">The server refuses.</exception>
    public static async Task<IReadOnlyList<string>> EjectAsync(ProxmoxClient client, string node, int vmid, CancellationToken cancellation = default)
    {
        try
        {
            var vm = client.Node(node).Qemu(vmid);
            var drives = VmFacts.Of(await vm.GetConfigAsync(cancellation)).Cdrom.Where(c => c.Volume.Contains(":iso/", StringComparison.Ordinal)).ToList();
            if (drives.Count > 0)
            {
                await vm.SetConfigAsync(drives.ToDictionary(d => d.Slot, _ => "none,media=cdrom"), cancellation);
            }

            return [.. drives.Select(d => d.Volume)];
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"The installation media could not be taken out of template {vmid}");
        }
    }
}
