using System.Text.RegularExpressions;

namespace Unattended.Autoinstall;

/// <summary>Whether the network of the file is one that the machine has (netplan's reference).</summary>
internal static partial class AutoinstallNetworkCheck
{
    internal static void Check(MappingNode autoinstall, string text, UnattendedContext context, FindingList findings)
    {
        var network = autoinstall.Mapping("network");
        network = network?.Mapping("network") ?? network;
        if (network?.Mapping("ethernets") is not { Entries.Count: > 0 } ethernets)
        {
            return;
        }

        foreach (var (key, value) in ethernets.Entries)
        {
            Addresses(key.Text, value as MappingNode, findings);
        }

        // systemd gives a card of QEMU a name after its slot, unless the kernel is told net.ifnames=0.
        var old = ethernets.Entries.Where(e => OldName().IsMatch(e.Key.Text) && (e.Value as MappingNode)?["match"] is null).ToList();
        if (old.Count == ethernets.Entries.Count && !context.OldInterfaceNames && !text.Contains("net.ifnames=0", StringComparison.Ordinal))
        {
            var first = old[0].Key;
            findings.JudgeUseless(context.NetworkModel is not null, "autoinstall-interface", first.Line,
                $"network: the card of the machine is not called {first.Text} but after its slot (ens18), so that the system gets no address: give it a match (match: {{name: \"e*\"}}), or boot with net.ifnames=0", first.Column);
        }
    }

    private static void Addresses(string name, MappingNode? ethernet, FindingList findings)
    {
        foreach (var address in ethernet?.Items("addresses").OfType<ScalarNode>() ?? [])
        {
            if (!address.Text.Contains('/', StringComparison.Ordinal))
            {
                findings.Error("autoinstall-network", address.Line, $"network: {name}: the address '{address.Text}' is missing its prefix length (/24): netplan refuses the configuration", address.Column);
            }
        }

        if (ethernet?["dhcp4"] is ScalarNode { TypeName: "string" } dhcp && dhcp.Text is not ("true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n"))
        {
            findings.Error("autoinstall-network", dhcp.Line, $"network: {name}: dhcp4: '{dhcp.Text}' is no boolean: netplan refuses the configuration", dhcp.Column);
        }
    }

    [GeneratedRegex(@"^eth\d+$", RegexOptions.None, 1000)]
    private static partial Regex OldName();
}
