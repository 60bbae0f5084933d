using System.Text.RegularExpressions;
using Foundation;

namespace Unattended.Preseed;

/// <summary>
/// Reads a preconfiguration file as the Debian installer of Debian 12 and 13 does, and says what it would install, where
/// it would refuse the file and where it would stop to ask. Questions, priorities and defaults are those of the
/// components' own sources: partman-auto 162, partman-base 226, partman-auto-lvm 91, partman-auto-crypto 34, apt-setup
/// 0.182, netcfg 1.187, choose-mirror 2.123, pkgsel 0.79 and tasksel 3.73 of Debian 12; preseed, localechooser,
/// user-setup, grub-installer and partman-partitioning as Ubuntu's copies of them are, without what Ubuntu adds (it asks
/// whether a weak password is meant, and root has no login by default).
/// </summary>
internal static partial class PreseedReader
{
    private static readonly string[] Booleans = ["true", "false"];

    internal static UnattendedReading Read(string text, UnattendedContext context)
    {
        var findings = new FindingList(context.FileName);
        var entries = PreseedSyntax.Parse(text, findings);
        if (findings.HasErrors)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        Types(entries, findings);
        entries.AddRange(EarlyAnswers(entries));
        var boot = context.BootArguments is { } arguments ? PreseedBoot.Read(arguments) : null;
        var answers = new PreseedAnswers(boot, entries);
        var interview = new PreseedInterview(answers, boot, context.OsId != "ubuntu", findings);
        var commands = new PreseedCommands(answers, findings);

        Localization(answers, interview);
        // A file from the network comes after netcfg, unless a command runs that again.
        var late = boot?.Url is not null && !answers["preseed/early_command"].Contains("netcfg", StringComparison.Ordinal);
        Network(answers, interview, late, findings);
        Mirror(answers, interview);
        var accounts = PreseedAccounts.Read(answers, interview, commands, context.OsId == "ubuntu", findings);
        interview.High("Configure the clock: Select your time zone", "time/zone", "d-i time/zone string Etc/UTC");
        PreseedPartitioning.Judge(answers, interview, context, findings);
        interview.High("Configure the package manager: Scan extra installation media?", "apt-setup/cdrom/set-first", "d-i apt-setup/cdrom/set-first boolean false");
        var packages = Packages(answers, interview, commands);
        BootLoader(answers, interview, context);
        End(answers, interview, findings);

        var disabled = commands.DisabledServices.ToHashSet();
        var plan = new UnattendedPlan
        {
            Format = UnattendedFormat.Preseed,
            HostName = HostName(answers, late),
            Accounts = accounts,
            Packages = packages,
            Ssh = packages.Contains("openssh-server") && !disabled.Contains("ssh") && !disabled.Contains("sshd"),
            SshPasswords = accounts.Skip(1).Any(a => a.HasPassword),
            GuestAgent = packages.Contains("qemu-guest-agent") && !disabled.Contains("qemu-guest-agent"),
            CloudInit = packages.Contains("cloud-init") && !disabled.Contains("cloud-init"),
            Reboots = !answers.IsTrue("debian-installer/exit/halt") && !answers.IsTrue("debian-installer/exit/poweroff"),
            Questions = interview.Asked,
        };
        return new UnattendedReading(plan, findings.InOrder());
    }

    /// <summary>What <c>debconf-set</c> answers in the commands that run before the components ask.</summary>
    private static List<PreseedEntry> EarlyAnswers(List<PreseedEntry> entries) =>
    [
        .. entries.Where(e => e.Question is "preseed/early_command" or "partman/early_command" or "preseed/run" && e.Value.Length <= 8192)
            .SelectMany(e => DebconfSet().Matches(e.Value).Select(m => new PreseedEntry("d-i", m.Groups["question"].Value, "string", m.Groups["value"].Value.Trim().Trim('"', '\''), e.Line))),
    ];

