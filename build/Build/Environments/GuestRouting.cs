using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Build.Settings;
using Foundation;

namespace Build.Environments;

/// <summary>Finds the address of this machine at which guests of a cluster reach Packer's HTTP server.</summary>
internal static class GuestRouting
{
    /// <summary>The route that the settings name, completed by the address that routes to the server.</summary>
    public static GuestRoute Of(ClusterSettings settings, Uri server)
    {
        var named = settings.HttpInterface;
        var address = settings.HttpBindAddress ?? (named is null ? AddressTowards(server)?.ToString() : AddressOf(named)) ?? "0.0.0.0";
        return new GuestRoute
        {
            HttpBindAddress = address,
            HttpInterface = named ?? InterfaceWith(address),
            SshProxy = settings.SshProxy,
            HttpProxy = settings.HttpProxy,
        };
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
