using System.Runtime.Versioning;

namespace Provisioning.Tests;

/// <summary>The provisioning steps for Linux, run by a real <c>sh</c> in a tree that looks like their system.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class LinuxStepsTests
{
    private const string User = "build-abcdefgh";
    private const string Running = "5.14.0-600.el9.x86_64";
    private const string Newer = "5.14.0-611.el9.x86_64";

    private static IEnumerable<TestCaseData> Systems() =>
        from template in Assets.LinuxTemplates
        from dbus in new[] { true, false }
        from newest in new[] { true, false }
        select new TestCaseData(template, dbus, newest).SetArgDisplayNames(template, dbus ? "with /var/lib/dbus" : "without /var/lib/dbus", newest ? "the newest kernel runs" : "an older kernel runs");

    [TestCaseSource(nameof(Systems))]
    public void EveryStepDoesItsWorkAndTheSameAgain(string template, bool dbus, bool newestRuns)
    {
        var machineId = File.Exists("/etc/machine-id") ? File.ReadAllText("/etc/machine-id") : null;
        using var system = Installed(Assets.Family(template), dbus, newestRuns);

        foreach (var (file, reboot) in Assets.Steps(template))
        {
            for (var time = 1; time <= 2; time++)
            {
                var (code, output) = system.Run(file, User);
                // The restart takes the shell with it.
                Assert.That(code, Is.EqualTo(reboot ? 137 : 0), $"{file}, time {time}: {output}");
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(Directory.EnumerateFiles(system.At("etc/ssh"), "ssh_host_*"), Is.Empty, "host keys");
            Assert.That(File.ReadAllText(system.At("etc/machine-id")), Is.Empty);
            Assert.That(Directory.Exists(system.At("var/lib/dbus")), Is.EqualTo(dbus));
            Assert.That(new FileInfo(system.At("var/lib/dbus/machine-id")).LinkTarget, dbus ? Is.EqualTo("/etc/machine-id") : Is.Null);
            Assert.That(File.ReadAllText(system.At("etc/passwd")), Does.Not.Contain(User).And.Contain("root:"));
            Assert.That(Directory.Exists(system.At($"home/{User}")), Is.False);
            Assert.That(File.Exists(system.At("etc/sudoers.d/90-build")), Is.False);
            Assert.That(Directory.Exists(system.At("root/.ssh")), Is.False);
            Assert.That(Directory.EnumerateFiles(system.At("var/log"), "*", SearchOption.AllDirectories), Has.All.Matches<string>(f => new FileInfo(f!).Length == 0), "logs");
            Assert.That(File.Exists(system.At("etc/cloud/cloud-init.disabled")), Is.False);
            Assert.That(File.ReadAllText(system.At("etc/cloud/cloud.cfg.d/95-datasource.cfg")), Does.Contain("NoCloud, ConfigDrive"));
            Assert.That(File.ReadAllText(system.At("etc/hostname")), Is.Empty);
            Assert.That(Directory.EnumerateFileSystemEntries(system.At("var/tmp")), Is.Empty);
            Assert.That(system.Calls, Has.Some.StartsWith("cloud-init clean"));
        });
        Assert.That(File.Exists("/etc/machine-id") ? File.ReadAllText("/etc/machine-id") : null, Is.EqualTo(machineId), "nothing outside of the tree is touched");
    }

    [Test]
    public void NothingOfWhatALoginNeedsGoesBeforeTheLastStep([ValueSource(typeof(Assets), nameof(Assets.LinuxTemplates))] string template)
    {
        using var system = Installed(Assets.Family(template), dbus: true, newestRuns: true);

        foreach (var (file, _) in Assets.Steps(template).SkipLast(1))
        {
            system.Run(file, User);
            Assert.Multiple(() =>
            {
                Assert.That(Directory.EnumerateFiles(system.At("etc/ssh"), "ssh_host_*_key").Count(), Is.EqualTo(2), file);
                Assert.That(File.ReadAllText(system.At("etc/machine-id")), Is.Not.Empty, file);
                Assert.That(File.Exists(system.At($"home/{User}/.ssh/authorized_keys")), Is.True, file);
                Assert.That(File.Exists(system.At("etc/sudoers.d/90-build")), Is.True, file);
            });
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TheRunningKernelStays(bool newestRuns)
    {
        using var system = Installed("rocky", dbus: false, newestRuns);

        var (code, output) = system.Run(Script("os/rocky/old-kernels.sh"));

        var removed = system.Calls.Where(c => c.StartsWith("dnf -q -y remove", StringComparison.Ordinal)).ToList();
        Assert.That(code, Is.Zero, output);
        Assert.That(removed, Has.All.Not.Contain(newestRuns ? Newer : Running));
        Assert.That(removed, newestRuns ? Has.One.Contains($"kernel-core-{Running}") : Is.Empty);
    }

    [Test]
    public void AListLockIsWaitedFor()
    {
        using var system = Installed("ubuntu", dbus: true, newestRuns: true);
        system.StandIn("apt-get", """
            case "$*" in
              *update*)
                printf x >>/tries
                case $(cat /tries) in
                  xxx) ;;
                  *) echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 712 (apt-get)' >&2; exit 100 ;;
                esac ;;
            esac
            """);

        var (code, output) = system.Run(Script("os/common/apt-update.sh"));

        Assert.That(code, Is.Zero, output);
        Assert.That(system.Calls.Count(c => c.Contains(" update", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(system.Calls.Count(c => c.StartsWith("sleep", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(system.Calls[^1], Does.Contain("full-upgrade"));
    }

    [Test]
    public void ALockThatNeverGoesAndAnyOtherErrorEndTheStepWithAptsWords()
    {
        using var system = Installed("ubuntu", dbus: true, newestRuns: true);
        system.StandIn("apt-get", "echo \"E: Could not get lock /var/lib/apt/lists/lock\" >&2; exit 100");
        var locked = system.Run(Script("os/common/apt-update.sh"));
        var waits = system.Calls.Count(c => c.StartsWith("sleep", StringComparison.Ordinal));
        system.StandIn("apt-get", "echo \"E: Failed to fetch: Temporary failure resolving\" >&2; exit 100");
        var unreachable = system.Run(Script("os/common/apt-update.sh"));

        Assert.Multiple(() =>
        {
            Assert.That(locked.ExitCode, Is.EqualTo(100));
            Assert.That(locked.Output, Does.Contain("lists/lock"));
            Assert.That(waits, Is.EqualTo(59));
            Assert.That(unreachable.ExitCode, Is.EqualTo(100));
            Assert.That(unreachable.Output, Does.Contain("Temporary failure"));
            Assert.That(system.Calls.Count(c => c.StartsWith("sleep", StringComparison.Ordinal)), Is.EqualTo(waits), "nothing to wait for");
        });
    }

    [Test]
    public void AMachineThatDoesNotRestartIsAnError()
    {
        using var system = Installed("ubuntu", dbus: true, newestRuns: true);
        system.StandIn("systemctl");

        var (code, output) = system.Run(Script("os/common/restart.sh"));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("did not restart"));
    }

    [Test]
    public void AUserThatStaysIsAnError()
    {
        using var system = Installed("ubuntu", dbus: true, newestRuns: true);
        system.StandIn("userdel", "exit 8");

        var (code, output) = system.Run(Script("os/common/remove-build-user.sh"));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain($"{User} is still there"));
    }

    private static string Script(string path) => Path.Combine(Assets.Root, path);

    private static Chroot Installed(string family, bool dbus, bool newestRuns)
    {
        var system = new Chroot();
        system.Write("etc/passwd", $"root:x:0:0:root:/root:/bin/sh\n{User}:x:1000:1000::/home/{User}:/bin/sh\n");
        system.Write("etc/shadow", $"root:!:20000::::::\n{User}:!:20000:0:99999:7:::\n");
        system.Write("etc/group", $"root:x:0:\nwheel:x:10:{User}\n{User}:x:1000:\n");
        system.Write("etc/gshadow", $"root:*::\nwheel:::{User}\n{User}:!::\n");
        system.Write("etc/login.defs", "USERGROUPS_ENAB yes\n");
        system.Write($"home/{User}/.ssh/authorized_keys", "ssh-ed25519 AAAA\n");
        foreach (var kind in (string[])["rsa", "ed25519"])
        {
            system.Write($"etc/ssh/ssh_host_{kind}_key", "secret");
            system.Write($"etc/ssh/ssh_host_{kind}_key.pub", "public");
        }

        system.Write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        system.Write("etc/hostname", "rocky-9\n");
        system.Write("etc/sudoers.d/90-build", $"{User} ALL=(ALL) NOPASSWD: ALL\n");
        system.Write("etc/cloud/cloud-init.disabled", "");
        system.Write("etc/cloud/cloud.cfg.d/90_dpkg.cfg", "datasource_list: [ Ec2 ]\n");
        system.Write("root/.ssh/known_hosts", "x");
        system.Write("root/.bash_history", "x");
        system.Write("var/log/messages", "text\n");
        system.Write("var/log/messages-20261101", "old\n");
        system.Write("var/log/apt/history.log.1.gz", "old\n");
        system.Write("var/log/installer/syslog", "text\n");
        system.Write("var/log/anaconda/anaconda.log", "text\n");
        system.Write("var/tmp/left", "x");
        system.Write("var/lib/cloud/instance/x", "x");
        system.Write("tmp/script_1234.sh", "#!/bin/sh\n");
        if (dbus)
        {
            system.Write("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n");
        }

        foreach (var name in (string[])["journalctl", "fstrim", "restorecon", "cloud-init", "apt-get", "sleep", "sync"])
        {
            system.StandIn(name);
        }

        // A restart takes the shell that asked for it along.
        system.StandIn("systemctl", "case \"$*\" in reboot) kill -9 $PPID ;; esac");
        system.StandIn("getenforce", "echo Enforcing");
        system.StandIn("uname", $"echo {(newestRuns ? Newer : Running)}");
        // As dnf does: the older ones are those beyond the newest, and the running one is protected.
        var running = newestRuns ? Newer : Running;
        system.StandIn("dnf", $$"""
            case "$*" in
              *repoquery*) if [ ! -e /removed ]; then printf '%s\n' kernel-{{Running}} kernel-core-{{Running}} kernel-modules-{{Running}}; fi ;;
              *remove*)
                case "$*" in
                  *{{running}}*) echo 'Error: The operation would result in removing the following protected packages: kernel-core' >&2; exit 1 ;;
                esac
                touch /removed ;;
            esac
            """);
        if (family == "rocky")
        {
            system.Write("etc/NetworkManager/system-connections/ens18.nmconnection", "x");
            system.Write("root/anaconda-ks.cfg", "x");
        }
        else if (family == "ubuntu")
        {
            system.Write("etc/netplan/00-installer-config.yaml", "x");
            system.Write("etc/cloud/cloud.cfg.d/99-installer.cfg", "x");
        }
        else
        {
            system.Write("etc/network/interfaces", "iface ens18 inet dhcp\n");
        }

        return system;
    }
}
