namespace Unattended.Kickstart;

/// <summary>
/// Reads a kickstart file as Anaconda of RHEL 9 or 10 does and says what it would install, where it would refuse the
/// file and where it would stop to ask.
/// </summary>
internal static class KickstartReader
{
    internal static UnattendedReading Read(string text, UnattendedContext context)
    {
        var findings = new FindingList(context.FileName);
        var major = context.Major >= 10 ? 10 : 9;
        var file = KickstartFile.Parse(text, major, findings);
        if (findings.HasErrors)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        var post = new ShellScript(file.Sections.Where(s => s.Header.Name == "%post").SelectMany(s => s.Lines));
        var packages = KickstartPackages.Read(file);
        var accounts = KickstartAccounts.Read(file, post, major, findings);
        var questions = Questions(file, packages);
        foreach (var (what, why) in questions)
        {
            if (file.Includes)
            {
                findings.Warn("kickstart-incomplete", 0, $"{why}; unless what is included says it, Anaconda stops at \"{what}\"");
            }
            else
            {
                findings.Error("kickstart-incomplete", 0, $"{why}: Anaconda stops at \"{what}\" and waits for somebody to answer");
            }
        }

        Judge(file, packages, context, findings);

        List<string> installed = [.. packages.Selected, .. post.Packages.Where(p => !packages.Selected.Contains(p)).Distinct()];
        var enabled = file.Command("services")?.List("--enabled").ToList() ?? [];
        var disabled = (file.Command("services")?.List("--disabled") ?? []).Concat(post.DisabledServices).ToHashSet();
        var firewall = file.Command("firewall");
        var root = accounts[0];
        var plan = new UnattendedPlan
        {
            Format = UnattendedFormat.Kickstart,
            HostName = file.Commands.Where(c => c.Name == "network").Select(c => c.Value("--hostname")).LastOrDefault(h => h is not null),
            Accounts = accounts,
            Packages = installed,
            Services = [.. enabled.Concat(post.EnabledServices).Distinct()],
            Ssh = !disabled.Contains("sshd") && !packages.Excluded.Contains("openssh-server")
                && !(firewall?.List("--remove-service").Contains("ssh") ?? false),
            SshPasswords = accounts.Skip(1).Any(a => a.HasPassword) || (root.HasPassword && (file.Command("rootpw")?.Has("--allow-ssh") ?? false)),
            GuestAgent = (installed.Contains("qemu-guest-agent") || installed.Contains("@guest-agents") || installed.Contains("@Guest Agents"))
                && !packages.Excluded.Contains("qemu-guest-agent") && !disabled.Contains("qemu-guest-agent"),
            CloudInit = installed.Contains("cloud-init") && !disabled.Contains("cloud-init"),
            Firewall = !(firewall?.Has("--disabled") ?? false) && !(firewall?.Has("--disable") ?? false) && !disabled.Contains("firewalld"),
            SeLinux = file.Command("selinux") is not { } selinux || selinux.Has("--enforcing") ? "enforcing"
                : selinux.Has("--permissive") ? "permissive" : selinux.Has("--disabled") ? "disabled" : "enforcing",
            Reboots = file.Command("reboot", "poweroff", "shutdown", "halt")?.Name == "reboot",
            Questions = [.. questions.Select(q => q.What)],
        };
        return new UnattendedReading(plan, findings.InOrder());
    }

    /// <summary>The mandatory spokes of Anaconda's text mode that the file leaves open.</summary>
    private static List<(string What, string Why)> Questions(KickstartFile file, KickstartPackages packages)
    {
        var questions = new List<(string, string)>();
        if (file.Command("autopart", "part", "partition", "logvol", "reqpart", "mount", "volgroup", "raid", "ostreesetup") is null)
        {
            questions.Add(("Installation Destination", "no partitioning (autopart, part)"));
        }

        if (file.Command("timezone") is null)
        {
            questions.Add(("Time settings", "no timezone"));
        }

        if (packages.Line == 0 && file.Command("liveimg", "ostreesetup", "ostreecontainer") is null)
        {
            questions.Add(("Software selection", "no %packages section"));
        }

        return questions;
    }

