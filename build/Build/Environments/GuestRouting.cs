using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Build.Settings;
using Foundation;
using Packer.Staging;
using Proxmox;

namespace Build.Environments;

/// <summary>Finds the address of this machine at which guests of a cluster reach Packer's HTTP server.</summary>
internal static class GuestRouting
{
    /// <summary>The route that the settings name, completed by the address that routes to the server.</summary>
    /// <param name="settings">What was named.</param>
    /// <param name="server">The server.</param>
    /// <param name="found">What was found there: the bridge's network.</param>
    /// <param name="log">Told when guests may not reach the address.</param>
    /// <exception cref="FailureException">Usage: the interface that was named is not there, or has no address to tell.</exception>
    public static GuestRoute Of(BuildSettings settings, Uri server, DiscoveredFacts found, IRunLog log)
    {
        var http = Usable(settings.Http) ?? Towards(server);
        var reachable = http.Told is { } told ? IsReachable(told, found.BridgeNetwork, server) : false;
        if (reachable is not true)
        {
            log.Write("Init", reachable is null ? EventLevel.Debug : EventLevel.Warning, reachable is null
                ? $"Guests on {found.Bridge} ({found.BridgeNetwork ?? "whose network the node does not tell"}) have to reach this machine at {http.Told} through a router"
                : $"Guests on {found.Bridge} cannot reach this machine at {http.Told ?? "any IPv4 address"}: templates that fetch their files by HTTP will fail. Choose another address with --http-bind-address");
        }

        return new GuestRoute
        {
            Http = http,
            HttpReachable = reachable,
            SshProxy = settings.Cluster.SshProxy,
            HttpProxy = settings.Cluster.HttpProxy,
        };
    }

    /// <summary>Refuses an interface whose address Packer could not tell a guest; it finds that out only when the VM runs.</summary>
    /// <exception cref="FailureException">Usage: there is no such interface, or it has no IPv4 address but a loopback address.</exception>
    public static HttpServing? Usable(HttpServing? named)
    {
        if (named is { Interface.Length: > 0, Told: null })
        {
            var there = NetworkInterface.GetAllNetworkInterfaces().Any(i => i.Name == named.Interface);
            var possible = NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name).Where(n => HttpServing.Ipv4Addresses(n).Any()).ToList();
            throw new FailureException(
                FailureKind.Usage,
                there ? $"Packer cannot tell guests an address of the network interface '{named.Interface}'" : $"There is no network interface '{named.Interface}'",
                there ? "it has no IPv4 address other than a loopback address" : null,
                possible.Count > 0 ? $"Choose with --http-interface=<name>: {string.Join(", ", possible)}" : "Name an address with --http-bind-address");
        }

        return named;
    }

    /// <summary>
    /// Where guests reach this machine when nobody says so: the IPv4 address from which it reaches the server; otherwise, as
    /// with a server that has IPv6 addresses only, all addresses, and the guest is told the one of the interface towards it.
    /// </summary>
    public static HttpServing Towards(Uri server) => Towards(AddressesOf(server));

    /// <summary>The same for a server with these addresses.</summary>
    internal static HttpServing Towards(IReadOnlyList<IPAddress> server)
    {
        if (server.Any(IPAddress.IsLoopback))
        {
            return HttpServing.At(IPAddress.Loopback);
        }

        if (Sources(server, AddressFamily.InterNetwork).FirstOrDefault() is { } own)
        {
            return HttpServing.At(own);
        }

        var towards = Sources(server, AddressFamily.InterNetworkV6).Select(InterfaceWith);
        var any = NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus == OperationalStatus.Up).Select(i => i.Name);
        return towards.Concat(any).FirstOrDefault(n => n is not null && HttpServing.Ipv4Addresses(n).Any()) is { } name
            ? HttpServing.On(name)
            : HttpServing.Anywhere;
    }

    /// <summary>Whether a guest on the bridge reaches an address of this machine: no, surely, or not known (null).</summary>
    public static bool? IsReachable(string address, string? bridgeNetwork, Uri server)
    {
        if (!IPAddress.TryParse(address, out var own))
        {
            return false;
        }

        if (IPAddress.IsLoopback(own))
        {
            // A server on this machine has its guests here as well.
            return server.IsLoopback;
        }

        var slash = (bridgeNetwork ?? "").IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IPAddress.TryParse(bridgeNetwork![..slash], out var node)
            && int.TryParse(bridgeNetwork[(slash + 1)..], out var bits)
            && node.AddressFamily == own.AddressFamily && SameNetwork(node.GetAddressBytes(), own.GetAddressBytes(), bits)
            ? true
            : null;
    }

    /// <summary>The source addresses that the system takes on the way to addresses: connecting a UDP socket sends nothing.</summary>
    private static IEnumerable<IPAddress> Sources(IEnumerable<IPAddress> targets, AddressFamily family)
    {
        foreach (var target in targets.Where(t => t.AddressFamily == family))
        {
            IPAddress? source = null;
            try
            {
                using var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(target, 8006);
                source = (socket.LocalEndPoint as IPEndPoint)?.Address;
            }
            catch (SocketException)
            {
                // No route to this one.
            }

            if (source is not null && !source.Equals(IPAddress.Any) && !source.Equals(IPAddress.IPv6Any))
            {
                yield return source;
            }
        }
    }

    private static IPAddress[] AddressesOf(Uri server)
    {
        try
        {
            return Dns.GetHostAddresses(server.IdnHost);
        }
        catch (SocketException)
        {
            // Whoever connects next says what is wrong with the server's name.
            return [];
        }
    }

    private static bool SameNetwork(byte[] one, byte[] other, int bits)
    {
        for (var bit = 0; bit < Math.Min(bits, one.Length * 8); bit++)
        {
            if (((one[bit / 8] ^ other[bit / 8]) & (0x80 >> (bit % 8))) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static string? InterfaceWith(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .FirstOrDefault(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(address)))?.Name;
}