    private static void Types(List<PreseedEntry> entries, FindingList findings)
    {
        // Looking for what was meant takes a while; a file has a few mistakes, not thousands.
        const int MostUnknown = 100;
        var first = new Dictionary<string, PreseedEntry>();
        var unknown = 0;
        foreach (var entry in entries.Where(e => e.Type != "seen"))
        {
            if (PreseedQuestions.TypeOf(entry.Question) is not { } type)
            {
                if (++unknown > MostUnknown)
                {
                    continue;
                }

                var near = NearMiss.Find(entry.Question, PreseedQuestions.Names);
                if (near.Count > 0)
                {
                    findings.Warn("preseed-unknown", entry.Line, $"no question of the installer is called {entry.Question}; perhaps {near[0]} is meant");
                }
            }
            else if (type == "boolean" && !Booleans.Contains(entry.Value.Trim()))
            {
                findings.Warn("preseed-boolean", entry.Line, $"{entry.Question} is a boolean, and \"{entry.Value}\" is neither true nor false: it counts as false");
            }

            if (first.TryGetValue(entry.Question, out var earlier) && earlier.Value != entry.Value)
            {
                findings.Warn("preseed-twice", entry.Line, $"{entry.Question} is answered in line {earlier.Line} as well; this one, the last, counts");
            }

            first[entry.Question] = entry;
        }
    }

    private static void Localization(PreseedAnswers answers, PreseedInterview interview)
    {
        if (!answers.Has("debian-installer/locale"))
        {
            if (!answers.Has("debian-installer/language"))
            {
                interview.CriticalOrBoot("Select a language", "debian-installer/locale", "d-i debian-installer/locale string en_US.UTF-8");
            }
            else if (!answers.Has("debian-installer/country"))
            {
                interview.CriticalOrBoot("Select your location", "debian-installer/country", "d-i debian-installer/country string US");
            }
        }

        if (!answers.Has("keyboard-configuration/layoutcode"))
        {
            interview.High("Configure the keyboard", "keyboard-configuration/xkb-keymap", "d-i keyboard-configuration/xkb-keymap select us");
        }
    }

