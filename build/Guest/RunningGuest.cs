using System.Net;
using Guest.Network;
using Guest.Ssh;
using Guest.WinRm;

namespace Guest;

/// <summary>
/// A guest that runs: the services that its <see cref="GuestSystem"/> has, reachable at its address on the
/// <see cref="GuestNetwork"/> until it is disposed, which also drops the open connections. Keys and certificates are
/// made when the first client needs them.
/// </summary>
public sealed class RunningGuest : IAsyncDisposable
{
    // Windows says that it will restart and goes down a moment later; a shell's connection is dropped at once.
    private static readonly TimeSpan WindowsLinger = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Boot = TimeSpan.FromMilliseconds(500);

    private readonly GuestNetwork network;
    private readonly GuestState state;
    private readonly List<(int Port, Func<Stream, CancellationToken, Task> Service)> services = [];
    private readonly List<IDisposable> owners = [];
    private readonly CancellationTokenSource off = new();
    private Task restart = Task.CompletedTask;

    private int ended;

    private RunningGuest(GuestNetwork network, IPAddress address, GuestState state)
    {
        (this.network, Address, this.state) = (network, address, state);
        state.Restart = () => restart = Task.Run(RestartAsync, CancellationToken.None);
    }

    /// <summary>The guest's address.</summary>
    public IPAddress Address { get; }

    /// <summary>Starts SSH on port 22 and WinRM on 5985 or 5986, as far as the system has them.</summary>
    /// <param name="system">What was installed.</param>
    /// <param name="network">The network that the guest is attached to.</param>
    /// <param name="address">Its address there, from <see cref="GuestNetwork.Allocate"/>.</param>
    /// <param name="recorder">Takes what clients do.</param>
    public static RunningGuest Start(GuestSystem system, GuestNetwork network, IPAddress address, GuestRecorder recorder)
    {
        var state = new GuestState(system, recorder);
        var guest = new RunningGuest(network, address, state);
        if (system.Ssh)
        {
            var ssh = new SshServer(state);
            guest.Serve(22, ssh.ServeAsync, ssh);
        }

        if (system.WinRm is { } listener)
        {
            var winRm = new WinRmServer(state, listener);
            guest.Serve(listener.Port, winRm.ServeAsync, winRm);
        }

        return guest;
    }

    /// <summary>Takes the services off the network and drops their connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
        {
            return;
        }

        await off.CancelAsync();
        await restart;
        await DetachAsync();
        owners.ForEach(o => o.Dispose());
        off.Dispose();
    }

    private void Serve(int port, Func<Stream, CancellationToken, Task> service, IDisposable owner)
    {
        network.Attach(Address, port, service);
        services.Add((port, service));
        owners.Add(owner);
    }

    private async Task RestartAsync()
    {
        try
        {
            await Task.Delay(state.System.IsWindows ? WindowsLinger : TimeSpan.Zero, off.Token);
            await DetachAsync();
            await Task.Delay(Boot, off.Token);
            state.Restarted();
            services.ForEach(s => network.Attach(Address, s.Port, s.Service));
            state.Log("the machine is up again");
        }
        catch (OperationCanceledException)
        {
            // Switched off meanwhile.
        }
    }

    private async Task DetachAsync()
    {
        foreach (var (port, _) in services)
        {
            await network.DetachAsync(Address, port);
        }
    }
}
