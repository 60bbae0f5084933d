namespace Templates;

/// <summary>The guest's own address: that it is one, and that the installed system and a clone of it get it.</summary>
internal static class NetworkCheck
{
    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        if (template.Network is not { } network)
        {
            yield break;
        }

        if (network.Objection is { } wrong)
        {
            yield return subject.Error("network", $"network.{wrong.Field}", wrong.Problem, "Write it like { \"address\": \"192.0.2.50/24\", \"gateway\": \"192.0.2.1\", \"dns\": [\"192.0.2.53\"] }");
            yield break;
        }

        if (MachineCheck.Others(subject).FirstOrDefault(o => o.Network?.Ip == network.Ip) is { } other)
        {
            yield return subject.Error("network-twice", "network.address", $"{other.Id} has the address {network.Ip} as well, and both may be built at the same time", "Give each template an address of its own");
        }

        for (var i = 0; i < template.Assets.Count; i++)
        {
            // Debian's file comes after the network, whose address stands in the boot command.
            if (template.Assets[i].Format is "kickstart" or "autoinstall" or "unattend" && Text(subject, template.Assets[i])?.Contains(network.Ip, StringComparison.Ordinal) == false)
            {
                yield return subject.Error(
                    "network-not-used", $"assets[{i}].source", $"{template.Assets[i].Target} does not set the address {network.Ip}: the installed system would ask for one by DHCP",
                    "Use template.network in it, as the shipped files do");
            }
        }

        if (!template.CloudInit && template.SmokeTest.Skip.Length == 0)
        {
            yield return subject.Warning(
                "network-clone", "network", "without a cloud-init drive the clone of the smoke test cannot be given the address", "Set cloud_init to true, or smoke_test to { \"skip\": \"<reason>\" }");
        }
    }

    private static string? Text(Subject subject, Asset asset)
    {
        try
        {
            return new AssetRenderer(subject.Catalogue).TryRender(subject.Template, asset, BuildAccess.Sample(subject.Template)).Text;
        }
        catch (AssetException)
        {
            // It has a finding of its own.
            return null;
        }
    }
}
