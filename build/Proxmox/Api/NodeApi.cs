using Proxmox.Transport;

namespace Proxmox.Api;

/// <summary>The calls below <c>/nodes/{node}</c>.</summary>
public sealed class NodeApi
{
    private readonly ProxmoxClient client;

    internal NodeApi(ProxmoxClient client, string node)
    {
        this.client = client;
        Name = node;
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>The calls below <c>/nodes/{node}/qemu/{vmid}</c>.</summary>
    public VmApi Qemu(int vmid) => new(client, Name, vmid);

    /// <summary>The calls below <c>/nodes/{node}/storage/{storage}</c>.</summary>
    public StorageApi Storage(string storage) => new(client, Name, storage);

    /// <summary>The storages that the node has and the login may see.</summary>
    public Task<IReadOnlyList<StorageEntry>> GetStoragesAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<StorageEntry>(new(HttpMethod.Get, ApiPath.Of("nodes", Name, "storage")), cancellation);

    /// <summary>The node's bridges: Linux's, Open vSwitch's, and the VNets of the software-defined network.</summary>
    public Task<IReadOnlyList<NetworkEntry>> GetBridgesAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<NetworkEntry>(
            new(HttpMethod.Get, ApiPath.Of("nodes", Name, "network")) { Parameters = new() { { "type", "any_bridge" } } }, cancellation);

    /// <summary>The CPU types that VMs can have; custom ones (<c>custom-…</c>) only for logins with <c>Sys.Audit</c> on <c>/nodes</c>.</summary>
    public Task<IReadOnlyList<CpuEntry>> GetCpuTypesAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<CpuEntry>(new(HttpMethod.Get, ApiPath.Of("nodes", Name, "capabilities", "qemu", "cpu")), cancellation);

    /// <summary>The CPU flags that a VM may add or take away. Servers before 9 do not tell.</summary>
    public Task<IReadOnlyList<CpuEntry>> GetCpuFlagsAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<CpuEntry>(new(HttpMethod.Get, ApiPath.Of("nodes", Name, "capabilities", "qemu", "cpu-flags")), cancellation);

    /// <summary>Makes a VM.</summary>
    /// <param name="vmid">Its VMID.</param>
    /// <param name="settings">The parameters, in the API's own names.</param>
    /// <param name="cancellation">Stops the call.</param>
    /// <returns>The task.</returns>
    public Task<string> CreateVmAsync(
        int vmid, IReadOnlyDictionary<string, string> settings, CancellationToken cancellation = default)
    {
        var parameters = new ApiParameters { { "vmid", vmid } };
        foreach (var (name, value) in settings)
        {
            parameters.Add(name, value);
        }

        return client.SendAsync<string>(new(HttpMethod.Post, ApiPath.Of("nodes", Name, "qemu")) { Parameters = parameters }, cancellation);
    }

    /// <summary>The node's tasks, newest first, as far as the login may see them.</summary>
    /// <param name="vmid">Only those of this VM.</param>
    /// <param name="type">Only those of this type.</param>
    /// <param name="running">Only those that still run; otherwise ended ones too.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<IReadOnlyList<TaskEntry>> GetTasksAsync(
        int? vmid = null, string? type = null, bool running = false, CancellationToken cancellation = default) =>
        client.SendListAsync<TaskEntry>(
            new(HttpMethod.Get, ApiPath.Of("nodes", Name, "tasks"))
            {
                Parameters = new()
                {
                    { "vmid", vmid }, { "typefilter", type }, { "source", running ? "active" : "all" }, { "limit", 200 },
                },
            },
            cancellation);

    /// <summary>The state of a task.</summary>
    public Task<TaskStatusEntry> GetTaskStatusAsync(string upid, CancellationToken cancellation = default) =>
        client.SendAsync<TaskStatusEntry>(new(HttpMethod.Get, ApiPath.Of("nodes", Name, "tasks", upid, "status")), cancellation);

    /// <summary>Lines of a task's log.</summary>
    /// <param name="upid">The task.</param>
    /// <param name="start">How many lines to leave out.</param>
    /// <param name="limit">How many lines at most.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<IReadOnlyList<TaskLogLine>> GetTaskLogAsync(
        string upid, int start = 0, int limit = 500, CancellationToken cancellation = default) =>
        client.SendListAsync<TaskLogLine>(
            new(HttpMethod.Get, ApiPath.Of("nodes", Name, "tasks", upid, "log")) { Parameters = new() { { "start", start }, { "limit", limit } } },
            cancellation);

    /// <summary>Stops a task.</summary>
    public Task StopTaskAsync(string upid, CancellationToken cancellation = default) =>
        client.SendAsync(new(HttpMethod.Delete, ApiPath.Of("nodes", Name, "tasks", upid)) { Repeatable = true }, cancellation);
}
