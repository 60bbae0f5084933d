using Unattended.Preseed;
using static Unattended.Tests.PreseedSamples;
using static Unattended.Tests.Samples;

namespace Unattended.Tests;

public sealed class PreseedTests
{
    [Test]
    public void A_careful_file_installs_what_it_says()
    {
        var reading = Read(Text);
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        var plan = reading.Plan!;
        var packer = plan.Accounts.Single(a => a.Name == "packer");
        Assert.Multiple(() =>
        {
            Assert.That(plan.HostName, Is.EqualTo("debian-13"));
            Assert.That(plan.Packages, Is.EqualTo(new[] { "qemu-guest-agent", "cloud-init", "sudo", "openssh-server" }));
            Assert.That(plan.GuestAgent && plan.CloudInit && plan.Ssh && plan.Reboots, Is.True);
            Assert.That(packer.AuthorizedKeys, Is.EqualTo(new[] { Key }));
            Assert.That(packer.Administrator, Is.True);
            Assert.That(packer.HasPassword, Is.False);
            Assert.That(plan.Accounts[0] is { Name: "root", Locked: true }, Is.True);
            Assert.That(plan.Questions, Is.Empty);
        });
        Assert.That(reading.Check(new UnattendedExpectations { UserName = "packer", PublicKey = Key, NeedsCloudInit = true }, "preseed.cfg"), Is.Empty);
    }

    [Test]
    public void It_answers_every_question_of_the_priority_high_too() => Assert.That(Read(Text, High).Findings, Is.Empty, Read(Text, High).Describe());

    // Each of these answers is one that the installer needs, at whatever priority.
    [TestCase("d-i debian-installer/locale string en_US.UTF-8", "Select a language")]
    [TestCase("d-i mirror/http/hostname string deb.debian.org", "Debian archive mirror hostname")]
    [TestCase("d-i mirror/http/directory string /debian", "Debian archive mirror directory")]
    [TestCase("d-i passwd/user-fullname string Build", "Full name for the new user")]
    [TestCase("d-i passwd/username string packer", "Username for your account")]
    [TestCase("d-i passwd/user-password-crypted password !", "Choose a password for the new user")]
    [TestCase("d-i passwd/root-login boolean false", "Root password")]
    [TestCase("d-i partman-auto/method string regular", "Partitioning method")]
    [TestCase("d-i partman/choose_partition select finish", "overview of the partitions")]
    [TestCase("d-i partman/confirm_nooverwrite boolean true", "Write the changes to disks?")]
    [TestCase("d-i grub-installer/bootdev string default", "Device for boot loader installation")]
    public void A_question_left_open_is_a_finding(string answer, string title)
    {
        var reading = Read(Text.With(answer, ""));
        Assert.That(reading.Installs, Is.False);
        Assert.That(reading.Errors.Select(e => e.Message), Has.Some.Contains($"{title}\" and waits"), reading.Describe());
        Assert.That(reading.Plan!.Questions, Has.Some.Contains(title));
    }

    // These have defaults that priority=critical takes without asking.
    [TestCase("d-i keyboard-configuration/xkb-keymap select us", "Configure the keyboard")]
    [TestCase("d-i mirror/country string manual", "Debian archive mirror country")]
    [TestCase("d-i mirror/http/proxy string\n", "HTTP proxy information")]
    [TestCase("d-i time/zone string Etc/UTC", "Select your time zone")]
    [TestCase("d-i apt-setup/cdrom/set-first boolean false", "Scan extra installation media?")]
    [TestCase("tasksel tasksel/first multiselect standard, ssh-server", "Software selection")]
    [TestCase("popularity-contest popularity-contest/participate boolean false", "Configuring popularity-contest")]
    [TestCase("d-i finish-install/reboot_in_progress note", "Installation complete")]
    public void A_question_of_the_priority_high_is_one_only_without_critical(string answer, string title)
    {
        Assert.That(Read(Text.With(answer, "\n"), High).Errors.Select(e => e.Message), Has.Some.Contains(title));
        Assert.That(Read(Text.With(answer, "\n")).Installs, Is.True, Read(Text.With(answer, "\n")).Describe());
    }

