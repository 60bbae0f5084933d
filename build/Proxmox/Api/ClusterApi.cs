namespace Proxmox.Api;

/// <summary>The calls below <c>/cluster</c>.</summary>
public sealed class ClusterApi
{
    private readonly ProxmoxClient client;

    internal ClusterApi(ProxmoxClient client) => this.client = client;

    /// <summary>The VMs and containers that the login may see.</summary>
    public Task<IReadOnlyList<ResourceEntry>> GetVmsAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<ResourceEntry>(
            new(HttpMethod.Get, "/cluster/resources") { Parameters = new() { { "type", "vm" } } }, cancellation);

    /// <summary>The VNets of the software-defined network, as far as the login may audit them; none where the server knows no such network.</summary>
    public async Task<IReadOnlyList<VNetEntry>> GetVNetsAsync(CancellationToken cancellation = default)
    {
        try
        {
            return await client.SendListAsync<VNetEntry>(new(HttpMethod.Get, "/cluster/sdn/vnets"), cancellation);
        }
        catch (ProxmoxApiException error) when (error.Status is 403 or 501)
        {
            return [];
        }
    }

    /// <summary>Whether a VMID is free, also of VMs that the login may not see.</summary>
    public async Task<bool> IsFreeAsync(int vmid, CancellationToken cancellation = default)
    {
        try
        {
            await client.SendAsync(new(HttpMethod.Get, "/cluster/nextid") { Parameters = new() { { "vmid", vmid } } }, cancellation);
            return true;
        }
        catch (ProxmoxApiException error) when (error.AlreadyExists)
        {
            return false;
        }
    }
}

/// <summary>The calls below <c>/pools</c>.</summary>
public sealed class PoolApi
{
    private readonly ProxmoxClient client;

    internal PoolApi(ProxmoxClient client) => this.client = client;

    /// <summary>The pools that the login may see.</summary>
    public Task<IReadOnlyList<PoolEntry>> GetAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<PoolEntry>(new(HttpMethod.Get, "/pools"), cancellation);

    /// <summary>Makes a pool.</summary>
    public Task CreateAsync(string pool, string comment, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Post, "/pools") { Parameters = new() { { "poolid", pool }, { "comment", comment } } }, cancellation);
}
