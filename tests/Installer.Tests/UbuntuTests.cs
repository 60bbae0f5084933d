using static Installer.Tests.Rig;

namespace Installer.Tests;

public sealed class UbuntuTests
{
    private const string Iso = "ubuntu-24.04.3-live-server-amd64.iso";
    private const string Editor = "e<down><down><down><end>";

    private static Dictionary<string, string> Seed(string userData = Autoinstall) => new() { ["/user-data"] = userData, ["/meta-data"] = "" };

    [Test]
    public async Task The_command_line_of_GRUB_installs()
    {
        using var server = new TestServer(Seed());
        var outcome = await Run(Machine(Iso),
            $"c<ret>linux /casper/vmlinuz --- autoinstall ds=\"nocloud-net;seedfrom={server.Address}/\"\ninitrd /casper/initrd\nboot\n");
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Doubts, Is.Empty);
        Assert.That(outcome.Guest!.PrettyName, Is.EqualTo("Ubuntu 24.04.3 LTS"));
        Assert.That(outcome.Guest.Accounts.Single().AuthorizedKeys, Is.EqualTo(new[] { Key }));
        Assert.That(outcome.Guest is { GuestAgent: true, CloudInit: true, Ssh: true, HostName: "ubuntu" }, Is.True);
        Assert.That(server.Requests, Is.EqualTo(new[] { "/meta-data", "/user-data", "/vendor-data" }));
    }

    [TestCase("<f10>")]
    [TestCase("<ctrl-x>")]
    public async Task The_editor_of_GRUB_installs(string start)
    {
        using var server = new TestServer(Seed());
        var outcome = await Run(Machine(Iso), $"{Editor}<backspace><backspace><backspace>autoinstall 'ds=nocloud;s={server.Address}/'{start}");
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Guest!.OsId, Is.EqualTo("ubuntu"));
    }

    [Test]
    public async Task An_unquoted_semicolon_ends_the_line()
    {
        using var server = new TestServer(Seed());
        var outcome = await Run(Machine(Iso), $"{Editor} autoinstall ds=nocloud;s={server.Address}/<f10>");
        Assert.That(outcome.Failure, Does.Contain("GRUB ended the kernel's command line at the \";\""));
        Assert.That(server.Requests, Is.Empty);
        var escaped = await Run(Machine(Iso), $"{Editor} autoinstall ds=nocloud\\;s={server.Address}/<f10>");
        Assert.That(escaped.Succeeded, Is.True);
    }

    [Test]
    public async Task A_seed_that_cannot_be_fetched_is_named()
    {
        using var server = new TestServer(new Dictionary<string, string> { ["/user-data"] = Autoinstall });
        var missing = await Run(Machine(Iso), $"{Editor} autoinstall 'ds=nocloud;s={server.Address}/'<f10>");
        Assert.That(missing.Failure, Does.Contain($"{server.Address}/meta-data: 404 Not Found"));
        server.Dispose();
        var refused = await Run(Machine(Iso), $"{Editor} autoinstall 'ds=nocloud;s={server.Address}/'<f10>");
        Assert.That(refused.Failure, Does.Contain("connection refused"));
        var offline = await Run(Machine(Iso) with { NetworkModel = null }, $"{Editor} autoinstall 'ds=nocloud;s={server.Address}/'<f10>");
        Assert.That(offline.Failure, Does.Contain("no network card"));
    }

    [Test]
    public async Task A_missing_slash_matters_up_to_22_04()
    {
        using var server = new TestServer(Seed());
        var old = await Run(Machine("ubuntu-22.04.5-live-server-amd64.iso"), $"{Editor} autoinstall 'ds=nocloud;s={server.Address}/sub'<f10>");
        Assert.That(old.Failure, Does.Contain("/submeta-data").And.Contain("end with a slash"));
        var current = await Run(Machine(Iso), $"{Editor} autoinstall 'ds=nocloud;s={server.Address}'<f10>");
        Assert.That(current.Succeeded, Is.True);
    }

    [Test]
    public async Task A_seed_on_a_medium_asks_unless_autoinstall_is_on_the_line()
    {
        using var media = new TestMedia();
        var seed = Image(media.Iso("cidata", new Dictionary<string, string> { ["user-data"] = Autoinstall, ["meta-data"] = "" }, "-J", "-R"));
        var asked = await Run(Machine(Iso, seed), "<ret>");
        Assert.That(asked.Failure, Does.Contain("Continue with autoinstall? (yes|no)"));
        var answered = await Run(Machine(Iso, seed), "<ret>yes<ret>");
        Assert.That(answered.Succeeded, Is.True);
        var silent = await Run(Machine(Iso, seed), $"{Editor} autoinstall<f10>");
        Assert.That(silent.Succeeded, Is.True);
        var incomplete = Image(media.Iso("CIDATA", new Dictionary<string, string> { ["user-data"] = Autoinstall }, "-R"));
        Assert.That((await Run(Machine(Iso, incomplete), "<ret>")).Failure, Does.Contain("no meta-data"));
    }

    [Test]
    public async Task An_unfinished_line_fails_with_the_screen()
    {
        var editor = await Run(Machine(Iso), $"{Editor} autoinstall");
        Assert.That(editor.Failure, Does.StartWith("the boot command never pressed F10 or Ctrl-X; the screen shows: ").And.Contain("/casper/vmlinuz  --- autoinstall"));
        var prompt = await Run(Machine(Iso), "clinux /casper/vmlinux\nboot");
        Assert.That(prompt.Failure, Does.Contain("never pressed Enter").And.Contain("file `/casper/vmlinux' not found").And.Contain("grub> boot"));
    }

    [Test]
    public async Task Nothing_typed_boots_the_default_entry_which_waits()
    {
        var outcome = await Run(Machine(Iso), "");
        Assert.That(outcome.Failure, Does.Contain("names no seed"));
    }

    [Test]
    public async Task What_the_file_lacks_is_a_failure_or_a_doubt()
    {
        using var broken = new TestServer(Seed(Autoinstall.Replace("#cloud-config", "# cloud-config", StringComparison.Ordinal)));
        var failure = await Run(Machine(Iso), $"{Editor} autoinstall 'ds=nocloud;s={broken.Address}/'<f10>");
        Assert.That(failure.Failure, Does.StartWith("user-data:1: the first line is not #cloud-config"));
        using var bare = new TestServer(Seed(Autoinstall.Replace("qemu-guest-agent", "htop", StringComparison.Ordinal).Replace($"\"{Key}\"", "", StringComparison.Ordinal)));
        var doubtful = await Run(Machine(Iso), $"{Editor} autoinstall 'ds=nocloud;s={bare.Address}/'<f10>");
        Assert.That(doubtful.Succeeded, Is.True);
        Assert.That(doubtful.Doubts, Has.Some.Contains("guest agent is not installed").And.Some.Contains("no account has an SSH key or a password"));
    }

    [Test]
    public async Task A_small_machine_fails()
    {
        using var server = new TestServer(Seed());
        var keys = $"{Editor} autoinstall 'ds=nocloud;s={server.Address}/'<f10>";
        Assert.That((await Run(Machine(Iso) with { MemoryMb = 512 }, keys)).Failure, Does.Contain("512 MiB of memory"));
        Assert.That((await Run(Machine(Iso) with { Disks = [] }, keys)).Failure, Does.Contain("no disk"));
        Assert.That((await Run(Machine(Iso) with { Disks = [new("scsi", 2L << 30)] }, keys)).Failure, Does.Contain("2 GiB"));
    }
}