    [TestCase("d-i partman/confirm boolean true", "")]
    [TestCase("d-i grub-installer/only_debian boolean true", "")]
    public void What_is_not_asked_here_may_be_missing(string answer, string replacement) => Assert.That(Read(Text.With(answer, replacement), High).Installs, Is.True);

    [TestCase("d-i passwd/username string packer", "d-i passwd/username string Packer", "Invalid username")]
    [TestCase("d-i passwd/username string packer", "d-i passwd/username string backup", "Reserved username")]
    [TestCase("d-i passwd/username string packer", "d-i passwd/username string ", "Invalid username")]
    [TestCase("d-i passwd/user-password-crypted password !", "d-i passwd/user-password password long-enough\nd-i passwd/user-password-again password other-word", "Password input error")]
    [TestCase("d-i passwd/user-password-crypted password !", "d-i passwd/user-password password\nd-i passwd/user-password-again password", "Empty password")]
    [TestCase("d-i passwd/user-password-crypted password !", "d-i passwd/user-password password long-enough", "Re-enter password to verify")]
    [TestCase("d-i partman/confirm_nooverwrite boolean true", "d-i partman/confirm_nooverwrite boolean false", "Write the changes to disks?")]
    [TestCase("d-i partman/choose_partition select finish", "d-i partman/choose_partition select back", "overview of the partitions")]
    [TestCase("d-i grub-installer/bootdev string default", "d-i grub-installer/bootdev string /dev/vda", "Unable to install GRUB")]
    public void An_answer_that_is_refused_is_asked_again_with_its_line(string old, string replacement, string title)
    {
        var reading = Read(Text.With(old, replacement));
        var error = reading.Errors.FirstOrDefault(e => e.Message.Contains(title, StringComparison.Ordinal));
        Assert.That(error, Is.Not.Null, reading.Describe());
        Assert.That(error!.Line == 0 || Math.Abs(error.Line - Text.LineOf(old)) <= 1, Is.True, $"line {error.Line}");
    }

    [Test]
    public void The_network_does_not_wait_for_a_file_that_comes_over_it()
    {
        var text = Text + "\nd-i netcfg/hostname string too-late";
        Assert.That(Read(text).Plan!.HostName, Is.EqualTo("debian-13"));
        Assert.That(Read(text).Findings.Select(f => f.Code), Is.EqualTo(new[] { "preseed-late" }));
        var again = text + "\nd-i preseed/early_command string kill-all-dhcp; netcfg";
        Assert.That(Read(again).Plan!.HostName, Is.EqualTo("too-late"));
        var invalid = Debian13 with { BootArguments = [.. Debian13.BootArguments!, "hostname=debian_13"] };
        Assert.That(Read(Text, invalid).Errors.Select(e => e.Message), Has.Some.Contains("Invalid hostname"));
    }

    [Test]
    public void A_weak_password_is_none_to_Debian_and_an_empty_one_can_be_allowed()
    {
        var weak = Text.With("d-i passwd/user-password-crypted password !", "d-i passwd/user-password password short\nd-i passwd/user-password-again password short");
        Assert.That(Read(weak, Debian13 with { OsId = "ubuntu" }).Findings.Select(f => f.Message), Has.Some.Contains("Use weak password?"));
        Assert.That(Read(weak).Installs, Is.True, Read(weak).Describe());
        Assert.That(Read(weak).Plan!.Accounts.Single(a => a.Name == "packer").Password, Is.EqualTo("short"));
        Assert.That(Read(weak).Plan!.SshPasswords, Is.True);
    }

    [Test]
    public void Root_may_have_a_password_or_a_hash()
    {
        var root = Text.With("d-i passwd/root-login boolean false", "d-i passwd/root-password password long-enough\nd-i passwd/root-password-again password long-enough\nd-i passwd/make-user boolean false");
        Assert.That(Read(root).Installs, Is.True, Read(root).Describe());
        Assert.That(Read(root).Plan!.Accounts.Single().Password, Is.EqualTo("long-enough"));
        var hash = Text.With("d-i passwd/root-login boolean false", "d-i passwd/root-password-crypted password $6$abcdefgh$0123456789abcdef0123456789");
        Assert.That(Read(hash).Installs, Is.True, Read(hash).Describe());
        Assert.That(Read(hash).Plan!.Accounts[0].PasswordHash, Does.StartWith("$6$"));
    }
}

