namespace Unattended.Kickstart;

/// <summary>
/// Reads a kickstart file as Anaconda does and says what it would install, where it would refuse the file and where it
/// would stop to ask.
/// </summary>
internal static class KickstartReader
{
    internal static UnattendedReading Read(string text, UnattendedContext context)
    {
        var findings = new FindingList(context.FileName);
        var release = KickstartRelease.Of(context);
        var file = KickstartFile.Parse(text, release, findings);
        KickstartCommandCheck.Check(file, release, findings);
        if (findings.HasErrors)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        var post = new ShellScript(file.PostLines);
        var packages = KickstartPackages.Read(file);
        var accounts = KickstartAccounts.Read(file, post, findings);
        KickstartStorageCheck.Check(file, context, release, findings);
        KickstartSourceCheck.Check(file, packages, context, release, findings);
        KickstartEndCheck.Check(file, release, findings);
        Sudoers(file, findings);
        var questions = KickstartEndCheck.Questions(file, release).ToList();
        foreach (var (what, why) in questions)
        {
            findings.Judge(!file.Includes, "kickstart-incomplete", 0, $"{why}{(file.Includes ? "; unless what is included says it" : "")}: Anaconda stops at \"{what}\" and waits for somebody to answer");
        }

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
            SudoUnclear = file.Includes || post.Mentions("NOPASSWD"),
            LoginUnclear = file.Includes || KickstartAccounts.MayMakeLogins(post),
            Questions = [.. questions.Select(q => q.What)],
        };
        return new UnattendedReading(plan, findings.InOrder());
    }

    private static void Sudoers(KickstartFile file, FindingList findings)
    {
        foreach (var section in file.Sections.Where(s => s.Header.Name == "%post"))
        {
            for (var i = 0; i < section.Lines.Count; i++)
            {
                if (section.Lines[i].Contains('>', StringComparison.Ordinal) && ShellScript.IgnoredSudoersFile(section.Lines[i]) is { } name)
                {
                    findings.Useless("sudoers-name", section.Header.Line + 1 + i, ShellScript.IgnoredSudoersReason(name));
                }
            }
        }
    }
}
