using System.Globalization;
using System.Text.Json.Nodes;

namespace Sandbox.Machines.Simulated;

/// <summary>
/// What a guest's agent says of its network: not only the address that one looks for, but loopback, link-local addresses
/// (with the zone on Windows), bridges of container engines, cards without an address.
/// </summary>
internal static class SimulatedNetwork
{
    /// <summary>The answer of <c>network-get-interfaces</c>.</summary>
    public static JsonArray Interfaces(NodeServices node, SimulatedMachine running)
    {
        var (windows, faults) = (running.Seen.IsWindows, node.Faults);
        var list = new List<JsonObject>();
        if (!windows)
        {
            list.Add(Interface("lo", "00:00:00:00:00:00", V4("127.0.0.1", 8), V6("::1", 128)));
        }

        if (faults.DockerBridge && !windows)
        {
            list.Add(Interface("docker0", "02:42:5e:00:53:01", V4("172.17.0.1", 16)));
        }

        var address = running.Address;
        foreach (var (key, card) in running.Machine.Cards)
        {
            var number = int.Parse(key["net".Length..], CultureInfo.InvariantCulture);
            var mac = card["macaddr"]!.ToLowerInvariant();
            var addresses = new List<JsonObject>();
            if (address is not null)
            {
                addresses.Add(faults.OnlyIpv6 ? V6($"2001:db8::{address.GetAddressBytes()[3]:x}", 64) : V4(address.ToString(), 24));
                if (!windows)
                {
                    addresses.Add(V6(LinkLocal(mac), 64));
                }
                else if (faults.ZonedAddresses || node.Options.PatientBootLoaders)
                {
                    // Packer 1.6 stops at the zone ("Could not parse fe80::…%4 as IP"), so that no build of Windows by it ends.
                    addresses.Add(V6($"{LinkLocal(mac)}%{number + 4}", 64));
                }

                address = null;
            }

            var name = windows ? $"Ethernet{(number == 0 ? "" : $" {number + 1}")}" : $"ens{18 + number}";
            list.Add(Interface(name, mac, [.. addresses]));
        }

        if (windows)
        {
            list.Add(Interface("Loopback Pseudo-Interface 1", "", V6("::1", 128), V4("127.0.0.1", 8)));
        }

        return new JsonArray([.. list.Select(i => (JsonNode)i)]);
    }

    private static JsonObject Interface(string name, string mac, params JsonObject[] addresses)
    {
        var answer = new JsonObject { ["name"] = name };
        if (mac.Length > 0)
        {
            answer["hardware-address"] = mac;
        }

        if (addresses.Length > 0)
        {
            answer["ip-addresses"] = new JsonArray([.. addresses.Select(a => (JsonNode)a)]);
        }

        return answer;
    }

    private static JsonObject V4(string address, int prefix) => new() { ["ip-address"] = address, ["ip-address-type"] = "ipv4", ["prefix"] = prefix };

    private static JsonObject V6(string address, int prefix) => new() { ["ip-address"] = address, ["ip-address-type"] = "ipv6", ["prefix"] = prefix };

    // EUI-64 of RFC 4291, appendix A: the seventh bit turned, ff:fe in the middle.
    private static string LinkLocal(string mac)
    {
        var bytes = mac.Split(':').Select(p => Convert.ToByte(p, 16)).ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"fe80::{bytes[0] ^ 2:x2}{bytes[1]:x2}:{bytes[2]:x2}ff:fe{bytes[3]:x2}:{bytes[4]:x2}{bytes[5]:x2}");
    }
}
