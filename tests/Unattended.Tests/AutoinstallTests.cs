using static Unattended.Tests.Samples;

namespace Unattended.Tests;

public sealed class AutoinstallTests
{
    [Test]
    public void A_careful_file_installs_what_it_says()
    {
        var reading = ReadAutoinstall(AutoinstallText, Ubuntu2404 with { Siblings = new Dictionary<string, string> { ["meta-data"] = "" } });
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        var plan = reading.Plan!;
        var packer = plan.Accounts.Single();
        Assert.Multiple(() =>
        {
            Assert.That(plan.HostName, Is.EqualTo("ubuntu-2404"));
            Assert.That(plan.GuestAgent && plan.CloudInit && plan.Ssh && plan.Reboots, Is.True);
            Assert.That(plan.SshPasswords, Is.False);
            Assert.That(packer.Name, Is.EqualTo("packer"));
            Assert.That(packer.AuthorizedKeys, Is.EqualTo(new[] { Key }));
            Assert.That(packer.HasPassword, Is.False);
            Assert.That(packer.Administrator, Is.True);
        });
    }

    [TestCase("#cloud-config\n", "# cloud-config\n", "cloud-config-header", 1)]
    [TestCase("  version: 1\n", "", "autoinstall-malformed", 0)]
    [TestCase("  version: 1\n", "  version: 2\n", "autoinstall-malformed", 3)]
    [TestCase("install-server: true", "install-server: \"true\"", "autoinstall-malformed", 12)]
    [TestCase("username: packer", "user: packer", "autoinstall-malformed", 0)]
    [TestCase("    - qemu-guest-agent\n", "    - qemu-guest-agent\n    - 1\n", "autoinstall-malformed", 21)]
    [TestCase("name: direct", "mode: reformat_disk", "autoinstall-storage", 18)]
    [TestCase("shutdown: reboot", "shutdown: restart", "autoinstall-malformed", 23)]
    [TestCase("updates: security", "interactive-sections: [storage]", "autoinstall-interactive", 22)]
    [TestCase("  late-commands:", "  late-commands: |", "autoinstall-malformed", 24)]
    [TestCase("autoinstall:\n", "autoinstal:\n", "autoinstall-missing", 0)]
    [TestCase("  shutdown: reboot\n", "shutdown: reboot\n", "yaml-syntax", 24)]
    public void What_stops_the_installer_is_found_with_its_line(string old, string replacement, string code, int line)
    {
        var reading = ReadAutoinstall(AutoinstallText.With(old, replacement));
        Assert.That(reading.Installs, Is.False);
        Assert.That(reading.Errors.Where(e => e.Code == code && (line == 0 || e.Line == line)), Is.Not.Empty, reading.Describe());
    }

    [Test]
    public void A_broken_file_says_where()
    {
        var reading = ReadAutoinstall(AutoinstallText.With("    layout: us", "\tlayout: us"));
        Assert.That(reading.Errors.Single().Line, Is.EqualTo(6).Or.EqualTo(5), reading.Describe());
        Assert.That(reading.Errors.Single().Message, Does.Contain("cloud-init ignores the file"));
    }

    [Test]
    public void A_key_in_the_wrong_place_is_misplaced()
    {
        var reading = ReadAutoinstall(AutoinstallText + "\nidentity:\n  username: packer\n");
        Assert.That(reading.Errors.Single().Code, Is.EqualTo("autoinstall-misplaced"), reading.Describe());
    }

    [Test]
    public void An_unknown_key_is_ignored_with_a_warning()
    {
        var reading = ReadAutoinstall(AutoinstallText.With("  updates: security", "  update: security"));
        Assert.That(reading.Installs, Is.True);
        Assert.That(reading.Findings.Single().Message, Does.Contain("did you mean 'updates'"));
    }

    [Test]
    public void Without_meta_data_the_seed_is_none()
    {
        var reading = ReadAutoinstall(AutoinstallText, Ubuntu2404 with { Siblings = new Dictionary<string, string>() });
        Assert.That(reading.Errors.Single().Code, Is.EqualTo("meta-data-missing"));
        var broken = ReadAutoinstall(AutoinstallText, Ubuntu2404 with { Siblings = new Dictionary<string, string> { ["meta-data"] = "a: [" } });
        Assert.That(broken.Errors.Single().Code, Is.EqualTo("meta-data-syntax"));
    }

    [Test]
    public void A_plain_password_is_no_hash()
    {
        var reading = ReadAutoinstall(AutoinstallText.With("password: \"!\"", "password: packer"));
        Assert.That(reading.Findings.Single().Code, Is.EqualTo("autoinstall-password-hash"));
        Assert.That(reading.Plan!.Accounts.Single().HasPassword, Is.False);
        var hash = ReadAutoinstall(AutoinstallText.With("password: \"!\"", $"password: {Hash}"));
        Assert.That(hash.Plan!.Accounts.Single().PasswordHash, Is.EqualTo(Hash));
    }

    [Test]
    public void Accounts_of_cloud_init_count()
    {
        var text = $$"""
            #cloud-config
            autoinstall:
              version: 1
              ssh: {install-server: yes}
              user-data:
                hostname: from-user-data
                packages: [qemu-guest-agent]
                users:
                  - name: packer
                    sudo: ALL=(ALL) NOPASSWD:ALL
                    ssh_authorized_keys: ["{{Key}}"]
                  - name: other
                    plain_text_passwd: pw
                    lock_passwd: false
            """;
        var reading = ReadAutoinstall(text);
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        var accounts = reading.Plan!.Accounts;
        Assert.Multiple(() =>
        {
            Assert.That(accounts.Select(a => a.Name), Is.EqualTo(new[] { "packer", "other" }));
            Assert.That(accounts[0].Administrator, Is.True);
            Assert.That(accounts[1].Administrator, Is.False);
            Assert.That(accounts[1].HasPassword, Is.True);
            Assert.That(reading.Plan.HostName, Is.EqualTo("from-user-data"));
            Assert.That(reading.Plan.GuestAgent, Is.True);
        });
    }

    [Test]
    public void No_login_and_no_ssh_are_only_seen_afterwards()
    {
        var noKey = ReadAutoinstall(AutoinstallText.With($"    authorized-keys:\n      - {Key}\n", ""));
        Assert.That(noKey.Errors.Single(), Has.Property("Code").EqualTo("autoinstall-no-login").And.Property("AfterInstallation").True);
        var noSsh = ReadAutoinstall(AutoinstallText.With("install-server: true", "install-server: false"));
        Assert.That(noSsh.Plan!.Ssh, Is.False);
        Assert.That(noSsh.Errors.Single().AfterInstallation, Is.True);
    }

    [Test]
    public void A_bomb_of_aliases_costs_nothing()
    {
        var bomb = "#cloud-config\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"))
            + "autoinstall: {version: 1, packages: *a30}\n";
        Assert.That(ReadAutoinstall(bomb).Installs, Is.False);
        var deep = "#cloud-config\nautoinstall: " + new string('[', 20_000);
        Assert.That(ReadAutoinstall(deep).Installs, Is.False);
        Assert.That(ReadAutoinstall("#cloud-config\na: &a [*a]\n").Installs, Is.False);
    }
}
