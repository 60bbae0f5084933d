using Guest.Network;
using Sandbox.Api;
using Sandbox.Tasks;

namespace Sandbox.Machines;

/// <summary>Starts and stops VMs: checks what the server checks, and leaves the rest to the engine.</summary>
internal sealed class MachineRuntime : IAsyncDisposable
{
    private readonly NodeServices node;
    private readonly Dictionary<int, RunningMachine> running = [];

    public MachineRuntime(NodeServices node, IMachineEngine engine)
    {
        this.node = node;
        Failures = new InstallationFailures(node.Gate);
        Engine = engine;
    }

    /// <summary>What lets VMs run.</summary>
    public IMachineEngine Engine { get; }

    /// <summary>The network between Packer and the guests.</summary>
    public GuestNetwork Network { get; } = GuestNetwork.Start();

    /// <summary>Who waits for failures.</summary>
    public InstallationFailures Failures { get; }

    /// <summary>What runs in the VM, or null when it is stopped.</summary>
    public RunningMachine? Find(int vmid) => running.GetValueOrDefault(vmid);

    /// <summary>Switches the VM on, as far as it can be done at once. Called under the node's lock; <see cref="ReadyAsync"/> follows.</summary>
    public void Start(Machine machine, string user, TaskLog log)
    {
        Check(machine);
        if (machine.Lock == "suspended")
        {
            // Its memory was on a volume, which goes when the VM runs again.
            machine.Config.Remove("lock");
            if (machine.Config.Remove("vmstate", out var state) && node.StoragesOf(machine).Find(state) is { } memory)
            {
                node.StoragesOf(machine).Free(memory);
            }
        }
        else
        {
            node.Machines.ApplyPending(machine, log);
        }

        var connected = machine.Cards.Any(c => c.Card["bridge"] is not null && !c.Card.Flag("link_down"));
        var address = connected ? Network.Allocate() : null;
        try
        {
            running[machine.Id] = Engine.Start(new MachineStart(machine, address, user, Failures.Count()));
        }
        catch when (address is not null)
        {
            Network.Release(address);
            throw;
        }

        machine.Running = true;
        machine.Started = node.Now;
    }

    /// <summary>Waits until the VM runs.</summary>
    /// <exception cref="ApiException">It does not; it is off again.</exception>
    public async Task ReadyAsync(Machine machine)
    {
        RunningMachine? started;
        lock (node.Gate)
        {
            started = Find(machine.Id);
        }

        try
        {
            await (started?.Ready ?? Task.CompletedTask);
        }
        catch (ApiException)
        {
            await StopAsync(machine, started);
            throw;
        }
    }

    /// <summary>Switches the VM off at once.</summary>
    /// <param name="machine">The VM.</param>
    /// <param name="only">What has to run in it; null for whatever does.</param>
    public async Task StopAsync(Machine machine, RunningMachine? only = null)
    {
        RunningMachine? stopping;
        lock (node.Gate)
        {
            stopping = Find(machine.Id);
            if (only is not null && stopping != only)
            {
                return;
            }

            machine.Running = false;
            if (stopping is null)
            {
                return;
            }

            running.Remove(machine.Id);
            stopping.Stopped = true;
        }

        await stopping.DisposeAsync();
        if (stopping.Address is { } address)
        {
            Network.Release(address);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in running.Keys.ToList())
        {
            await StopAsync(node.State.Machines[id]);
        }

        await Engine.DisposeAsync();
        await Network.DisposeAsync();
    }

    private void Check(Machine machine)
    {
        if (machine.Lock != "suspended")
        {
            MachineService.CheckLock(machine);
        }

        if (machine.IsTemplate)
        {
            throw ApiException.Failed("you can't start a vm if it's a template");
        }

        if (machine.Running)
        {
            throw ApiException.Failed($"VM {machine.Id} already running");
        }

        if (machine.Cpus > NodeServices.Cpus)
        {
            throw ApiException.Failed($"MAX {NodeServices.Cpus} vcpus allowed per VM on this node");
        }

        foreach (var (_, card) in machine.Cards.Where(c => c.Card["bridge"] is { } b && b != NodeServices.Bridge && node.State.VNets.GetValueOrDefault(b)?.Applied != true))
        {
            throw ApiException.Failed($"bridge '{card["bridge"]}' does not exist");
        }

        foreach (var (_, drive) in machine.Drives.Where(d => d.Drive["file"] is not ("none" or "cdrom")))
        {
            node.StoragesOf(machine).RequireVolume(drive["file"]!);
        }
    }
}
