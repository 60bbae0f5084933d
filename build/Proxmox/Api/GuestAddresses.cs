using System.Net;
using System.Net.Sockets;
using Newtonsoft.Json.Linq;

namespace Proxmox.Api;

/// <summary>An address of a guest's network interface.</summary>
/// <param name="Interface">The interface's name in the guest, such as <c>eth0</c>.</param>
/// <param name="Address">The address, IPv4 or IPv6.</param>
public sealed record GuestAddress(string Interface, string Address)
{
    /// <summary>As messages name it: <c>eth0 192.0.2.5</c>.</summary>
    public override string ToString() => $"{Interface} {Address}";
}

/// <summary>Reads the answer of the guest agent's <c>network-get-interfaces</c>.</summary>
internal static class GuestAddresses
{
    /// <summary>Those at which a guest may be reached, IPv4 before IPv6.</summary>
    public static IReadOnlyList<string> Of(JObject answer) =>
        [.. All(answer).Where(a => Reachable(a.Address)).Select(a => a.Address)
            .OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).Select(a => a.ToString())];

    /// <summary>All but those of loopback, in the agent's order.</summary>
    public static IReadOnlyList<GuestAddress> Told(JObject answer) =>
        [.. All(answer).Where(a => !IPAddress.IsLoopback(a.Address)).Select(a => new GuestAddress(a.Interface, a.Address.ToString()))];

    private static IEnumerable<(string Interface, IPAddress Address)> All(JObject answer) =>
        from network in (answer["result"] as JArray ?? []).OfType<JObject>()
        from told in (network["ip-addresses"] as JArray ?? []).OfType<JObject>()
        let address = IPAddress.TryParse((told["ip-address"] as JValue)?.Value as string, out var parsed) ? parsed : null
        where address is not null
        select ((network["name"] as JValue)?.Value as string ?? "?", address);

    private static bool Reachable(IPAddress address) =>
        !IPAddress.IsLoopback(address)
        && !address.IsIPv6LinkLocal
        // 169.254.0.0/16: the guest found no DHCP server.
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
