using Foundation;

namespace Unattended.Autoinstall;

/// <summary>What subiquity says when it validates the sections of a file against its schema, and user-data against cloud-init's.</summary>
internal static class AutoinstallSchema
{
    /// <summary>Whether a key stands in the autoinstall section.</summary>
    internal static bool Knows(string key) => SchemaTable.Autoinstall.Keys.Contains(key);

    /// <summary>Checks the mapping below <c>autoinstall</c> and adds what subiquity would say.</summary>
    internal static void Check(MappingNode autoinstall, UbuntuMedium medium, FindingList findings)
    {
        foreach (var (key, _) in autoinstall.Entries)
        {
            if (!Knows(key.Text))
            {
                var near = NearMiss.Find(key.Text, SchemaTable.Autoinstall.Keys) is [var first, ..] ? first : null;
                findings.Warn("autoinstall-unknown-key", key.Line,
                    $"Unrecognized key '{key.Text}': subiquity ignores it{(near is null ? "" : $"; did you mean '{near}'?")}", key.Column);
            }
        }

        foreach (var (key, _) in autoinstall.Mapping("ssh")?.Entries ?? [])
        {
            if (key.Text is not ("install-server" or "authorized-keys" or "allow-pw"))
            {
                findings.Warn("autoinstall-unknown-key", key.Line, $"Unrecognized key 'ssh.{key.Text}': subiquity ignores it", key.Column);
            }
        }

        foreach (var violation in SchemaTable.Autoinstall.Check(autoinstall))
        {
            Malformed(violation.Path.Length == 0 ? "autoinstall" : violation.Path, violation.Node, violation.Why, findings);
        }

        if (autoinstall["version"] is ScalarNode { TypeName: "integer" } version && version.Text != "1")
        {
            Malformed("version", version, $"{version.Text} is not version 1, the only one that there is", findings);
        }

        CheckKernel(autoinstall, findings);
        CheckNetworkVersion(autoinstall, findings);
        CheckUserData(autoinstall, medium, findings);
    }

    internal static void Malformed(string path, Node at, string why, FindingList findings)
    {
        var section = path.Split('.', '[')[0];
        var detail = path == section ? "" : $"{path[(section.Length + 1)..]}: ";
        findings.Error("autoinstall-malformed", at.Line, $"Malformed autoinstall in '{section}' section: {detail}{why}; the installer stops with this error", at.Column);
    }

    // The schema's oneOf: exactly one of the two.
    private static void CheckKernel(MappingNode autoinstall, FindingList findings)
    {
        if (autoinstall.Mapping("kernel") is { } kernel && kernel["package"] is null == kernel["flavor"] is null)
        {
            Malformed("kernel", kernel, "exactly one of 'package' and 'flavor' is allowed", findings);
        }
    }

    private static void CheckNetworkVersion(MappingNode autoinstall, FindingList findings)
    {
        var network = autoinstall.Mapping("network");
        network = network?.Mapping("network") ?? network;
        if (network?["version"] is ScalarNode version && version.Text != "2")
        {
            Malformed("network.version", version, $"{version.Text} is not version 2, the only one that netplan has", findings);
        }
    }

    /// <summary>cloud-init's own schema of what is applied at the first start; subiquity refuses the file for it.</summary>
    private static void CheckUserData(MappingNode autoinstall, UbuntuMedium medium, FindingList findings)
    {
        if (autoinstall.Mapping("user-data") is not { } userData)
        {
            return;
        }

        foreach (var violation in SchemaTable.CloudConfig.Check(userData))
        {
            var top = violation is { UnknownKey: not null, Path.Length: 0 };
            var stops = medium.IsFrom(top ? UbuntuMedium.StrictTopLevel : UbuntuMedium.StrictUserData);
            var place = violation.Path.Length == 0 ? "user-data" : $"user-data.{violation.Path}";
            findings.Judge(stops, "cloud-config", violation.Node.Line, $"{place}: {violation.Why}: {(stops ? "the installer stops, because user-data is no valid cloud-config" : "cloud-init ignores it or fails at the first start")}", violation.Node.Column);
        }
    }
}
