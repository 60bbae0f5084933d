using static Installer.Tests.Rig;

namespace Installer.Tests;

public sealed class DebianTests
{
    private const string Iso = "debian-13.7.0-amd64-netinst.iso";

    private const string Preseed = $$"""
        d-i debian-installer/locale string en_US.UTF-8
        d-i keyboard-configuration/xkb-keymap select us
        d-i passwd/root-login boolean false
        d-i passwd/user-fullname string Build
        d-i passwd/username string packer
        d-i passwd/user-password-crypted password !
        d-i partman-auto/method string regular
        d-i partman-auto/choose_recipe select atomic
        d-i partman/choose_partition select finish
        d-i partman/confirm boolean true
        d-i partman/confirm_nooverwrite boolean true
        tasksel tasksel/first multiselect standard, ssh-server
        d-i pkgsel/include string qemu-guest-agent cloud-init
        d-i grub-installer/bootdev string default
        d-i preseed/late_command string \
            in-target install -d -m 0700 -o packer -g packer /home/packer/.ssh && \
            echo '{{Key}}' >/target/home/packer/.ssh/authorized_keys && \
            echo 'packer ALL=(ALL) NOPASSWD: ALL' >/target/etc/sudoers.d/90-build
        """;

    private static TestServer Server(string preseed = Preseed) => new(new Dictionary<string, string> { ["/preseed.cfg"] = preseed });

    [TestCase("<esc>auto url={0}/preseed.cfg<ret>", TestName = "the prompt's label auto")]
    [TestCase("<esc>install auto=true priority=critical preseed/url={0}/preseed.cfg<ret>", TestName = "the label install")]
    [TestCase("<esc>/install.amd/vmlinuz initrd=/install.amd/initrd.gz auto=true priority=critical url={0}/preseed.cfg<ret>", TestName = "a kernel at the prompt")]
    [TestCase("<down><tab> auto=true priority=critical url={0}/preseed.cfg<ret>", TestName = "Tab edits the second entry")]
    public async Task The_BIOS_menu_installs(string keys)
    {
        using var server = Server();
        var outcome = await Run(Machine(Iso), keys.Replace("{0}", server.Address, StringComparison.Ordinal));
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Doubts, Is.Empty);
        Assert.That(outcome.Guest!.PrettyName, Is.EqualTo("Debian GNU/Linux 13 (trixie)"));
        Assert.That(outcome.Guest.Accounts.Single() is { Name: "packer", Administrator: true, Password: null }, Is.True);
        Assert.That(server.Requests, Is.EqualTo(new[] { "/preseed.cfg" }));
    }

    [TestCase("clinux /install.amd/vmlinuz auto=true priority=critical url={0}/preseed.cfg ---\ninitrd /install.amd/initrd.gz\nboot\n", TestName = "GRUB's command line")]
    [TestCase("<down>e<down><down><down><end> auto=true priority=critical url={0}/preseed.cfg<f10>", TestName = "GRUB's editor")]
    public async Task The_UEFI_menu_installs(string keys)
    {
        using var server = Server();
        var outcome = await Run(Machine(Iso) with { Firmware = Firmware.Ovmf }, keys.Replace("{0}", server.Address, StringComparison.Ordinal));
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Guest!.OsId, Is.EqualTo("debian"));
    }

    [TestCase("", "Select a language")]
    [TestCase("<ret>", "Select a language")]
    [TestCase("<esc>auto<ret>", "names no file")]
    [TestCase("<esc>auto url={0}/other.cfg<ret>", "/other.cfg: 404 Not Found")]
    [TestCase("<esc>install url={0}/preseed.cfg<ret>", "Select a language")]
    [TestCase("<esc>install auto=true url={0}/preseed.cfg<ret>", "Hostname")]
    [TestCase("<esc>auto url={0}/preseed.cfg", "never pressed Enter")]
    [TestCase("<esc>automatic url={0}/preseed.cfg<ret>", "Could not find kernel image: automatic")]
    [TestCase("<esc>rescue url={0}/preseed.cfg<ret>", "rescue system")]
    [TestCase("<esc>auto file=/cdrom/preseed.cfg<ret>", "there is no such file")]
    public async Task A_wrong_boot_line_says_why(string keys, string reason)
    {
        using var server = Server();
        var outcome = await Run(Machine(Iso), keys.Replace("{0}", server.Address, StringComparison.Ordinal));
        Assert.That(outcome.Guest, Is.Null);
        Assert.That(outcome.Failure, Does.Contain(reason));
    }

    [TestCase("passwd/username", "Username for your account")]
    [TestCase("passwd/user-fullname", "Full name for the new user")]
    [TestCase("passwd/user-password-crypted", "Choose a password")]
    [TestCase("passwd/root-login", "Root password")]
    [TestCase("debian-installer/locale", "Select a language")]
    [TestCase("partman-auto/method", "Partitioning method")]
    [TestCase("partman/choose_partition", "overview of the partitions")]
    [TestCase("partman/confirm_nooverwrite", "Write the changes to disks?")]
    [TestCase("grub-installer/bootdev", "Device for boot loader installation")]
    public async Task A_question_that_is_left_open_stops_it(string question, string title)
    {
        using var server = Server(string.Join('\n', Preseed.Split('\n').Where(l => !l.Contains($" {question} ", StringComparison.Ordinal))));
        var outcome = await Run(Machine(Iso), $"<esc>auto url={server.Address}/preseed.cfg<ret>");
        Assert.That(outcome.Failure, Does.Contain(title).And.Contain("waits for somebody to answer"));
    }

    [Test]
    public async Task A_real_image_is_recognized_by_its_content()
    {
        using var media = new TestMedia();
        using var server = Server();
        var netinst = media.Iso("Debian 12.15.0 amd64 n", new Dictionary<string, string> { [".disk/info"] = "Debian GNU/Linux 12.15.0 \"Bookworm\" - Official amd64 NETINST with firmware 20260912-10:20\n" }, "-R");
        var outcome = await Run(Machine(Iso) with { Media = [Image(netinst)] }, $"<esc>auto url={server.Address}/preseed.cfg<ret>");
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Guest!.PrettyName, Is.EqualTo("Debian GNU/Linux 12 (bookworm)"));
    }
}