    private static void Judge(KickstartFile file, KickstartPackages packages, UnattendedContext context, FindingList findings)
    {
        if (file.Command("autopart") is { } autopart && file.Command("part", "partition", "logvol") is { } part)
        {
            findings.Error("kickstart-partitioning", part.Line, $"{part.Name} cannot be used with autopart (line {autopart.Line}): Anaconda refuses the file");
        }

        foreach (var partition in file.Commands.Where(c => c.Name is "part" or "partition"))
        {
            if (partition.Arguments.Count != 1)
            {
                findings.Error("kickstart-partition", partition.Line, "part: Mount point required as its only argument");
            }
            else if (!partition.Has("--size") && !partition.Has("--onpart") && !partition.Has("--usepart") && !partition.Has("--recommended") && !partition.Has("--hibernation"))
            {
                findings.Error("kickstart-partition", partition.Line, $"part {partition.Arguments[0]}: Partition requires a size specification");
            }
            else if (partition.Value("--size") is { } size && !uint.TryParse(size, out _))
            {
                findings.Error("kickstart-partition", partition.Line, $"part: argument --size: invalid int value: '{size}'");
            }
        }

        if (!file.Includes && file.Command("clearpart") is null && file.Command("zerombr") is null)
        {
            findings.Warn("kickstart-empty-disk", 0, "neither zerombr nor clearpart: Anaconda asks before it initializes a disk with anything on it");
        }

        if (file.Command("network") is { } network && network.Value("--bootproto") == "static" && network.Value("--ip") is null)
        {
            findings.Useless("kickstart-network", network.Line, "network --bootproto=static without --ip: the installed system gets no address");
        }

        if (file.Command("rescue") is { } rescue)
        {
            findings.Error("kickstart-rescue", rescue.Line, "rescue starts rescue mode: nothing is installed");
        }

        JudgeEnd(file, findings);
        JudgeSources(file, packages, context, findings);
    }

    private static void JudgeEnd(KickstartFile file, FindingList findings)
    {
        var end = file.Command("reboot", "poweroff", "shutdown", "halt");
        if (end is null && !file.Includes)
        {
            findings.Error("kickstart-no-reboot", 0, "no reboot: when the installation is complete, Anaconda waits for somebody to press Enter");
        }
        else if (end is { Name: not "reboot" })
        {
            findings.Warn("kickstart-no-reboot", end.Line, $"{end.Name} switches the machine off after the installation: nothing starts the new system");
        }
    }

    private static void JudgeSources(KickstartFile file, KickstartPackages packages, UnattendedContext context, FindingList findings)
    {
        foreach (var url in file.Commands.Where(c => c.Name == "url"))
        {
            if (!url.Has("--url") && !url.Has("--mirrorlist") && !url.Has("--metalink"))
            {
                findings.Error("kickstart-option", url.Line, "url: one of the arguments --url --mirrorlist --metalink is required");
            }
        }

        var network = file.Command("url", "repo", "nfs", "liveimg", "ostreesetup", "ostreecontainer", "rhsm") is not null;
        if (!network && !file.Includes && !packages.IgnoreMissing && packages.Selected.Contains("cloud-init")
            && context.MediumName.Contains("minimal", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error("kickstart-package-missing", packages.Line,
                $"cloud-init is not on {context.MediumName} (a minimal medium has the core packages only) and there is no url or repo: Anaconda stops with \"The following packages are missing\"");
        }

        if (context.MediumName.Contains("-boot", StringComparison.OrdinalIgnoreCase) && !network && !file.Includes)
        {
            findings.Error("kickstart-no-source", 0, $"{context.MediumName} carries no packages and there is no url: Anaconda stops at \"Installation source\"");
        }
    }
}
