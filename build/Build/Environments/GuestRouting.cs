using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Build.Settings;
using Foundation;
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
    public static GuestRoute Of(ClusterSettings settings, Uri server, DiscoveredFacts found, IRunLog log)
    {
        var named = settings.HttpInterface;
        var address = settings.HttpBindAddress ?? (named is null ? AddressTowards(server)?.ToString() : AddressOf(named)) ?? "0.0.0.0";
        var reachable = IsReachable(address, found.BridgeNetwork, server);
        if (reachable is not true)
        {
            log.Write("Init", reachable is null ? EventLevel.Debug : EventLevel.Warning, reachable is null
                ? $"Guests on {found.Bridge} ({found.BridgeNetwork ?? "whose network the node does not tell"}) have to reach this machine at {address} through a router"
                : $"Guests on {found.Bridge} cannot reach this machine at {address}: templates that fetch their files by HTTP will fail. Choose another one with --http-bind-address");
        }

        return new GuestRoute
        {
            HttpBindAddress = address,
            HttpReachable = reachable,
            HttpInterface = named ?? InterfaceWith(address),
            SshProxy = settings.SshProxy,
            HttpProxy = settings.HttpProxy,
        };
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

    /// <summary>The source address that the system takes on the way to a server: connecting a UDP socket sends nothing.</summary>
    public static IPAddress? AddressTowards(Uri server)
    {
        try
        {
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server.IdnHost, server.Port);
            var address = (socket.LocalEndPoint as IPEndPoint)?.Address;
            return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        }
        catch (SocketException)
        {
            // Whoever connects next says what is wrong with the server's name.
            return null;
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

    private static string AddressOf(string name) =>
        NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(i => i.Name == name)?.GetIPProperties().UnicastAddresses
            .Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork)?.ToString()
        ?? throw new FailureException(
            FailureKind.Usage, $"There is no network interface '{name}' with an IPv4 address",
            "there is " + string.Join(", ", NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name)), "Choose with --http-interface=<name>");

    private static string InterfaceWith(string address) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .FirstOrDefault(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.ToString() == address))?.Name ?? "";
}
