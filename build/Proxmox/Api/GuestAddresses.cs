using System.Net;
using System.Net.Sockets;
using Newtonsoft.Json.Linq;

namespace Proxmox.Api;

/// <summary>Reads the answer of the guest agent's <c>network-get-interfaces</c>.</summary>
internal static class GuestAddresses
{
    public static IReadOnlyList<string> Of(JObject answer) =>
        [.. (answer["result"] as JArray ?? [])
            .OfType<JObject>()
            .SelectMany(i => (i["ip-addresses"] as JArray ?? []).OfType<JObject>())
            .Select(a => (a["ip-address"] as JValue)?.Value as string)
            .Select(a => IPAddress.TryParse(a, out var address) ? address : null)
            .OfType<IPAddress>()
            .Where(Reachable)
            .OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
            .Select(a => a.ToString())];

    private static bool Reachable(IPAddress address) =>
        !IPAddress.IsLoopback(address)
        && !address.IsIPv6LinkLocal
        // 169.254.0.0/16: the guest found no DHCP server.
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
