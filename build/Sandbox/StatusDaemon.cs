using System.Text.Json.Nodes;
using Sandbox.Endpoints;
using Sandbox.Machines;

namespace Sandbox;

/// <summary>
/// What the cluster's lists know of VMs. On a real cluster each node's status daemon reports every ten seconds, and in
/// between the lists show what was: a VM that runs no longer, a template that is none yet, and of one that was just made
/// nothing but its VMID. Where a VM is, its lock, its tags and its pool are told as they are.
/// </summary>
internal sealed class StatusDaemon : IAsyncDisposable
{
    private static readonly string[] Current = ["node", "lock", "tags", "pool"];
    private readonly NodeServices node;
    private readonly ITimer? timer;
    private Dictionary<int, JsonObject> reported = [];

    public StatusDaemon(NodeServices node)
    {
        this.node = node;
        if (node.Options.StatusLag is var lag && lag > TimeSpan.Zero)
        {
            Report();
            timer = node.Time.CreateTimer(_ => Report(), null, lag, lag);
        }
    }

    /// <summary>The VM as the lists show it. Called under the node's lock.</summary>
    public JsonObject Describe(Machine machine)
    {
        var now = ClusterEndpoints.DescribeMachine(node, machine);
        if (timer is null)
        {
            return now;
        }

        var shown = reported.GetValueOrDefault(machine.Id)?.DeepClone().AsObject()
            ?? new JsonObject { ["id"] = $"qemu/{machine.Id}", ["type"] = "qemu", ["vmid"] = machine.Id, ["status"] = "unknown" };
        foreach (var key in Current)
        {
            shown.Remove(key);
            if (now[key] is { } value)
            {
                shown[key] = value.DeepClone();
            }
        }

        return shown;
    }

    public ValueTask DisposeAsync() => timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Notes what is so.</summary>
    internal void Report()
    {
        lock (node.Gate)
        {
            reported = node.State.Machines.Values.ToDictionary(m => m.Id, m => ClusterEndpoints.DescribeMachine(node, m));
        }
    }
}
