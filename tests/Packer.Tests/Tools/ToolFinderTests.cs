using Foundation;
using Packer.Tools;
using Templates;

namespace Packer.Tests.Tools;

public sealed class ToolFinderTests
{
    private TestFolder folder = null!;
    private Recorder log = null!;

    [SetUp]
    public void SetUp()
    {
        folder = new TestFolder();
        log = new Recorder();
    }

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public async Task Packer_1_6_has_the_builder_inside()
    {
        Packer("bin/packer", "1.6.6");
        Assert.That(await Finder().FindPackerAsync(), Is.EqualTo(new PackerTool(folder["bin/packer"], "1.6.6", PackerGeneration.Builtin, null)));
    }

    [Test]
    public async Task Packer_1_11_needs_the_plugin()
    {
        Packer("bin/packer", "1.11.2");
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync());
        Assert.That(failure!.Message, Does.Contain("plugins install github.com/hashicorp/proxmox"));

        folder.Write("home/.config/packer/plugins/github.com/hashicorp/proxmox/packer-plugin-proxmox_v1.2.1_x5.0_linux_amd64", "");
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync()))!.Message, Does.Contain("1.2.1"));

        folder.Write("home/.config/packer/plugins/github.com/hashicorp/proxmox/packer-plugin-proxmox_v1.2.10_x5.0_linux_amd64", "");
        Assert.That((await Finder().FindPackerAsync()).PluginVersion, Is.EqualTo("1.2.10"));
    }

    [TestCase("1.5.6")]
    [TestCase("1.7.0")]
    [TestCase("1.10.3")]
    public async Task A_version_between_the_generations_is_refused(string version)
    {
        Packer("bin/packer", version);
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync()))!.Message, Does.Contain($"is Packer {version}"));
    }

    [Test]
    public async Task Cracklibs_packer_is_not_run_and_the_real_one_behind_it_is_found()
    {
        folder.Script("bin/cracklib-packer", $"touch {folder["was-run"]}");
        File.CreateSymbolicLink(folder["bin/packer"], "cracklib-packer");
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync()))!.Message, Does.Contain("cracklib"));

        Packer("bin2/packer", "1.6.6");
        Assert.That((await Finder().FindPackerAsync()).Path, Is.EqualTo(folder["bin2/packer"]));
        Assert.That(File.Exists(folder["was-run"]), Is.False);
    }

    [Test]
    public async Task The_version_is_asked_once_for_a_file_and_again_when_it_changed()
    {
        Packer("bin/packer", "1.6.5");
        await Finder().FindPackerAsync();
        await Finder().FindPackerAsync();
        Assert.That(File.ReadAllLines(folder["asked"]), Has.Length.EqualTo(1));

        Packer("bin/packer", "1.6.66");
        Assert.That((await Finder().FindPackerAsync()).Version, Is.EqualTo("1.6.66"));
    }

    [Test]
    public async Task A_given_path_without_a_program_is_named()
    {
        Packer("bin/packer", "1.6.6");
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync(folder["no"])))!.Message, Does.Contain(folder["no"]));
    }

    [Test]
    public async Task What_is_missing_is_installed_by_apt_with_fresh_lists()
    {
        Directory.CreateDirectory(folder["bin"]);
        folder.Script("bin/apt-get", $$"""
            echo "$DEBIAN_FRONTEND $@" >> {{folder["apt"]}}
            case "$*" in *install*)
            printf '#!/bin/sh\necho "Packer v1.6.6"\n' > {{folder["bin/packer"]}}; printf '#!/bin/sh\n' > {{folder["bin/xorriso"]}}; /bin/chmod +x {{folder["bin"]}}/*;; esac
            """);
        using var http = new HttpClient();
        var (packer, maker) = await Finder(root: true).EnsureAsync(null, http);

        Assert.That(packer.Version, Is.EqualTo("1.6.6"));
        Assert.That(maker.Kind, Is.EqualTo(IsoMakerKind.Xorriso));
        var calls = File.ReadAllLines(folder["apt"]);
        Assert.That(calls, Has.Length.EqualTo(2));
        Assert.That(calls[0], Does.StartWith("noninteractive").And.EndsWith(" update"));
        Assert.That(calls[1], Does.EndWith("install --no-install-recommends packer xorriso"));
        Assert.That(log.Events.Select(e => e.Message), Does.Contain("Installing packer and xorriso (apt-get install)"));
    }

    [Test]
    public async Task A_sudo_that_wants_a_password_is_not_waited_for_and_the_remedy_is_told()
    {
        Packer("bin/packer", "1.6.6");
        folder.Script("bin/apt-get", $"touch {folder["was-run"]}");
        folder.Script("bin/sudo", "exit 1");
        using var http = new HttpClient();
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder().EnsureAsync(null, http));
        Assert.That(failure!.Message, Does.Contain("xorriso"));
        Assert.That(File.Exists(folder["was-run"]), Is.False);
    }

    [Test]
    public async Task A_download_that_gets_no_answer_in_time_says_what_to_install_and_is_no_interrupt()
    {
        using var http = new HttpClient(new Silent()) { Timeout = TimeSpan.FromMilliseconds(50) };
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder().EnsureAsync(null, http));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(failure.Message, Does.Contain("could not be downloaded").And.Contain("Install Packer"));
    }

    [Test]
    public async Task A_download_that_is_interrupted_is_an_interrupt()
    {
        using var http = new HttpClient(new Silent());
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.That(await Assert.CatchAsync(() => Finder().EnsureAsync(null, http, stop.Token)), Is.InstanceOf<OperationCanceledException>());
    }

    private void Packer(string path, string version) => folder.Script(path, $"echo asked >> {folder["asked"]}\necho 'Packer v{version}'");

    private ToolFinder Finder(bool root = false) => new(folder["tools"], log, new ToolHost
    {
        SearchPath = $"{folder["bin"]}:{folder["bin2"]}",
        Home = folder["home"],
        IsRoot = root,
        AptLists = folder["lists"],
    });

    /// <summary>A server that never answers.</summary>
    private sealed class Silent : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new NotSupportedException();
        }
    }
}