/// <summary>The lines of a file, as the installer's debconf-set-selections reads them.</summary>
public sealed class PreseedSyntaxTests
{
    private static PreseedEntry Entry(string text)
    {
        var findings = new FindingList("p");
        var entry = PreseedSyntax.Parse(text, findings).Single();
        Assert.That(findings.InOrder(), Is.Empty);
        return entry;
    }

    [TestCase("d-i a/b string x", "x")]
    [TestCase("  d-i\t a/b \t string   x  y ", "x  y ")]
    [TestCase("d-i a/b string", "")]
    [TestCase("d-i a/b string ", "")]
    [TestCase("d-i a/b string x\r", "x")]
    [TestCase("d-i a/b string x # not a comment", "x # not a comment")]
    [TestCase("d-i a/b string x \\\n   y\\\nz", "x y z")]
    [TestCase("d-i a/b string \\\n   x", "x")]
    [TestCase("d-i a/b string x \\\n# a comment in between\n\n   y", "x y")]
    [TestCase("d-i a/b string \"x\"", "\"x\"")]
    public void The_value_is_the_rest_of_the_line(string text, string value)
    {
        Assert.That(Entry(text).Value, Is.EqualTo(value));
        Assert.That(Entry(text).Line, Is.EqualTo(1));
    }

    [TestCase("d-i", 1)]
    [TestCase("d-i a/b", 1)]
    [TestCase("\n# x\nd-i a/b ", 3)]
    [TestCase("d-i a/b string x\n  # indented\n", 2)]
    [TestCase("d-i a/b string x \\\n", 1)]
    public void What_is_no_answer_stops_the_installer(string text, int line)
    {
        var reading = PreseedSamples.Read(text);
        Assert.That(reading.Plan, Is.Null);
        Assert.That(reading.Errors.First().Line, Is.EqualTo(line), reading.Describe());
    }

    [Test]
    public void The_last_answer_counts()
    {
        var text = PreseedSamples.Text + "\nd-i pkgsel/include string second\nd-i pkgsel/include string third";
        var reading = PreseedSamples.Read(text);
        Assert.That(reading.Plan!.Packages, Is.EqualTo(new[] { "third", "openssh-server" }));
        Assert.That(reading.Findings.Select(f => f.Code), Is.All.EqualTo("preseed-twice"));
    }

    [Test]
    public void A_default_that_stays_unseen_is_asked()
    {
        var text = PreseedSamples.Text + "\nd-i passwd/username seen false";
        Assert.That(PreseedSamples.Read(text).Errors.Select(e => e.Message), Has.Some.Contains("Username for your account"));
    }

    [Test]
    public void A_mistyped_question_is_named()
    {
        var text = PreseedSamples.Text.With("passwd/username string", "passwd/usernam string");
        var reading = PreseedSamples.Read(text);
        Assert.That(reading.Findings.Single(f => f.Code == "preseed-unknown").Message, Does.Contain("perhaps passwd/username"));
    }
}

/// <summary>Partitioning: methods, disks, recipes.</summary>
public sealed class PreseedPartitioningTests
{
    private const string Recipe = "2000 10000 -1 ext4 $primary{ } $bootable{ }";

    [Test]
    public void A_disk_that_a_command_finds_is_an_answer()
    {
        var text = Text.With("d-i grub-installer/bootdev string default", "d-i partman/early_command string debconf-set partman-auto/disk \"$(list-devices disk | head -n1)\"; debconf-set grub-installer/bootdev \"$(list-devices disk | head -n1)\"");
        Assert.That(Read(text).Installs, Is.True, Read(text).Describe());
    }

