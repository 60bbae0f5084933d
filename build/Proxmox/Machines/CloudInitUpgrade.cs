namespace Proxmox.Machines;

/// <summary>
/// Whether clones of a template bring their packages up to date at their first start: Proxmox VE's <c>ciupgrade</c>, which
/// is on unless it is set, so that a clone is busy for minutes before it can be used.
/// </summary>
public static class CloudInitUpgrade
{
    /// <summary>Sets it; clones take it over.</summary>
    /// <returns>Null when it is set, otherwise why not: Proxmox VE before 8 has no such option.</returns>
    public static async Task<string?> SetAsync(ProxmoxClient client, string node, int vmid, bool upgrade, CancellationToken cancellation = default)
    {
        try
        {
            await client.Node(node).Qemu(vmid).SetConfigAsync(new Dictionary<string, string> { ["ciupgrade"] = upgrade ? "1" : "0" }, cancellation);
            return null;
        }
        catch (ProxmoxApiException error)
        {
            return error.Message;
        }
    }
}
