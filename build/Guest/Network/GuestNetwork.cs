using System.Net;
using System.Net.Sockets;

namespace Guest.Network;

/// <summary>
/// The network between Packer and the guests, all inside of this process: addresses of 192.0.2.0/24 (TEST-NET-1,
/// RFC 5737) that are reachable only through the two proxies here, a SOCKS 5 proxy (for SSH) and an HTTP proxy (for
/// WinRM), both on free loopback ports. The proxies lead to attached guests and nowhere else.
/// </summary>
public sealed class GuestNetwork : IAsyncDisposable
{
    /// <summary>How long a connection waits for the service of a guest whose installation is in progress.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    private const int MostConnections = 200;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private readonly HashSet<IPAddress> allocated = [];
    private readonly Dictionary<IPAddress, Task> installing = [];
    private readonly Dictionary<(IPAddress, int), AttachedService> services = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim connections = new(MostConnections);
    private readonly TcpListener socks = new(IPAddress.Loopback, 0);
    private readonly TcpListener http = new(IPAddress.Loopback, 0);
    private readonly TimeProvider time;
    private readonly Task[] loops;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuestNetwork(TimeProvider time)
    {
        this.time = time;
        socks.Start();
        http.Start();
        loops = [AcceptAsync(socks, SocksProxy.OpenAsync), AcceptAsync(http, HttpProxy.OpenAsync)];
    }

    /// <summary>The port of the SOCKS 5 proxy on 127.0.0.1.</summary>
    public int SocksPort => ((IPEndPoint)socks.LocalEndpoint).Port;

    /// <summary>The port of the HTTP proxy on 127.0.0.1.</summary>
    public int HttpPort => ((IPEndPoint)http.LocalEndpoint).Port;

    /// <summary>Starts the network and its proxies.</summary>
    public static GuestNetwork Start(TimeProvider? time = null) => new(time ?? TimeProvider.System);

    /// <summary>A free address, the lowest one from 192.0.2.10 on.</summary>
    /// <exception cref="InvalidOperationException">All 245 are in use.</exception>
    public IPAddress Allocate()
    {
        lock (gate)
        {
            for (byte last = 10; last < 255; last++)
            {
                var address = new IPAddress([192, 0, 2, last]);
                if (allocated.Add(address))
                {
                    return address;
                }
            }
        }

        throw new InvalidOperationException("All addresses of the sandbox's guest network (192.0.2.10 to 192.0.2.254) are in use.");
    }

    /// <summary>Gives an address back.</summary>
    public void Release(IPAddress address)
    {
        lock (gate)
        {
            allocated.Remove(address);
            installing.Remove(address);
        }
    }

    /// <summary>
    /// Says that an installation is in progress: until the task ends, a connection to a port of the address where
    /// nothing is attached yet waits for it, up to <see cref="LongestWait"/>, instead of being refused at once.
    /// </summary>
    public void Expect(IPAddress address, Task installation)
    {
        lock (gate)
        {
            installing[address] = installation;
        }
    }

    /// <summary>Makes a service reachable.</summary>
    /// <param name="address">The guest's address.</param>
    /// <param name="port">The TCP port.</param>
    /// <param name="service">Serves one connection: returns when it is over; is cancelled by <see cref="DetachAsync"/>.</param>
    public void Attach(IPAddress address, int port, Func<Stream, CancellationToken, Task> service)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            if (!services.TryAdd((address, port), new AttachedService(service)))
            {
                throw new InvalidOperationException($"A service is attached to {address}:{port} already.");
            }

            (wake, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        wake.SetResult();
    }

    /// <summary>Takes a service away, drops its connections and waits until they are over.</summary>
    public async ValueTask DetachAsync(IPAddress address, int port)
    {
        AttachedService? service;
        lock (gate)
        {
            services.Remove((address, port), out service);
        }

        if (service is not null)
        {
            await service.StopAsync();
            service.Dispose();
        }
    }

    /// <summary>Stops the proxies and drops all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        socks.Dispose();
        http.Dispose();
        await Task.WhenAll(loops);
        (IPAddress, int)[] all;
        lock (gate)
        {
            all = [.. services.Keys];
        }

        foreach (var (address, port) in all)
        {
            await DetachAsync(address, port);
        }
    }

    private async Task AcceptAsync(TcpListener listener, Func<Stream, Connector, CancellationToken, Task> open)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await connections.WaitAsync(stopping.Token);
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                _ = Task.Run(() => HandleAsync(client, open));
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                connections.Release();
                await Task.Delay(AcceptPause, time); // So that a lasting error does not keep a processor busy.
            }
        }
    }

    private async Task HandleAsync(TcpClient client, Func<Stream, Connector, CancellationToken, Task> open)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await open(client.GetStream(), ConnectAsync, stopping.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The client went away or the network stops; there is nobody left to tell.
            }
            finally
            {
                connections.Release();
            }
        }
    }

    private async Task<AttachedService?> ConnectAsync(IPAddress address, int port)
    {
        using var longest = new CancellationTokenSource(LongestWait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, longest.Token);
        while (true)
        {
            Task? installation;
            Task change;
            lock (gate)
            {
                if (services.TryGetValue((address, port), out var service))
                {
                    return service;
                }

                installing.TryGetValue(address, out installation);
                change = changed.Task;
            }

            if (installation is null or { IsCompleted: true })
            {
                return null;
            }

            try
            {
                await Task.WhenAny(change, installation).WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }
}
