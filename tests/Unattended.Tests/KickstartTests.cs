using static Unattended.Tests.Samples;

namespace Unattended.Tests;

public sealed class KickstartTests
{
    [Test]
    public void A_careful_file_installs_what_it_says()
    {
        var reading = ReadKickstart(KickstartText);
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        var plan = reading.Plan!;
        var packer = plan.Accounts.Single(a => a.Name == "packer");
        Assert.Multiple(() =>
        {
            Assert.That(plan.HostName, Is.EqualTo("rocky-9"));
            Assert.That(plan.Packages, Is.EqualTo(new[] { "@^minimal-environment", "qemu-guest-agent", "cloud-init" }));
            Assert.That(plan.GuestAgent && plan.CloudInit && plan.Ssh && plan.Firewall && plan.Reboots, Is.True);
            Assert.That(plan.SeLinux, Is.EqualTo("enforcing"));
            Assert.That(packer.AuthorizedKeys, Is.EqualTo(new[] { Key }));
            Assert.That(packer.Administrator, Is.True);
            Assert.That(packer.HasPassword, Is.False);
            Assert.That(plan.Accounts[0].Locked, Is.True);
        });
    }

    [TestCase("firstboot --disabled", "firstbot --disabled", "Unknown command: firstbot (did you mean firstboot?)", TestName = "unknown command")]
    [TestCase("skipx", "install", "the install command has been removed in RHEL 9", TestName = "removed command")]
    [TestCase("selinux --enforcing", "selinux --enforced", "selinux: unrecognized arguments: --enforced", TestName = "unknown option")]
    [TestCase("sshkey --username=packer", "sshkey", "the following arguments are required: --username", TestName = "missing option")]
    [TestCase("network --bootproto=dhcp --device=link --activate --onboot=on --hostname=rocky-9", "network --bootproto", "argument --bootproto: expected one argument", TestName = "missing value")]
    [TestCase("zerombr", "zerombr yes", "zerombr: unrecognized arguments: yes", TestName = "argument that is not taken")]
    [TestCase("--gecos=\"Template build\"", "--gecos=\"Template build", "No closing quotation", TestName = "open quotation mark")]
    [TestCase("bootloader --location=mbr", "bootloader --upgrade --location=mbr", "no longer supported", TestName = "removed option")]
    [TestCase("-iwl*firmware\n%end", "-iwl*firmware", "Section %packages does not end with %end.", TestName = "section runs into another")]
    [TestCase("%addon com_redhat_kdump --disable", "%adon com_redhat_kdump --disable", "Unknown kickstart section: %adon", TestName = "unknown section")]
    public void What_pykickstart_refuses_is_refused_with_its_words_and_the_line(string old, string replacement, string message)
    {
        var text = KickstartText.With(old, replacement);
        var reading = ReadKickstart(text);
        var line = text.LineOf(message.Contains("%packages", StringComparison.Ordinal) ? "%packages" : replacement.Split('\n')[0]);
        Assert.That(reading.Plan, Is.Null);
        Assert.That(reading.Errors.Select(e => (e.Line, e.Message)), Has.Some.Matches<(int Line, string Message)>(
            e => e.Line == line && e.Message.Contains(message, StringComparison.Ordinal)), reading.Describe());
    }

    [Test]
    public void A_last_section_without_end_is_refused()
    {
        var reading = ReadKickstart(KickstartText[..KickstartText.LastIndexOf("%end", StringComparison.Ordinal)]);
        Assert.That(reading.Errors.Single().Message, Is.EqualTo("Section %post does not end with %end."));
        Assert.That(reading.Errors.Single().Line, Is.EqualTo(KickstartText.LineOf("%post")));
    }

    [TestCase("autopart --type=plain --nohome --noswap", "Installation Destination")]
    public void A_missing_answer_is_a_question(string command, string spoke)
    {
        var reading = ReadKickstart(KickstartText.With(command, ""));
        Assert.That(reading.Plan!.Questions, Is.EqualTo(new[] { spoke }));
        Assert.That(reading.Installs, Is.False);
        Assert.That(reading.Errors.Single().AfterInstallation, Is.False);
    }

    [Test]
    public void Without_packages_Anaconda_asks_for_software()
    {
        var start = KickstartText.IndexOf("%packages", StringComparison.Ordinal);
        var text = KickstartText.Remove(start, KickstartText.IndexOf("%end", start, StringComparison.Ordinal) + 4 - start);
        Assert.That(ReadKickstart(text).Plan!.Questions, Is.EqualTo(new[] { "Software selection" }));
        Assert.That(ReadKickstart(text, Rocky9 with { VersionId = "10.0" }).Plan!.Questions, Is.Empty, "since RHEL 10 it takes its default environment");
    }

    [Test]
    public void Without_reboot_Anaconda_waits_for_Enter()
    {
        Assert.That(ReadKickstart(KickstartText.With("reboot --eject", "")).Errors.Single().Message, Does.Contain("press Enter"));
        var poweroff = ReadKickstart(KickstartText.With("reboot --eject", "poweroff"));
        Assert.That(poweroff.Installs, Is.True);
        Assert.That(poweroff.Plan!.Reboots, Is.False);
    }

