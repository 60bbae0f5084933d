using static Installer.Tests.Rig;

namespace Installer.Tests;

public sealed class RockyTests
{
    private const string Iso = "Rocky-9.6-x86_64-minimal.iso";

    private static TestServer Server(string kickstart = Kickstart) => new(new Dictionary<string, string> { ["/ks.cfg"] = kickstart });

    [TestCase("<up><tab> inst.text inst.ks={0}/ks.cfg<ret>", TestName = "Tab edits the entry")]
    [TestCase("<tab> inst.ks={0}/ks.cfg<ret>", TestName = "the entry that tests the medium")]
    [TestCase("<esc>linux inst.ks={0}/ks.cfg<ret>", TestName = "Esc leads to the prompt")]
    public async Task The_BIOS_menu_installs(string keys)
    {
        using var server = Server();
        var outcome = await Run(Machine(Iso), keys.Replace("{0}", server.Address, StringComparison.Ordinal));
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Doubts, Is.Empty);
        Assert.That(outcome.Guest!.PrettyName, Is.EqualTo("Rocky Linux 9.6 (Blue Onyx)"));
        Assert.That(outcome.Guest.Accounts.Single() is { Name: "packer", Administrator: true, Password: null }, Is.True);
        Assert.That(server.Requests, Is.EqualTo(new[] { "/ks.cfg" }));
    }

    [TestCase("Rocky-9.6-x86_64-minimal.iso", Firmware.Ovmf)]
    [TestCase("Rocky-10.0-x86_64-minimal.iso", Firmware.Ovmf)]
    [TestCase("Rocky-10.0-x86_64-minimal.iso", Firmware.SeaBios)]
    public async Task The_editor_of_GRUB_installs(string iso, Firmware firmware)
    {
        using var server = Server();
        var outcome = await Run(Machine(iso) with { Firmware = firmware }, $"<up>e<down><down><end> inst.ks={server.Address}/ks.cfg<ctrl-x>");
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Guest!.OsId, Is.EqualTo("rocky"));
    }

    [TestCase("x86-64-v2-AES", false)]
    [TestCase("kvm64", false)]
    [TestCase("SandyBridge", false)]
    [TestCase("x86-64-v3", true)]
    [TestCase("EPYC-Rome-v4", true)]
    [TestCase("host", true)]
    public async Task RHEL_10_needs_the_processor_that_it_was_compiled_for(string cpu, bool installs)
    {
        using var server = Server();
        var outcome = await Run(Machine("Rocky-10.2-x86_64-minimal.iso") with { CpuType = cpu }, $"<up>e<down><down><end> inst.ks={server.Address}/ks.cfg<ctrl-x>");
        Assert.That(outcome.Failure, installs ? Is.Null : Does.Contain("CPU does not support x86-64-v3"));
    }

    [Test]
    public async Task AlmaLinux_has_a_build_for_older_processors()
    {
        using var server = Server();
        var outcome = await Run(Machine("AlmaLinux-10.2-x86_64_v2-minimal.iso") with { CpuType = "x86-64-v2-AES" }, $"<up>e<down><down><end> inst.ks={server.Address}/ks.cfg<ctrl-x>");
        Assert.That(outcome.Failure, Is.Null);
    }

    [TestCase("<tab> ks={0}/ks.cfg<ret>", "is ignored since RHEL 9")]
    [TestCase("<tab> inst.ks={0}/other.cfg<ret>", "/other.cfg: 404 Not Found")]
    [TestCase("<ret>", "has no inst.ks")]
    [TestCase("", "has no inst.ks")]
    [TestCase("<tab> inst.ks={0}/ks.cfg", "the boot command never pressed Enter; the screen shows: ")]
    [TestCase("<esc>linus inst.ks={0}/ks.cfg<ret>", "Could not find kernel image: linus")]
    [TestCase("<tab> inst.ks=hd:LABEL=OEMDRV:/ks.cfg<ret>", "no medium has the label OEMDRV")]
    [TestCase("<tab> inst.ks=floppy<ret>", "a form that this machine cannot serve")]
    [TestCase("<down><ret>", "rescue system")]
    public async Task A_wrong_boot_line_says_why(string keys, string reason)
    {
        using var server = Server();
        var outcome = await Run(Machine(Iso), keys.Replace("{0}", server.Address, StringComparison.Ordinal));
        Assert.That(outcome.Guest, Is.Null);
        Assert.That(outcome.Failure, Does.Contain(reason));
    }

    [TestCase("", TestName = "found by its label")]
    [TestCase("<up><tab> inst.ks=hd:LABEL=OEMDRV:/ks.cfg<ret>", TestName = "named by its label")]
    [TestCase("<up><tab> inst.ks=cdrom:/ks.cfg<ret>", TestName = "somewhere on a CD")]
    [TestCase("<up><tab> inst.ks=hd:sr1:/ks.cfg<ret>", TestName = "named by its device")]
    public async Task A_medium_with_the_kickstart_file_installs(string keys)
    {
        using var media = new TestMedia();
        var answers = Image(media.Iso("OEMDRV", new Dictionary<string, string> { ["ks.cfg"] = Kickstart }, "-J", "-R"));
        var outcome = await Run(Machine(Iso, answers) with { NetworkModel = null }, keys);
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Succeeded, Is.True);
    }

    [Test]
    public async Task A_file_that_does_not_parse_fails_with_line_and_words()
    {
        using var server = Server(Kickstart.Replace("zerombr", "zerombar", StringComparison.Ordinal));
        var outcome = await Run(Machine(Iso), $"<up><tab> inst.ks={server.Address}/ks.cfg<ret>");
        Assert.That(outcome.Failure, Is.EqualTo("ks.cfg:7: Unknown command: zerombar (did you mean zerombr?)"));
    }

    [Test]
    public async Task A_user_without_a_key_is_a_doubt()
    {
        using var server = Server(Kickstart.Replace($"sshkey --username=packer \"{Key}\"", "", StringComparison.Ordinal));
        var outcome = await Run(Machine(Iso), $"<up><tab> inst.ks={server.Address}/ks.cfg<ret>");
        Assert.That(outcome.Succeeded, Is.True);
        Assert.That(outcome.Guest!.Accounts, Is.Empty);
        Assert.That(outcome.Doubts, Has.Some.Contains("no account has an SSH key or a password"));
    }

    [Test]
    public async Task A_real_image_is_recognized_by_its_content()
    {
        using var media = new TestMedia();
        using var server = Server();
        var dvd = media.Iso("Rocky-9-6-x86_64-dvd", new Dictionary<string, string> { [".treeinfo"] = "[general]\nfamily = Rocky Linux\nversion = 9.6\n" }, "-R");
        var keys = $"<up><tab> inst.ks={server.Address}/ks.cfg<ret>";
        Assert.That((await Run(Machine(Iso) with { Media = [Image(dvd)] }, keys)).Guest!.VersionId, Is.EqualTo("9.6"));
        var data = await Run(Machine(Iso) with { Media = [Image(media.Iso("DATA", new Dictionary<string, string> { ["x"] = "y" }, "-R"))] }, keys);
        Assert.That(data.Failure, Does.Contain("no bootable device").And.Contain("label DATA"));
        var unknown = await Run(Machine("FreeBSD-14.3-RELEASE-amd64-disc1.iso"), keys);
        Assert.That(unknown.Failure, Does.Contain("FreeBSD-14.3-RELEASE-amd64-disc1.iso is no installation medium that is known here"));
    }
}