    [TestCase("lvm", "partman-lvm/confirm_nooverwrite", "Write the changes to disks and configure LVM?")]
    [TestCase("crypto", "partman-crypto/passphrase", "Encryption passphrase")]
    [TestCase("raid", "", "Software RAID")]
    public void Other_methods_have_questions_of_their_own(string method, string question, string title)
    {
        var text = Text.With("partman-auto/method string regular", $"partman-auto/method string {method}").With(Recipe, Recipe + " $lvmok{ }");
        Assert.That(Read(text).Errors.Select(e => e.Message), Has.Some.Contains(title).And.Some.Contains(question));
    }

    [Test]
    public void Lvm_with_its_answers_installs()
    {
        var text = Text.With("partman-auto/method string regular", "partman-auto/method string lvm\nd-i partman-lvm/confirm_nooverwrite boolean true\nd-i partman-auto-lvm/guided_size string max").With(Recipe, Recipe + " $lvmok{ }");
        Assert.That(Read(text, High).Installs, Is.True, Read(text, High).Describe());
    }

    [TestCase("partman-auto/method string regular", "partman-auto/method string regullar", "perhaps regular is meant")]
    [TestCase("partman-auto/method string regular", "partman-auto/method string regular\nd-i partman-auto/disk string /dev/vda", "the disk on scsi is /dev/sda")]
    [TestCase("root :: \\", "root \\", "has no name in front")]
    [TestCase("mountpoint{ / } .", "mountpoint{ / }", "has no dot of its own")]
    [TestCase("mountpoint{ / }", "mountpoint{ /srv }", "No root file system")]
    [TestCase("method{ format } format{ } \\", "method{format} format{ } \\", "white space belongs after {")]
    [TestCase("2000 10000 -1", "20000 30000 -1", "the recipe needs 20000 MB")]
    [TestCase("2000 10000 -1", "2G 10000 -1", "no minimum of a partition")]
    [TestCase("method{ format } format{ } \\", "method{ format } \\", "is not formatted")]
    [TestCase("filesystem{ ext4 }", "filesystem ext4 }", "stands outside of an option")]
    public void What_partman_cannot_do_is_an_error(string old, string replacement, string says)
    {
        var reading = Read(Text.With(old, replacement));
        Assert.That(reading.Errors.Select(e => e.Message), Has.Some.Contains(says), reading.Describe());
        Assert.That(reading.Errors, Has.Some.Matches<Finding>(f => f!.Line > 0));
    }

    [TestCase("2000 10000 -1 ext4", "2000 x -1 ext4", "no priority")]
    [TestCase("2000 10000 -1 ext4", "2000 10000 x ext4", "no maximum")]
    [TestCase("2000 10000 -1 ext4", "2000 10000 -1 ext5", "no file system that a recipe can name")]
    public void What_partman_takes_for_something_else_is_a_warning(string old, string replacement, string says)
    {
        var reading = Read(Text.With(old, replacement));
        Assert.That(reading.Installs, Is.True, reading.Describe());
        Assert.That(reading.Findings.Select(e => e.Message), Has.Some.Contains(says));
    }

    [Test]
    public void The_firmware_decides_which_partitions_count()
    {
        Assert.That(Read(Text, Debian13 with { Uefi = true }).Findings, Is.Empty);
        var without = Text.With("538 538 1075 free $iflabel{ gpt } $reusemethod{ } method{ efi } format{ } . \\", "\\");
        Assert.That(Read(without).Installs, Is.True, Read(without).Describe());
        Assert.That(Read(without, Debian13 with { Uefi = true }).Errors.Select(e => e.Message), Has.Some.Contains("No EFI partition"));
    }

    [TestCase("atomic", true)]
    [TestCase("/lib/partman/recipes/80multi", true)]
    [TestCase("automatic", false)]
    public void Shipped_recipes_are_known_by_their_names(string recipe, bool known)
    {
        var start = Text.IndexOf("d-i partman-auto/expert_recipe", StringComparison.Ordinal);
        var end = Text.IndexOf("d-i partman/choose_partition", StringComparison.Ordinal);
        var reading = Read(Text[..start] + $"d-i partman-auto/choose_recipe select {recipe}\n" + Text[end..]);
        Assert.That(reading.Installs, Is.True, reading.Describe());
        Assert.That(reading.Findings.Any(f => f.Code == "preseed-recipe"), Is.EqualTo(!known));
    }

