namespace Unattended.Autoinstall;

/// <summary>
/// Reads cloud-init's <c>user-data</c> with an <c>autoinstall</c> section as Ubuntu's live-server installer does:
/// first as cloud-init, which ignores what it does not recognize, then as subiquity, which stops at what it cannot use.
/// </summary>
internal static class AutoinstallReader
{
    private const string Ignored = "the installer would ask its questions on the screen";

    internal static UnattendedReading Read(string text, UnattendedContext context)
    {
        var findings = new FindingList(context.FileName);
        CheckHeader(text, findings);
        CheckMetaData(context, findings);
        var root = YamlReader.Read(text, $"cloud-init ignores the file and {Ignored}", findings);
        if (findings.HasErrors)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        if (root is not MappingNode cloudConfig)
        {
            findings.Error("autoinstall-missing", root?.Line ?? 0, $"the file is empty or no mapping: {Ignored}");
        }
        else if (cloudConfig["autoinstall"] is not MappingNode autoinstall)
        {
            findings.Error("autoinstall-missing", 0, cloudConfig["autoinstall"] is null
                ? $"no autoinstall key at the top level: cloud-init configures the live session with it, and {Ignored}"
                : "autoinstall is no mapping: the installer stops");
        }
        else
        {
            var medium = UbuntuMedium.Of(context);
            CheckTopLevel(cloudConfig, medium, findings);
            AutoinstallSchema.Check(autoinstall, medium, findings);
            AutoinstallSectionCheck.Check(autoinstall, medium, findings);
            AutoinstallStorageCheck.Check(autoinstall, medium, context, findings);
            AutoinstallNetworkCheck.Check(autoinstall, text, context, findings);
            if (!findings.HasErrors || findings.OnlyAfterInstallation)
            {
                AutoinstallCommandCheck.Check(autoinstall, findings);
                var plan = Plan(autoinstall, medium, findings);
                return new UnattendedReading(plan, findings.InOrder());
            }
        }

        return new UnattendedReading(null, findings.InOrder());
    }

    private static void CheckHeader(string text, FindingList findings)
    {
        var first = text.AsSpan().TrimStart('\n');
        var end = first.IndexOfAny('\r', '\n');
        var line = (end < 0 ? first : first[..end]).TrimEnd();
        if (line is not "#cloud-config" && !line.StartsWith("## template:", StringComparison.Ordinal))
        {
            findings.Error("cloud-config-header", 1, $"the first line is not #cloud-config: cloud-init does not know what the file is, ignores it, and {Ignored}");
        }
    }

    private static void CheckMetaData(UnattendedContext context, FindingList findings)
    {
        if (context.Siblings is not { } siblings)
        {
            return;
        }

        if (!siblings.TryGetValue("meta-data", out var metaData))
        {
            findings.Error("meta-data-missing", 0, $"there is no meta-data beside it (an empty file will do): cloud-init takes the seed for none, and {Ignored}");
        }
        else if (metaData.Length <= UnattendedFile.MaximumLength)
        {
            var own = new FindingList("meta-data");
            YamlReader.Read(metaData, $"cloud-init ignores the seed and {Ignored}", own);
            foreach (var finding in own.InOrder())
            {
                findings.Error("meta-data-syntax", 0, $"meta-data, line {finding.Line}: {finding.Message}");
            }
        }
    }

    private static void CheckTopLevel(MappingNode cloudConfig, UbuntuMedium medium, FindingList findings)
    {
        foreach (var (key, _) in cloudConfig.Entries)
        {
            // What cloud-config knows too is no sign of a key in the wrong place.
            if (AutoinstallSchema.Knows(key.Text) && !SchemaTable.CloudConfig.Keys.Contains(key.Text))
            {
                var stops = medium.IsFrom(UbuntuMedium.MisplacedKeys);
                findings.Judge(stops, "autoinstall-misplaced", key.Line,
                    $"'{key.Text}' is valid autoinstall but not found under 'autoinstall': {(stops ? "subiquity stops because of the misplaced key" : "it has no effect")}; indent it", key.Column);
            }
        }
    }

    private static UnattendedPlan Plan(MappingNode autoinstall, UbuntuMedium medium, FindingList findings)
    {
        CheckInteraction(autoinstall, findings);
        var late = new ShellScript(Commands(autoinstall, "late-commands"));
        var userData = autoinstall.Mapping("user-data");
        var script = new ShellScript(Commands(autoinstall, "late-commands").Concat(CloudInitFiles.Scripts(userData)));
        var unclear = CloudInitUsers.ImportsKeys(autoinstall) || script.Mentions("authorized_keys") || script.Mentions("ssh-import-id")
            || script.Mentions("chpasswd") || script.Mentions("usermod") || script.Mentions("useradd");
        var accounts = CloudInitUsers.Read(autoinstall, script, unclear, medium, findings);

        List<string> packages =
        [
            .. Strings(autoinstall, "packages"), .. late.Packages,
            .. userData is null ? [] : Strings(userData, "packages"), .. new ShellScript(CloudInitFiles.Scripts(userData)).Packages,
        ];
        var ssh = autoinstall.Mapping("ssh");
        var server = (ssh?.Flag("install-server") ?? false) || packages.Contains("openssh-server");
        if (!server)
        {
            findings.Useless("autoinstall-no-ssh", ssh?.Line ?? 0, "ssh.install-server is not true: the installed system has no SSH server, so that nobody can log in to it");
        }

        var disabled = script.DisabledServices.ToHashSet();
        var keys = ssh?.Items("authorized-keys").Any() ?? false;
        var poweroff = autoinstall.Text("shutdown") == "poweroff";
        if (poweroff)
        {
            findings.Warn("autoinstall-poweroff", autoinstall["shutdown"]!.Line, "shutdown: poweroff switches the machine off after the installation: nothing starts the new system");
        }

        return new UnattendedPlan
        {
            Format = UnattendedFormat.Autoinstall,
            HostName = userData?.Text("hostname") ?? autoinstall.Mapping("identity")?.Text("hostname"),
            Accounts = accounts,
            Packages = [.. packages.Distinct()],
            Services = [.. script.EnabledServices.Distinct()],
            Ssh = server && !disabled.Contains("ssh"),
            SshPasswords = userData?.Flag("ssh_pwauth") ?? ssh?.Flag("allow-pw") ?? !keys,
            GuestAgent = packages.Contains("qemu-guest-agent") && !disabled.Contains("qemu-guest-agent"),
            LoginUnclear = unclear,
            SudoUnclear = script.Mentions("NOPASSWD"),
            // Ubuntu Server always has it; a file that switches it off for the build is taken away by a provisioning script.
            CloudInit = true,
            Reboots = !poweroff,
            Questions = [.. Strings(autoinstall, "interactive-sections")],
        };
    }

    private static void CheckInteraction(MappingNode autoinstall, FindingList findings)
    {
        if (autoinstall.Items("interactive-sections").FirstOrDefault() is ScalarNode section)
        {
            findings.Error("autoinstall-interactive", section.Line, $"interactive-sections: the installer stops at '{section.Text}' and waits for somebody to answer");
        }
    }

    private static IEnumerable<string> Strings(MappingNode mapping, string key) => mapping.Items(key).OfType<ScalarNode>().Select(s => s.Text);

    /// <summary>The lines of a list of commands; the words of a command that is a list are joined.</summary>
    private static IEnumerable<string> Commands(MappingNode mapping, string key) => mapping.Items(key).SelectMany(CloudInitFiles.CommandLines);
}