    private static void Network(PreseedAnswers answers, PreseedInterview interview, bool late, FindingList findings)
    {
        foreach (var question in (string[])["netcfg/hostname", "netcfg/choose_interface", "netcfg/disable_autoconfig"])
        {
            if (late && answers.LineOf(question) is > 0 and var line && answers[question].Trim() is not ("auto" or "" or "false"))
            {
                findings.Warn("preseed-late", line, $"{question}: the network is configured before this file is there, so that the answer comes too late; give it on the boot line");
            }
        }

        if (answers.IsTrue("netcfg/disable_autoconfig"))
        {
            foreach (var (name, title) in new[] { ("netcfg/get_ipaddress", "IP address"), ("netcfg/get_netmask", "Netmask"), ("netcfg/get_gateway", "Gateway"), ("netcfg/get_nameservers", "Name server addresses") })
            {
                interview.CriticalOrBoot($"Configure the network: {title}", name, $"{name}=… on the boot line");
            }
        }

        var host = HostName(answers, late);
        if (host is not null && (host.Length > 63 || host.StartsWith('-') || host.EndsWith('-') || !host.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')))
        {
            interview.Stop("Configure the network: Invalid hostname", answers.LineOf("netcfg/hostname") is > 0 and var line ? line : answers.LineOf("netcfg/get_hostname"), $"\"{host}\" is no host name: letters, digits and hyphens, at most 63");
        }
    }

    // netcfg/hostname forces a name; get_hostname is what DHCP may replace.
    private static string? HostName(PreseedAnswers answers, bool late)
    {
        var question = ((string[])["netcfg/hostname", "netcfg/get_hostname"]).FirstOrDefault(q => answers[q].Trim().Length > 0 && (!late || answers.LineOf(q) == 0));
        return question is null ? null : answers[question].Trim().Split('.')[0];
    }

    private static void Mirror(PreseedAnswers answers, PreseedInterview interview)
    {
        if (answers.Has("apt-setup/use_mirror") && !answers.IsTrue("apt-setup/use_mirror"))
        {
            return;
        }

        var protocol = answers["mirror/protocol"].Trim() is { Length: > 0 } said ? said : "http";
        if (answers["mirror/country"].Trim() == "manual")
        {
            interview.CriticalOrBoot("Choose a mirror: Debian archive mirror hostname", $"mirror/{protocol}/hostname", $"d-i mirror/{protocol}/hostname string deb.debian.org");
            interview.CriticalOrBoot("Choose a mirror: Debian archive mirror directory", $"mirror/{protocol}/directory", $"d-i mirror/{protocol}/directory string /debian");
        }
        else
        {
            interview.High("Choose a mirror: Debian archive mirror country", "mirror/country", "d-i mirror/country string manual");
            interview.High("Choose a mirror: Debian archive mirror", $"mirror/{protocol}/mirror", $"d-i mirror/{protocol}/mirror select deb.debian.org");
        }

        interview.High("Choose a mirror: HTTP proxy information", $"mirror/{protocol}/proxy", $"d-i mirror/{protocol}/proxy string");
    }

    private static List<string> Packages(PreseedAnswers answers, PreseedInterview interview, PreseedCommands commands)
    {
        var tasks = new List<string>();
        if (answers.IsTrue("pkgsel/run_tasksel", otherwise: true))
        {
            interview.High("Configuring popularity-contest", "popularity-contest/participate", "popularity-contest popularity-contest/participate boolean false");
            interview.High("Software selection", "tasksel/first", "tasksel tasksel/first multiselect standard, ssh-server");
            tasks.AddRange(Words(answers["tasksel/first"]));
        }

        var packages = Words(answers["pkgsel/include"]).Concat(Words(answers["base-installer/includes"])).Concat(commands.Packages).Distinct().ToList();
        if (tasks.Exists(t => t is "ssh-server" or "openssh-server" or "SSH server") && !packages.Contains("openssh-server"))
        {
            packages.Add("openssh-server");
        }

        return packages;

        static IEnumerable<string> Words(string list) => list.Split(list.Contains(',', StringComparison.Ordinal) ? [','] : [' ', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(w => w.Contains("server", StringComparison.Ordinal) && w.Contains(' ', StringComparison.Ordinal) ? [w] : w.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void BootLoader(PreseedAnswers answers, PreseedInterview interview, UnattendedContext context)
    {
        const string Title = "Install the GRUB boot loader";
        if (answers.IsTrue("grub-installer/skip"))
        {
            interview.Stop(Title, answers.LineOf("grub-installer/skip"), "grub-installer/skip is true, so that nothing starts the installed system");
            return;
        }

        // By UEFI it goes to the EFI partition, and nobody is asked.
        if (context.Uefi == true || answers["grub-installer/bootdev"].Trim().Length > 0)
        {
            var device = answers["grub-installer/bootdev"].Trim().Split(' ')[0];
            var name = context.DiskBus switch { null => null, "virtio" => "/dev/vda", _ => "/dev/sda" };
            if (context.Uefi != true && name is not null && !IsComputed(device) && device.StartsWith("/dev/", StringComparison.Ordinal) && !device.StartsWith(name, StringComparison.Ordinal) && !device.StartsWith("/dev/disk/", StringComparison.Ordinal))
            {
                interview.Stop($"{Title}: Unable to install GRUB", answers.LineOf("grub-installer/bootdev"), $"grub-installer/bootdev is {device}, and the disk on {context.DiskBus} is {name} (d-i grub-installer/bootdev string default)");
            }

            return;
        }

        interview.High($"{Title}: Install the GRUB boot loader to your primary drive?", "grub-installer/only_debian", "d-i grub-installer/only_debian boolean true");
        interview.Stop($"{Title}: Device for boot loader installation", answers.LineOf("grub-installer/bootdev"), "nothing answers grub-installer/bootdev (d-i grub-installer/bootdev string default)",
            context.Uefi is not null && context.BootArguments is not null && context.OsId != "ubuntu");
    }

    private static void End(PreseedAnswers answers, PreseedInterview interview, FindingList findings)
    {
        interview.High("Finish the installation: Installation complete", "finish-install/reboot_in_progress", "d-i finish-install/reboot_in_progress note");
        foreach (var question in (string[])["debian-installer/exit/halt", "debian-installer/exit/poweroff"])
        {
            if (answers.IsTrue(question))
            {
                findings.Warn("preseed-no-reboot", answers.LineOf(question), $"{question} switches the machine off after the installation: nothing starts the new system");
            }
        }

        foreach (var question in (string[])["preseed/include", "preseed/include_command", "preseed/run"])
        {
            if (answers[question].Length > 0)
            {
                findings.Warn("preseed-include", answers.LineOf(question), $"{question}: what it brings is not looked at here");
            }
        }
    }

    /// <summary>Whether a value is known only when the installer runs its command.</summary>
    internal static bool IsComputed(string value) => value.AsSpan().IndexOfAny('$', '`') >= 0;

    [GeneratedRegex(@"\bdebconf-set\s+(?<question>[a-z0-9/_-]{3,80})\s+(?<value>(""[^""]*""|'[^']*'|[^;&|])*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DebconfSet();
}
