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

        Plugin("somewhere", "1.2.1");
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync()))!.Message, Does.Contain("1.2.1"));

        Plugin("somewhere", "1.2.10");
        Assert.That((await Finder().FindPackerAsync()).PluginVersion, Is.EqualTo("1.2.10"));
    }

    [TestCase("1.2.5-dev", "1.2.5", Description = "a build of somebody's own")]
    [TestCase("1.2.2", "1.2.2")]
    public async Task Which_plugin_there_is_is_asked_of_Packer_wherever_it_lies(string version, string told)
    {
        Packer("bin/packer", "1.16.0");
        var plugin = Plugin("anywhere/at all", version);
        Plugin("other/github.com/somebody/proxmox", "9.9.9", source: "");
        var tool = await Finder().FindPackerAsync();
        Assert.That((tool.PluginVersion, tool.PluginPath, tool.PluginFolder), Is.EqualTo((told, plugin, (string?)null)));
    }

    [Test]
    public async Task The_plugin_is_asked_once_and_again_when_it_went_or_another_came()
    {
        Packer("bin/packer", "1.16.0");
        var plugin = Plugin("p", "1.2.4");
        await Finder().FindPackerAsync();
        await Finder().FindPackerAsync();
        Assert.That(File.ReadAllLines(folder["asked"]).Count(l => l == "plugins installed"), Is.EqualTo(1));

        Plugin("p", "1.2.6");
        Assert.That((await Finder().FindPackerAsync()).PluginVersion, Is.EqualTo("1.2.6"));
        File.Delete(plugin + "_SHA256SUM");
        File.Delete(folder["p/github.com/hashicorp/proxmox/packer-plugin-proxmox_v1.2.6_x5.0_linux_amd64"]);
        File.WriteAllText(folder["installed"], "");
        Assert.That((await Assert.ThrowsAsync<FailureException>(() => Finder().FindPackerAsync()))!.Message, Does.Contain("not installed"));
    }

    [Test]
    public async Task A_Packer_of_today_goes_before_an_old_one_wherever_it_lies()
    {
        Packer("bin/packer", "1.6.6");
        Packer("bin2/packer", "1.16.0");
        Assert.That((await Finder().FindPackerAsync()).Version, Is.EqualTo("1.6.6"), "without its plugin it is of no use");
        Plugin("p", "1.2.4");
        Assert.That((await Finder().FindPackerAsync()).Version, Is.EqualTo("1.16.0"));
        Assert.That((await Finder().FindPackerAsync(folder["bin/packer"])).Version, Is.EqualTo("1.6.6"), "what is named is taken");
    }

    [Test]
    public async Task A_plugin_that_Packer_does_not_take_is_named_with_the_reason()
    {
        Packer("bin/packer", "1.16.0");
        async Task<string> Why(Func<ToolHost, ToolHost>? change = null) =>
            (await Assert.ThrowsAsync<FailureException>(() => Finder(change: change).FindPackerAsync()))!.Message;

        var plugin = folder.Write("home/.config/packer/plugins/github.com/hashicorp/proxmox/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "plugin");
        Assert.That(await Why(), Does.Contain("_SHA256SUM is missing").And.Contain($"plugins install --path {plugin}"));
        File.WriteAllText(plugin + "_SHA256SUM", new string('0', 64));
        Assert.That(await Why(), Does.Contain("does not match"));
        File.WriteAllText(plugin + "_SHA256SUM", FileHash.Sha256(plugin));
        Assert.That(await Why(), Does.Contain("another system"));
        Assert.That(await Why(h => h with { ConfigFolder = folder["config"] }), Does.Contain($"Packer looks in {folder["config/.packer.d/plugins"]}"));
        Assert.That(await Why(h => h with { PluginPath = folder["own"] }), Does.Contain($"Packer looks in {folder["own"]}"));
        Assert.That(await Why(h => h with { XdgConfigHome = folder["xdg"] }), Does.Contain($"Packer looks in {folder["xdg/packer/plugins"]}"));
        Assert.That(await Why(h => h with { PluginPath = $"{folder["a"]}:{folder["b"]}" }), Does.Contain("several folders"));
        Directory.CreateDirectory(folder["home/.packer.d"]);
        Assert.That(await Why(), Does.Contain($"Packer looks in {folder["home/.packer.d/plugins"]}"));
    }

    [Test]
    public async Task For_a_cluster_HashiCorp_s_release_is_tried_once_a_day_and_an_old_one_is_what_is_left()
    {
        Packer("bin/packer", "1.6.6");
        folder.Script("bin/xorriso", "");
        var site = new Site(new Dictionary<string, byte[]>());
        using var http = new HttpClient(site);
        var clock = new Clock();
        var finder = Finder(cluster: true, time: clock);
        Assert.That((await finder.EnsureAsync(null, http)).Packer.Version, Is.EqualTo("1.6.6"), "its caller decides whether that will do");
        Assert.That(site.Asked, Has.Count.EqualTo(1));
        Assert.That(log.Events.Where(e => e.Level == EventLevel.Warning).Select(e => e.Message), Has.One.Contains("could not be downloaded"));

        await Finder(cluster: true, time: clock).EnsureAsync(null, http);
        Assert.That(site.Asked, Has.Count.EqualTo(1), "the failure is remembered");
        clock.Now += TimeSpan.FromHours(25);
        await Finder(cluster: true, time: clock).EnsureAsync(null, http);
        Assert.That(site.Asked, Has.Count.EqualTo(2));
        await Finder(cluster: true, time: clock, allowOld: true).EnsureAsync(null, http);
        Assert.That(site.Asked, Has.Count.EqualTo(2), "who allows an old one waits for no other");
    }

    [Test]
    public async Task A_rehearsal_takes_an_old_one_as_it_is()
    {
        Packer("bin/packer", "1.6.6");
        folder.Script("bin/xorriso", "");
        var site = new Site(new Dictionary<string, byte[]>());
        using var http = new HttpClient(site);
        Assert.That((await Finder().EnsureAsync(null, http)).Packer.Version, Is.EqualTo("1.6.6"));
        Assert.That(site.Asked, Is.Empty);
    }

    [TestCase(true, Description = "dropped into .tools/archives")]
    [TestCase(false, Description = "downloaded")]
    public async Task HashiCorp_s_release_and_its_plugin_are_installed_into_the_tools_folder(bool dropped)
    {
        folder.Script("bin/xorriso", "");
        var (pins, archives) = Release();
        if (dropped)
        {
            foreach (var (name, bytes) in archives)
            {
                Directory.CreateDirectory(folder["tools/archives"]);
                File.WriteAllBytes(folder[$"tools/archives/{name}"], bytes);
            }
        }

        var site = new Site(dropped ? [] : archives);
        using var http = new HttpClient(site);
        var packer = (await Finder(cluster: true, pins: pins).EnsureAsync(null, http)).Packer;
        Assert.That(packer, Is.EqualTo(new PackerTool(folder["tools/packer-1.16.0/packer"], "1.16.0", PackerGeneration.Plugin, "1.2.4")
        {
            PluginFolder = folder["tools/plugins"],
            PluginPath = folder[$"tools/plugins/github.com/hashicorp/proxmox/packer-plugin-proxmox_v1.2.4_x5.0_{PackerPins.Platform}"],
        }));
        Assert.That(site.Asked, Has.Count.EqualTo(dropped ? 0 : 2));
        Assert.That(log.Events.Select(e => e.Message), Has.Some.Contains("Business Source License"));
    }

    [Test]
    public async Task An_archive_with_another_sum_is_not_installed()
    {
        folder.Script("bin/xorriso", "");
        var (pins, archives) = Release();
        var site = new Site(archives.ToDictionary(a => a.Key, a => (byte[])[.. a.Value, 0]));
        using var http = new HttpClient(site);
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder(cluster: true, pins: pins).EnsureAsync(null, http));
        Assert.That(failure!.Message, Does.Contain("SHA-256").And.Contain(pins.Packer.Sums[PackerPins.Platform]));
        Assert.That(Directory.Exists(folder["tools/packer-1.16.0"]), Is.False);
    }

    [Test]
    public async Task A_system_without_a_release_is_told_so()
    {
        folder.Script("bin/xorriso", "");
        var pins = new PinnedReleases(new("packer", "1.16.0", new Dictionary<string, string?>()), new("packer-plugin-proxmox", "1.2.4", new Dictionary<string, string?>()));
        using var http = new HttpClient(new Site([]));
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder(cluster: true, pins: pins).EnsureAsync(null, http));
        Assert.That(failure!.Message, Does.Contain($"no release of packer 1.16.0 for {PackerPins.Platform}").And.Contain("archives"));
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
        Assert.That(log.Events.Select(e => e.Message), Does.Contain("Installing packer and xorriso (apt-get install)")
            .And.Some.Match("^Installing the Debian packages packer, xorriso: builds need Packer, .*--no-install"), "what and why is said before");
    }

    [Test]
    public async Task Nothing_is_installed_where_somebody_wants_none_and_the_command_is_told()
    {
        Packer("bin/packer", "1.6.6");
        folder.Script("bin/apt-get", $"touch {folder["was-run"]}");
        using var http = new HttpClient();
        var failure = await Assert.ThrowsAsync<FailureException>(() => Finder(root: true, mayInstall: false).EnsureAsync(null, http));
        Assert.That(failure!.Message, Does.Contain("no program that makes ISO images").And.Contain("apt-get install --no-install-recommends xorriso").And.Not.Contain("Install Packer"));
        Assert.That(File.Exists(folder["was-run"]), Is.False);
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

    // Answers the two questions that are asked of any Packer.
    private void Packer(string path, string version) => folder.Script(path, $"""
        echo "$*" >> {folder["asked"]}
        case "$1" in
        version) echo 'Packer v{version}';;
        plugins) cat {folder["installed"]} 2>/dev/null;;
        esac
        """);

    /// <summary>A plugin that Packer lists.</summary>
    private string Plugin(string place, string version, string source = "github.com/hashicorp/proxmox")
    {
        var path = folder.Write($"{place}/{source}/packer-plugin-proxmox_v{version}_x5.0_linux_amd64".Replace("//", "/", StringComparison.Ordinal), version);
        File.WriteAllText(path + "_SHA256SUM", FileHash.Sha256(path));
        File.AppendAllText(folder["installed"], path + "\n");
        return path;
    }

    /// <summary>Archives as they are published, of a Packer that installs the plugin as the real one does: with its sum, below its source.</summary>
    private static (PinnedReleases Pins, Dictionary<string, byte[]> Archives) Release()
    {
        var platform = PackerPins.Platform;
        const string Script = """
            #!/bin/sh
            here=$PACKER_PLUGIN_PATH/github.com/hashicorp/proxmox
            case "$1 $2" in
            "version ") echo 'Packer v1.16.0';;
            "plugins installed") ls "$here"/*64 2>/dev/null;;
            "plugins install") /bin/mkdir -p "$here" && /bin/cp "$4" "$here" && echo sum > "$here/$(/usr/bin/basename "$4")_SHA256SUM";;
            esac
            exit 0
            """;
        var archives = new Dictionary<string, byte[]>
        {
            [$"packer_1.16.0_{platform}.zip"] = Zip("packer", Script),
            [$"packer-plugin-proxmox_v1.2.4_x5.0_{platform}.zip"] = Zip($"packer-plugin-proxmox_v1.2.4_x5.0_{platform}", "the plugin"),
        };
        var sums = archives.Values.Select(a => (string?)Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(a))).ToList();
        return (
            new PinnedReleases(
                new("packer", "1.16.0", new Dictionary<string, string?> { [platform] = sums[0] }),
                new("packer-plugin-proxmox", "1.2.4", new Dictionary<string, string?> { [platform] = sums[1] })),
            archives);
    }

    private static byte[] Zip(string name, string text)
    {
        using var stream = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(stream, System.IO.Compression.ZipArchiveMode.Create))
        {
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            writer.Write(text.ReplaceLineEndings("\n"));
        }

        return stream.ToArray();
    }

    private ToolFinder Finder(
        bool root = false, bool cluster = false, bool allowOld = false, TimeProvider? time = null, PinnedReleases? pins = null, Func<ToolHost, ToolHost>? change = null, bool mayInstall = true)
    {
        var host = new ToolHost
        {
            SearchPath = $"{folder["bin"]}:{folder["bin2"]}",
            Home = folder["home"],
            IsRoot = root,
            AptLists = folder["lists"],
        };
        return new(folder["tools"], log, change?.Invoke(host) ?? host, time) { ForCluster = cluster, AllowOld = allowOld, MayInstall = mayInstall, Pins = pins ?? PackerPins.All };
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>A site that has these files, by their names.</summary>
    private sealed class Site(Dictionary<string, byte[]> files) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            return Task.FromResult(files.TryGetValue(request.RequestUri!.Segments[^1], out var bytes)
                ? new HttpResponseMessage(System.Net.HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) }
                : new HttpResponseMessage(System.Net.HttpStatusCode.NotFound));
        }
    }

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
