using System.Globalization;
using Newtonsoft.Json.Linq;
using Proxmox.Transport;

namespace Proxmox.Api;

/// <summary>The calls below <c>/nodes/{node}/qemu/{vmid}</c>. Those that start a task return its identifier.</summary>
public sealed class VmApi
{
    private readonly ProxmoxClient client;
    private readonly string node;

    internal VmApi(ProxmoxClient client, string node, int vmid)
    {
        this.client = client;
        this.node = node;
        Vmid = vmid;
    }

    /// <summary>The VMID.</summary>
    public int Vmid { get; }

    /// <summary>The VM's configuration.</summary>
    public async Task<VmConfig> GetConfigAsync(CancellationToken cancellation = default) =>
        new(await client.SendAsync<JObject>(new(HttpMethod.Get, Path("config")), cancellation));

    /// <summary>Changes the configuration and waits for it: the parameters in the API's own names.</summary>
    public Task SetConfigAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellation = default)
    {
        var parameters = new ApiParameters();
        foreach (var (name, value) in settings)
        {
            parameters.Add(name, value);
        }

        return client.SendAsync(new(HttpMethod.Put, Path("config")) { Repeatable = true, Parameters = parameters }, cancellation);
    }

    /// <summary>The VM's state.</summary>
    public Task<VmStatus> GetStatusAsync(CancellationToken cancellation = default) =>
        client.SendAsync<VmStatus>(new(HttpMethod.Get, Path("status", "current")), cancellation);

    /// <summary>Starts the VM.</summary>
    public Task<string> StartAsync(CancellationToken cancellation = default) => PostAsync(cancellation, "status", "start");

    /// <summary>Switches the VM off.</summary>
    public Task<string> StopAsync(CancellationToken cancellation = default) => PostAsync(cancellation, "status", "stop");

    /// <summary>Makes the VM a template.</summary>
    public Task<string> MakeTemplateAsync(CancellationToken cancellation = default) => PostAsync(cancellation, "template");

    /// <summary>Clones the VM.</summary>
    /// <param name="newId">The clone's VMID.</param>
    /// <param name="name">The clone's name.</param>
    /// <param name="description">The clone's description.</param>
    /// <param name="full">Whether to copy the disks instead of sharing the template's.</param>
    /// <param name="storage">Where a full clone's disks go, or null for where the template's are.</param>
    /// <param name="pool">The clone's pool, or null.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<string> CloneAsync(
        int newId, string name, string description, bool full, string? storage = null, string? pool = null, CancellationToken cancellation = default) =>
        client.SendAsync<string>(
            new(HttpMethod.Post, Path("clone"))
            {
                Parameters = new()
                {
                    { "newid", newId }, { "name", name }, { "description", description }, { "full", full },
                    { "storage", full ? storage : null }, { "pool", pool },
                },
            },
            cancellation);

    /// <summary>Destroys the VM with its disks.</summary>
    public Task<string> DestroyAsync(CancellationToken cancellation = default) =>
        client.SendAsync<string>(
            new(HttpMethod.Delete, Path())
            {
                Parameters = new() { { "purge", true }, { "destroy-unreferenced-disks", true } },
            },
            cancellation);

    /// <summary>Asks whether the guest agent is there.</summary>
    /// <returns>Null when it is, otherwise why it is not.</returns>
    public async Task<string?> PingAgentAsync(CancellationToken cancellation = default)
    {
        try
        {
            await client.SendAsync(new(HttpMethod.Post, Path("agent", "ping")) { Repeatable = true }, cancellation);
            return null;
        }
        catch (ProxmoxApiException error) when (error.Status == 500)
        {
            return error.Reason;
        }
    }

    /// <summary>The addresses of the guest's network interfaces, as its agent says, the best first: IPv4 before IPv6, no loopback, no link-local ones.</summary>
    public async Task<IReadOnlyList<string>> GetAgentAddressesAsync(CancellationToken cancellation = default)
    {
        var answer = await client.SendAsync<JObject>(new(HttpMethod.Get, Path("agent", "network-get-interfaces")), cancellation);
        return GuestAddresses.Of(answer);
    }

    /// <summary>Everything that the guest's agent tells of its addresses, but those of loopback, in its order.</summary>
    public async Task<IReadOnlyList<GuestAddress>> GetAgentInterfacesAsync(CancellationToken cancellation = default) =>
        GuestAddresses.Told(await client.SendAsync<JObject>(new(HttpMethod.Get, Path("agent", "network-get-interfaces")), cancellation));

    /// <summary>The operating system, as the guest agent says.</summary>
    public async Task<GuestOs> GetAgentOsAsync(CancellationToken cancellation = default)
    {
        var answer = await client.SendAsync<JObject>(new(HttpMethod.Get, Path("agent", "get-osinfo")), cancellation);
        return GuestOs.Of(answer["result"] as JObject ?? []);
    }

    private Task<string> PostAsync(CancellationToken cancellation, params ReadOnlySpan<string> rest) =>
        client.SendAsync<string>(new(HttpMethod.Post, Path(rest)), cancellation);

    private string Path(params ReadOnlySpan<string> rest) =>
        ApiPath.Of(["nodes", node, "qemu", Vmid.ToString(CultureInfo.InvariantCulture), .. rest]);
}