    [Test]
    public void A_key_for_a_user_that_is_not_created_and_a_broken_key_are_found()
    {
        var typo = ReadKickstart(KickstartText.With("sshkey --username=packer", "sshkey --username=paker"));
        Assert.That(typo.Errors.Select(e => e.Code), Is.EquivalentTo(new[] { "kickstart-sshkey-user", "kickstart-no-login" }), typo.Describe());
        var broken = ReadKickstart(KickstartText.With("AAAAE2VjZHNh", "AAAAE2VjZHN"));
        Assert.That(broken.Errors.Single().Code, Is.EqualTo("kickstart-sshkey"));
        var unquoted = ReadKickstart(KickstartText.With($"\"{Key}\"", Key));
        Assert.That(unquoted.Errors.Select(e => e.Message), Has.Some.Contains("quotation marks"));
    }

    [Test]
    public void Commands_that_only_RHEL_10_refuses()
    {
        var text = KickstartText.With("skipx", "authconfig --enableshadow");
        Assert.That(ReadKickstart(text).Installs, Is.True);
        var ten = ReadKickstart(text, Rocky9 with { VersionId = "10.0" });
        Assert.That(ten.Errors.Single().Message, Does.Contain("removed in RHEL 10").And.Contain("authselect"));
    }

    [Test]
    public void Passwords_are_what_they_are_declared_to_be()
    {
        var plain = ReadKickstart(KickstartText.With("rootpw --lock", "rootpw --plaintext --allow-ssh topsecret"));
        Assert.That(plain.Plan!.Accounts[0].Password, Is.EqualTo("topsecret"));
        Assert.That(plain.Plan.SshPasswords, Is.True);
        var noSsh = ReadKickstart(KickstartText.With("rootpw --lock", "rootpw --plaintext topsecret"));
        Assert.That(noSsh.Plan!.SshPasswords, Is.False);
        var hash = ReadKickstart(KickstartText.With("rootpw --lock", $"rootpw --iscrypted {Hash}"));
        Assert.That(hash.Plan!.Accounts[0].PasswordHash, Is.EqualTo(Hash));
        var wrong = ReadKickstart(KickstartText.With("rootpw --lock", "rootpw --iscrypted topsecret"));
        Assert.That(wrong.Errors.Single().Code, Is.EqualTo("kickstart-password-hash"));
        var both = ReadKickstart(KickstartText.With("rootpw --lock", "rootpw --iscrypted --plaintext topsecret"));
        Assert.That(both.Installs, Is.True, "the last of the two counts");
        Assert.That(both.Plan!.Accounts[0].Password, Is.EqualTo("topsecret"));
    }

    [Test]
    public void Nobody_who_administers_is_a_question()
    {
        var reading = ReadKickstart(KickstartText.With("rootpw --lock", "").With(" --groups=wheel", ""));
        Assert.That(reading.Errors.Single().Code, Is.EqualTo("kickstart-no-administrator"));
    }

    [Test]
    public void A_minimal_medium_needs_a_repository_for_cloud_init()
    {
        var lines = KickstartText.Split('\n').Where(l => !l.StartsWith("url", StringComparison.Ordinal) && !l.StartsWith("repo", StringComparison.Ordinal)).ToList();
        Assert.That(ReadKickstart(string.Join('\n', lines)).Errors.Single().Code, Is.EqualTo("kickstart-package-missing"));
        Assert.That(ReadKickstart(string.Join('\n', lines), Rocky9 with { MediumName = "Rocky-9.6-x86_64-dvd.iso" }).Installs, Is.True);
    }

    [Test]
    public void What_scripts_do_counts()
    {
        var text = KickstartText.With("qemu-guest-agent\ncloud-init", "cloud-init")
            .With("chmod 0440 /etc/sudoers.d/packer", "dnf -y install qemu-guest-agent tuned && systemctl enable --now qemu-guest-agent.service");
        var plan = ReadKickstart(text).Plan!;
        Assert.That(plan.GuestAgent, Is.True);
        Assert.That(plan.Packages, Does.Contain("tuned"));
        Assert.That(ReadKickstart(KickstartText.With("sshd,qemu-guest-agent", "sshd --disabled=qemu-guest-agent")).Plan!.GuestAgent, Is.False);
        Assert.That(ReadKickstart(KickstartText.With("NOPASSWD: ALL", "ALL")).Plan!.Accounts[1].Administrator, Is.False);
    }

    [Test]
    public void A_percent_sign_in_a_script_ends_nothing()
    {
        var reading = ReadKickstart(KickstartText.With("chmod 0440 /etc/sudoers.d/packer", "cat > /etc/x <<EOF\n%wheel ALL=(ALL) ALL\n%unknown\nEOF"));
        Assert.That(reading.Installs, Is.True, reading.Describe());
    }

    [Test]
    public void What_is_included_is_not_asked_for()
    {
        var reading = ReadKickstart(KickstartText.With("autopart --type=plain --nohome --noswap", "%include /tmp/partitions"));
        Assert.That(reading.Installs, Is.True, reading.Describe());
        Assert.That(reading.Findings.Select(f => f.Code), Does.Contain("kickstart-include").And.Contain("kickstart-incomplete"));
    }
}