    [Test]
    public void Sizes_can_be_shares_of_the_memory()
    {
        var findings = new FindingList("p");
        var recipe = PartitionRecipe.Decode("x :: 100% 512 200% linux-swap method{ swap } format{ } . 500+50% 600 -1 ext4 mountpoint{ / } .", "regular", "msdos", 1024, 1, findings);
        Assert.That(recipe.Partitions.Select(p => (p.MinimumMb, p.Priority, p.MaximumMb)), Is.EqualTo(new[] { (1024L, 1024L, 2048L), (1012L, 1012L, -1L) }));
        Assert.That(findings.InOrder(), Is.Empty);
    }
}

/// <summary>What late_command leads to.</summary>
public sealed class PreseedCommandsTests
{
    [TestCase("in-target apt-get install -y htop", "htop")]
    [TestCase("apt-install htop", "htop")]
    [TestCase("chroot /target apt-get -y install htop; true", "htop")]
    [TestCase("in-target sh -c 'apt-get update; apt-get -y install htop'", "htop")]
    public void Packages_that_are_installed_in_the_target_count(string command, string package)
    {
        var text = PreseedSamples.Text + $"\nd-i preseed/late_command string {command}";
        Assert.That(PreseedSamples.Read(text).Plan!.Packages, Has.Member(package));
    }

    [TestCase("apt-get -y install htop")]
    [TestCase("mkdir -p /home/packer/.ssh; echo x > /home/packer/.ssh/authorized_keys")]
    [TestCase("systemctl enable ssh")]
    public void What_runs_in_the_installer_is_gone_with_it(string command)
    {
        var text = PreseedSamples.Text + $"\nd-i preseed/late_command string {command}";
        var reading = PreseedSamples.Read(text);
        Assert.That(reading.Findings.Select(f => f.Code), Has.Member("preseed-outside"));
        Assert.That(reading.Plan!.Packages, Has.None.EqualTo("htop"));
        Assert.That(reading.Plan.Accounts.Single(a => a.Name == "packer").AuthorizedKeys, Is.Empty);
    }

    [Test]
    public void A_user_that_it_makes_is_one()
    {
        var text = PreseedSamples.Text + $"\nd-i preseed/late_command string in-target useradd -m -s /bin/bash other; in-target mkdir -p /home/other/.ssh; echo '{Samples.Key}' > /target/home/other/.ssh/authorized_keys";
        var other = PreseedSamples.Read(text).Plan!.Accounts.Single(a => a.Name == "other");
        Assert.That(other.AuthorizedKeys, Is.EqualTo(new[] { Samples.Key }));
        Assert.That(other.Administrator, Is.False);
    }
}

/// <summary>What the boot line tells before there is a file.</summary>
public sealed class PreseedBootTests
{
    [TestCase("auto=true priority=critical url=http://h/p", "")]
    [TestCase("auto-install/enable=true debconf/priority=critical preseed/url=http://h/p", "")]
    [TestCase("auto=true url=http://h/p", "Hostname,Domain name")]
    [TestCase("auto=true hostname=a.example.net url=http://h/p", "")]
    [TestCase("auto=true hostname=a domain= url=http://h/p", "Domain name")]
    [TestCase("priority=critical url=http://h/p", "Select a language")]
    [TestCase("locale=en_US keymap=us priority=critical url=http://h/p", "")]
    [TestCase("url=http://h/p", "Select a language,Configure the keyboard,Hostname,Domain name")]
    public void Questions_before_the_network_cannot_wait_for_the_file(string line, string titles)
    {
        var asked = PreseedBoot.Read(line.Split(' ')).QuestionsBeforeTheNetwork().Select(q => q.Title.Split(": ")[^1]);
        Assert.That(string.Join(',', asked), Is.EqualTo(titles));
    }

