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
    private readonly GuestNetwork network;
    private readonly List<int> ports = [];
    private readonly List<IDisposable> services = [];

    private RunningGuest(GuestNetwork network, IPAddress address) => (this.network, Address) = (network, address);

    /// <summary>The guest's address.</summary>
    public IPAddress Address { get; }

    /// <summary>Starts SSH on port 22 and WinRM on 5985 or 5986, as far as the system has them.</summary>
    /// <param name="system">What was installed.</param>
    /// <param name="network">The network that the guest is attached to.</param>
    /// <param name="address">Its address there, from <see cref="GuestNetwork.Allocate"/>.</param>
    /// <param name="recorder">Takes what clients do.</param>
    public static RunningGuest Start(GuestSystem system, GuestNetwork network, IPAddress address, GuestRecorder recorder)
    {
        var guest = new RunningGuest(network, address);
        var state = new GuestState(system, recorder);
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
        foreach (var port in ports)
        {
            await network.DetachAsync(Address, port);
        }

        services.ForEach(s => s.Dispose());
    }

    private void Serve(int port, Func<Stream, CancellationToken, Task> service, IDisposable owner)
    {
        network.Attach(Address, port, service);
        ports.Add(port);
        services.Add(owner);
    }
}
