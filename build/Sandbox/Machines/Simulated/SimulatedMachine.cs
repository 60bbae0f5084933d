using Guest;
using Installer;

namespace Sandbox.Machines.Simulated;

/// <summary>What runs inside a simulated VM: an installation, or a guest, or nothing that answers.</summary>
internal sealed class SimulatedMachine : RunningMachine
{
    private readonly NodeServices node;
    private RunningGuest? guest;

    public SimulatedMachine(NodeServices node, MachineStart start)
        : base(start)
    {
        this.node = node;
        Agent = new SimulatedAgent(node, this);
    }

    public Installation? Installation { get; set; }

    /// <summary>Ends when the installation has ended and the installed system, if any, has booted.</summary>
    public Task Settled { get; set; } = Task.CompletedTask;

    /// <summary>The booted system.</summary>
    public GuestSystem? System { get; private set; }

    /// <summary>The system that the agent is in: the booted one, or the live system of an installer.</summary>
    public GuestSystem Seen => System ?? new GuestSystem { OsId = "linux", PrettyName = "Linux (installer)", VersionId = "", HostName = "localhost" };

    public override bool? HasSystem => System is not null;

    public override bool CanKeepMemory => true;

    public override IMachineAgent Agent { get; }

    public override string? ScreenText => System is null ? Installation?.Screen : null;

    /// <summary>Boots a system.</summary>
    public void Boot(GuestSystem system)
    {
        System = system;
        if (Address is { } address)
        {
            guest = RunningGuest.Start(system, node.Runtime.Network, address, new GuestRecorder(line => node.Log($"guest {Id}: {line}"), node.Faults.ExitCode));
        }
    }

    public override Task TypeKeyAsync(string key, CancellationToken cancellation)
    {
        Installation?.TypeKey(key);
        return Task.CompletedTask;
    }

    public override Task PauseAsync(bool paused, CancellationToken cancellation)
    {
        Paused = paused;
        return Task.CompletedTask;
    }

    public override async Task<string?> ShutDownAsync(bool byAgent, TimeSpan? timeout, CancellationToken cancellation)
    {
        if (System is { } system && (!byAgent || (system.GuestAgent && !node.Faults.SilentAgent)))
        {
            return null;
        }

        // Who names a time has it waited for; otherwise it is known already how it ends.
        await Task.Delay(timeout ?? TimeSpan.Zero, node.Time, cancellation);
        return "VM quit/powerdown failed";
    }

    public override async ValueTask DisposeAsync()
    {
        Installation?.Dispose();
        if (guest is not null)
        {
            await guest.DisposeAsync();
        }

        await Settled;
    }
}