    [TestCase("url=http://192.0.2.1:8000/p.cfg", "http://192.0.2.1:8000/p.cfg")]
    [TestCase("url=192.0.2.1:8000/p.cfg", "http://192.0.2.1:8000/p.cfg")]
    [TestCase("url=192.0.2.1", "http://192.0.2.1/d-i/stable/./preseed.cfg")]
    [TestCase("preseed/url=\"https://h/p\"", "https://h/p")]
    [TestCase("quiet", null)]
    public void The_address_is_completed(string line, string? url) => Assert.That(PreseedBoot.Read(line.Split(' ')).Url, Is.EqualTo(url));
}

public sealed class MediumNameTests
{
    [TestCase("debian-12.15.0-amd64-netinst.iso", "debian", "12.15.0", 1, 780)]
    [TestCase("debian-13.7.0-amd64-DVD-1.iso", "debian", "13.7.0", 1, 780)]
    [TestCase("ubuntu-26.04.1-live-server-amd64.iso", "ubuntu", "26.04.1", 1, 1536)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "rocky", "9.8", 2, 1536)]
    [TestCase("Rocky-10.2-x86_64-minimal.iso", "rocky", "10.2", 3, 2048)]
    [TestCase("AlmaLinux-10.2-x86_64-minimal.iso", "almalinux", "10.2", 3, 2048)]
    [TestCase("AlmaLinux-10.2-x86_64_v2-minimal.iso", "almalinux", "10.2", 2, 2048)]
    [TestCase("rhel-10.0-x86_64-dvd.iso", "rhel", "10.0", 3, 2048)]
    [TestCase("CentOS-Stream-10-latest-x86_64-dvd1.iso", "centos", "10", 3, 2048)]
    [TestCase("windows-server-2025-eval.iso", "mswindows", "2025", 2, 2048)]
    [TestCase("Win11_24H2_English_x64.iso", "mswindows", "11", 2, 2048)]
    [TestCase("windows-10-pro.iso", "mswindows", "10", 1, 2048)]
    [TestCase("26100.1742.240906-0331.ge_release_svc_refresh_CLIENT_LTSC_EVAL_x64FRE_en-us.iso", "mswindows", "11", 2, 2048)]
    [TestCase("19045.2006.220908-0225.22h2_release_svc_refresh_CLIENTENTERPRISEEVAL_OEMRET_x64FRE_de-de.iso", "mswindows", "10", 1, 2048)]
    public void A_medium_is_known_by_its_makers_name(string file, string os, string version, int level, int memory)
    {
        Assert.That(MediumName.Recognize(file) is { } name && name.OsId == os && name.Version == version, Is.True);
        Assert.That(SystemRequirements.Of(file), Is.EqualTo(SystemRequirements.For(os, MediumName.Recognize(file)!.Major) with { CpuLevel = level }));
        Assert.That(SystemRequirements.Of(file)!.MemoryMb, Is.EqualTo(memory));
    }

    [TestCase("x.iso")]
    [TestCase("debian-13.7.0-arm64-netinst.iso")]
    [TestCase("debian-live-13-amd64.iso")]
    public void Another_name_tells_nothing(string file) => Assert.That(SystemRequirements.Of(file), Is.Null);

    [TestCase("host", null)]
    [TestCase("max", null)]
    [TestCase("custom-mine", null)]
    [TestCase("qemu32", 0)]
    [TestCase("kvm64", 1)]
    [TestCase("x86-64-v2-AES", 2)]
    [TestCase("IvyBridge-IBRS", 2)]
    [TestCase("Haswell-noTSX", 3)]
    [TestCase("EPYC-Milan-v3", 3)]
    [TestCase("EPYC-Genoa-v2", 4)]
    [TestCase("Skylake-Server-v5", 4)]
    [TestCase("pentium3", 0)]
    public void A_cpu_type_has_a_level(string type, int? level) => Assert.That(CpuLevel.Of(type), Is.EqualTo(level));

    [TestCase("x86-64-v3", "x86-64-v3")]
    [TestCase("host,flags=+aes", "host")]
    [TestCase("cputype=EPYC,flags=+aes", "EPYC")]
    [TestCase("flags=+aes,cputype=EPYC", "EPYC")]
    public void The_type_is_found_among_flags(string value, string type) => Assert.That(CpuLevel.TypeIn(value), Is.EqualTo(type));
}
