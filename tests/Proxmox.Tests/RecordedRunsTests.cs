using Foundation;
using Packer.Diagnosis;
using Proxmox.Access;
using Proxmox.Machines;
using Proxmox.Staging;
using Proxmox.Tests.Support;
using Proxmox.Transport;
using Templates;

namespace Proxmox.Tests;

/// <summary>
/// Whole runs, played again: the server's half as real servers answered it, and this program in the order in which a run asks.
/// What it concludes at the end is tested. Every recorded conversation has its test here.
/// </summary>
public sealed class RecordedRunsTests
{
    private const string Sha256 = "6797b08bdf2674f2dabed4b9bb1d29ed1c910024c1878de2c4b4499e2559829d";
    private static readonly IsoImage Rocky = new() { File = "Rocky-9.6-x86_64-minimal.iso", Urls = ["https://mirror.example/Rocky-9.6-x86_64-minimal.iso"], Sha256 = Sha256 };

    // What a run is about: the template's first VMID, the one that it gets, the medium.
    private static readonly Dictionary<string, (int First, int Vmid, IsoImage Iso)> Builds = new()
    {
        ["rocky-9"] = (9100, 9100, Rocky), ["rocky-9-8.4"] = (9100, 9104, Rocky), ["rocky-9-again-keep-1"] = (9100, 9101, Rocky),
        ["ubuntu-24.04"] = (9050, 9050, new()
        {
            File = "ubuntu-24.04.3-live-server-amd64.iso", Urls = ["https://mirror.example/ubuntu-24.04.3-live-server-amd64.iso"],
            Sha256 = "ae3e79dd27f149fd15faa506785d6e165b1eb944006a3e06fdb2478a8d06da1a",
        }),
        ["agent-silent"] = (9103, 9103, Rocky), ["interrupted-while-waiting"] = (9100, 9100, Rocky), ["script-fails"] = (9100, 9100, Rocky), ["slow-storage"] = (9100, 9100, Rocky),
        ["cloud-init-drive-refused"] = (9100, 9100, Rocky), ["cloud-init-drive-refused-8.4"] = (9100, 9104, Rocky), ["tags-and-pool-refused"] = (9100, 9100, Rocky),
    };

    private static Dictionary<string, Func<string, Task>> Tests => new()
    {
        ["init"] = InitAsync, ["init-8.4"] = InitAsync,
        ["rocky-9"] = TemplateAsync, ["rocky-9-8.4"] = TemplateAsync, ["ubuntu-24.04"] = TemplateAsync, ["rocky-9-again-keep-1"] = TemplateAsync,
        ["agent-silent"] = n => FailedAsync(n, TimedOut, "agent-silent", "never told an address"),
        ["script-fails"] = n => FailedAsync(n, Words("Script exited with non-zero exit status: 1."), null, ""),
        ["interrupted-while-waiting"] = n => FailedAsync(n, Words("Cleanly cancelled builds after being interrupted."), null, ""),
        ["slow-storage"] = n => FailedAsync(n, Words("interrupted"), null, ""),
        ["cloud-init-drive-refused"] = n => FailedAsync(n, Words("error updating template: 403"), "privilege", "VM.Config.Cloudinit on /vms/9100"),
        ["cloud-init-drive-refused-8.4"] = n => FailedAsync(n, Words("error updating template: 403"), "privilege", "VM.Config.Cloudinit on /vms/9104"),
        ["tags-and-pool-refused"] = n => FailedAsync(
            n, Words("error creating VM: unable to create VM 9100 - 403 Permission check failed (/vms/9100, VM.Config.Options)"), "task-failed", "VM.Config.Options"),
        ["iso-404-and-wrong-checksum"] = IsoAsync, ["iso-uploaded"] = UploadAsync, ["windows-2022-without-a-guest"] = WindowsAsync,
        ["privilege-missing-before"] = PrivilegeAsync, ["proxmox-clone"] = CloneAsync, ["calls-by-the-token"] = TokenAsync,
    };

    private const string Assets = $"windows-2022-{RecordedServer.Stamp}-assets.iso";

    private static BuildFacts TimedOut => new() { Words = "Timeout waiting for SSH.", TimedOut = true, HttpAddress = "http://192.0.2.9:8716", HttpReachable = true };

    private static BuildFacts Words(string words) => new() { Words = words };

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Recorded"), "*.jsonl").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public async Task It_comes_to_the_right_conclusion(string name)
    {
        Assert.That(Tests, Does.ContainKey(name), "every recorded conversation is played to the client");
        await Tests[name](name);
    }

    /// <summary>An administrator sets the login up, which has all that a build needs but what the role lacked in those days.</summary>
    private static async Task InitAsync(string name)
    {
        using var server = new RecordedServer(name);
        var administrator = new ProxmoxCredentials { Username = "root@pam", Password = "1" };
        using var client = server.Client(new FastTime(), administrator);
        if (name == "init")
        {
            // The administrator had a bridge that was not up yet, and tried again.
            using var before = server.Client(new FastTime(), administrator);
            var down = await Caught.FromAsync<FailureException>(() => Discovery.RunAsync(before));
            Assert.That(down.Message, Does.Contain("There is no usable bridge on pve 'vmbr0'"));
        }

        var facts = await Discovery.RunAsync(client);
        Assert.That((facts.Node, facts.StorageVm.Storage, facts.StorageIso.Storage, facts.Bridge, facts.Zone), Is.EqualTo(("pve", "local-dir", "local", "vmbr0", "localnetwork")));
        Assert.That(facts.Version.Major, Is.EqualTo(name.EndsWith("8.4", StringComparison.Ordinal) ? 8 : 9));
        var bootstrap = new AccessBootstrap(client, new ListLog());
        var plan = await bootstrap.PlanAsync(new AccessRequest { Scope = AccessScope.Of(client.Connection, []) });
        Assert.That(plan.Changes.Select(c => c.Description).ToList(), Has.Count.EqualTo(10).And.Some.StartsWith("create the role PackerBuild").And.Some.EqualTo("create the pool packer"));
        var kept = new List<ProxmoxCredentials>();
        var failure = await Caught.FromAsync<FailureException>(() => bootstrap.ApplyAsync(plan, kept.Add));
        Assert.That(failure.Message, Does.Contain("packer@pve!build still lacks privileges").And.Contain("VM.Config.Cloudinit on /pool/packer"));
        Assert.That(failure.Message.Split(';'), Has.Length.EqualTo(1), "nothing else is lacking");
        Assert.That(kept.Single().TokenSecret, Is.Not.Null.And.Not.Empty, "the secret that is shown once was kept");
        server.RequireSameChanges("privs", "password");
    }

    /// <summary>From the first look at the server to the template that passed its test, and the older ones that go.</summary>
    private static async Task TemplateAsync(string name)
    {
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        var (watch, observer, vmid) = await BuildAsync(name, server, client);
        Assert.That(await watch.WarnedTasksAsync(), Is.Empty);
        Assert.That(observer.Seen);
        var chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), name.StartsWith("ubuntu", StringComparison.Ordinal) ? "ubuntu-24.04" : "rocky-9");
        var facts = VmFacts.Of(await client.Node("pve").Qemu(vmid).GetConfigAsync());
        Assert.That(
            (facts.Template, facts.Disks.Single().Size, facts.Cdrom.Single().Volume, facts.Networks.Single().Bridge, facts.Agent, facts.ScsiController),
            Is.EqualTo((true, "16G", $"local-dir:{vmid}/vm-{vmid}-cloudinit.qcow2", "vmbr0", true, "virtio-scsi-single")));
        Assert.That(facts.Disks.Single().Volume, Does.StartWith($"local-dir:{vmid}/base-{vmid}-disk-0."));
        var log = new ListLog();
        SmokeTestResult result;
        try
        {
            result = await new SmokeTest(client, log).RunAsync(new SmokeTestRequest
            {
                Node = "pve", Vmid = vmid, Chain = chain, SshPublicKey = "ssh-ed25519 AAAAC3 me@here",
                Template = new Template { Id = chain.Subject, Vmid = new VmidRange { First = Builds[name].First, Last = Builds[name].First + 9 } },
            });
        }
        finally
        {
            TestContext.Out.WriteLine(log.Text);
        }

        Assert.That((result.Status, result.Address), Is.EqualTo(("passed", "192.0.2.10")));
        if (name == "rocky-9-again-keep-1")
        {
            server.AtTheEnd("GET", "/cluster/resources?type=vm");
            var retention = new Retention(client, log);
            var older = await retention.OlderAsync("rocky-9", vmid, 1);
            Assert.That(older.Select(b => b.Vmid), Is.EqualTo(new[] { 9100 }), "the other template's and this run's builds stay");
            Assert.That(await retention.DestroyAsync(older[0]), Is.Null);
        }

        server.RequireSameChanges();
    }

    /// <summary>A run that came to nothing: what is said about it, and that nothing of ours is left to remove.</summary>
    private static async Task FailedAsync(string name, BuildFacts packers, string? link, string words)
    {
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        var (watch, observer, vmid) = await BuildAsync(name, server, client);
        var failed = await watch.FailedTasksAsync();
        var missing = await PrivilegeCheck.MissingAsync(client, AccessScope.Of(client.Connection, []));
        var refused = MissingPrivilege.Find(packers.Words) ?? MissingPrivilege.Find(failed is [var first, ..] ? first.Reason : null);
        server.TellTasksOfOthers(vmid);
        var found = FailureTable.Find(packers with
        {
            Vmid = vmid, Bridge = "vmbr0", Storage = "local-dir", DiskWritten = null, FailedTasks = failed,
            MissingPrivilege = missing.Any(m => refused?.IsFor(m.Privilege) == true) ? refused : null, Destroyed = await observer.WasDestroyedByOthersAsync(CancellationToken.None),
        });
        Assert.That(found?.Link, Is.EqualTo(link), found?.Why);
        Assert.That(found?.Why ?? "", Does.Contain(words));
        var log = new ListLog();
        Assert.That(await new BuildCleanup(client, log).RemoveVmAsync(new BuildIdentity("pve", vmid, "rocky-9-1", new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9"))), Is.False);
        Assert.That(log.Lines, Is.Empty, "Packer has destroyed it itself: there is nothing to tell");
        server.RequireSameChanges();
    }

    /// <summary>A run as far as it is the same for all: where, whether one may, under which number, from what; then Packer at work.</summary>
    private static async Task<(BuildWatch Watch, BuildObserver Observer, int Vmid)> BuildAsync(string name, RecordedServer server, ProxmoxClient client)
    {
        var (first, expected, iso) = Builds[name];
        var facts = await Discovery.RunAsync(client);
        Assert.That(facts.BridgeNetwork, Is.EqualTo("192.0.2.1/24"));
        var missing = await PrivilegeCheck.MissingAsync(client, AccessScope.Of(client.Connection, []));
        Assert.That(missing.Select(m => $"{m.Privilege} on {m.Path}"), name.StartsWith("cloud-init", StringComparison.Ordinal) ? Is.EqualTo(new[] { "VM.Config.Cloudinit on /pool/packer" }) : Is.Empty);
        var vmid = await new VmidAllocator(client).NextFreeWithCloneAsync(new VmidRange { First = first, Last = first + 9 });
        Assert.That(vmid, Is.EqualTo(expected));
        var staged = await new IsoStaging(client, new ListLog()).StageAsync("pve", "local", iso);
        Assert.That((staged.VolumeId, staged.Sha256, staged.Size), Is.EqualTo(($"local:iso/{iso.File}", iso.Sha256, 1077248L)));
        var watch = await BuildWatch.BeginAsync(client, "pve", vmid);
        var observer = new BuildObserver(client, "pve", vmid);
        if (server.Knows("GET", $"/nodes/pve/qemu/{vmid}/status/current"))
        {
            Assert.That(await LookAsync(observer, server, vmid), Is.Null, "the build may go on");
        }

        return (watch, observer, vmid);
    }

    /// <summary>Both downloads fail, each for its own reason, and both are told.</summary>
    private static async Task IsoAsync(string name)
    {
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        await Discovery.RunAsync(client);
        var failure = await Caught.FromAsync<FailureException>(() => new IsoStaging(client, new ListLog()).StageAsync("pve", "local", new IsoImage
        {
            File = "ubuntu-22.04.5-live-server-amd64.iso", Sha256 = "9bc6028870aef3f74f4e16b900008179e78b130e6b0b9a140635434a46aa98b0",
            Urls = ["https://mirror.example/nothere.iso", "https://mirror.example/ubuntu-24.04.3-live-server-amd64.iso"],
        }));
        Assert.That(
            failure.Message,
            Does.Contain("could not be downloaded").And.Contain("https://mirror.example/nothere.iso: ").And.Contain("404")
                .And.Contain("ubuntu-24.04.3-live-server-amd64.iso: ").And.Contain("checksum mismatch: got 'ae3e79dd"));
        server.RequireSameChanges();
    }

    /// <summary>A file from here is on the storage, and what then failed was not the medium.</summary>
    private static async Task UploadAsync(string name)
    {
        using var folder = new TempFile();
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        await Discovery.RunAsync(client);
        var own = Rocky with { Urls = [], Sha256 = FileHash.Sha256(folder.Path) };
        var staged = await new IsoStaging(client, new ListLog()).StageAsync("pve", "local", own, folder.Path);
        Assert.That((staged.VolumeId, staged.Origin, staged.Size), Is.EqualTo(("local:iso/Rocky-9.6-x86_64-minimal.iso", IsoOrigin.Uploaded, 1077248L)));
        var watch = await BuildWatch.BeginAsync(client, "pve", 9104);
        var observer = new BuildObserver(client, "pve", 9104);
        Assert.That(await LookAsync(observer, server, 9104), Is.Null);
        Assert.That(await watch.FailedTasksAsync(), Is.Empty);
        Assert.That(await observer.WasDestroyedByOthersAsync(CancellationToken.None), Is.False, "Packer destroyed it");
        Assert.That(server.Unknown, Is.Empty);
    }

    /// <summary>Three media are there, the one of the run's own is removed; nobody answered WinRM at the address that the agent told.</summary>
    private static async Task WindowsAsync(string name)
    {
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        await Discovery.RunAsync(client);
        Assert.That(await new VmidAllocator(client).NextFreeWithCloneAsync(new VmidRange { First = 9200, Last = 9209 }), Is.EqualTo(9200));
        var staging = new IsoStaging(client, new ListLog());
        foreach (var (file, sha256) in new[]
        {
            ("windows-server-2022-eval.iso", "9a4d1b2caac17272901c9f8ae2c79ca787351128ce413169e869140a3c1d4177"),
            ("virtio-win-0.1.285.iso", "93fddc1f1995ae3b938d7e4cfb1cf04a40b3a52075c8a63387b8f440ae4ee25a"),
        })
        {
            var staged = await staging.StageAsync("pve", "local", new IsoImage { File = file, Sha256 = sha256, Urls = ["https://mirror.example/" + file] });
            Assert.That(staged.Origin, Is.EqualTo(IsoOrigin.Downloaded).Or.EqualTo(IsoOrigin.Present));
        }

        using var assets = new TempFile();
        await staging.UploadAsync("pve", "local", assets.Path);
        var observer = new BuildObserver(client, "pve", 9200);
        Assert.That(await LookAsync(observer, server, 9200), Is.Null);
        var addresses = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            try
            {
                addresses.AddRange(await client.Node("pve").Qemu(9200).GetAgentAddressesAsync());
            }
            catch (ProxmoxApiException error)
            {
                Assert.That(error.Reason, Is.EqualTo("QEMU guest agent is not running"));
            }
        }

        Assert.That(addresses.First(), Is.EqualTo("192.0.2.10"));
        var found = FailureTable.Find(new BuildFacts { Words = "Timeout waiting for WinRM.", Login = "WinRM", TimedOut = true, AgentAnswered = true, Bridge = "vmbr0" })!;
        Assert.That((found.Link, found.Why), Is.EqualTo(("login-unreachable", "the guest agent told an address, but nothing answers WinRM there")));
        var removed = await new BuildCleanup(client, new ListLog()).RemoveIsosAsync("pve", "local", [Assets]);
        Assert.That(removed, Is.EqualTo(new[] { Assets }));
        Assert.That(server.Unknown, Is.Empty);
        Assert.That(server.Changes.Select(c => c.Split(' ')[1]), Is.EqualTo(server.RecordedChanges.Select(c => c.Split(' ')[1])));
    }

    /// <summary>VM.Config.Disk was taken for needed in those days; no call of a build is refused without it.</summary>
    private static async Task PrivilegeAsync(string name)
    {
        using var server = new RecordedServer(name);
        using var client = server.Client(new FastTime());
        var facts = await Discovery.RunAsync(client);
        var scope = AccessScope.Of(facts.Complete(client.Connection), []);
        Assert.That(await PrivilegeCheck.MissingAsync(client, scope), Is.Empty);
        var held = new PermissionTree(await client.Access.GetPermissionsAsync());
        Assert.That(held.Allows("/pool/packer", "VM.Config.Disk"), Is.False);
        Assert.That(held.Allows("/pool/packer", "VM.Config.Cloudinit"), Is.True);

        // Of a login for another pool everything on it is missing, by name.
        var elsewhere = await Caught.FromAsync<FailureException>(() => PrivilegeCheck.RequireAsync(client, scope with { Pool = "other" }));
        Assert.That(elsewhere.Message, Does.Contain("VM.Allocate on /pool/other").And.Not.Contain("/storage/"));
        Assert.That(server.Unknown, Is.Empty);
        Assert.That(server.Changes, Is.Empty);
    }

    /// <summary>What this program would have seen beside Packer's other builder: a template that is not one of its own.</summary>
    private static async Task CloneAsync(string name)
    {
        using var server = RecordedServer.Of("plugin", name);
        using var client = server.Client(new FastTime());
        var vm = client.Node("pve").Qemu(9150);
        var silent = await Caught.FromAsync<ProxmoxApiException>(() => vm.GetAgentAddressesAsync());
        Assert.That((silent.Status, silent.Reason), Is.EqualTo((500, "QEMU guest agent is not running")));
        Assert.That(await vm.GetAgentAddressesAsync(), Has.Member("192.0.2.10").And.No.Member("127.0.0.1"));
        var ha = await Caught.FromAsync<ProxmoxApiException>(() => client.SendAsync(new ApiCall(HttpMethod.Get, "/cluster/ha/resources/9150"), CancellationToken.None));
        Assert.That(ha.Missing, Is.EqualTo(new MissingPrivilege("/", "Sys.Audit")));
        foreach (var task in new[] { "qmclone:9103", "qmstart:9150", "qmconfig:9150", "qmshutdown:9150", "qmtemplate:9150" })
        {
            Assert.That((await client.WaitForTaskAsync($"UPID:pve:00001000:00002000:6A000000:{task}:packer@pve!build:")).ExitStatus, Is.EqualTo("OK"), task);
        }

        server.AtTheEnd("GET", "/nodes/pve/qemu/9150/config");
        var facts = VmFacts.Of(await vm.GetConfigAsync());
        Assert.That((facts.Name, facts.Template, facts.Disks.Single().Volume), Is.EqualTo(("rocky-9-docker", true, "local-dir:9150/base-9150-disk-0.raw")));
        Assert.That(VmMarker.Parse((await vm.GetConfigAsync()).Description), Is.Null, "no run of this program takes it for its own");
        Assert.That((await client.Cluster.GetVmsAsync()).Select(v => v.Vmid), Has.Member(9103));
        Assert.That(server.Unknown, Is.Empty);
    }

    /// <summary>Single calls of the pool's token: each refusal is read for what it misses, each state for what it is.</summary>
    private static async Task TokenAsync(string name)
    {
        using var server = RecordedServer.Of("token", name);
        using var client = server.Client(new FastTime());
        await TemplateTags.SetAsync(client, "pve", 9150, ["golden"]);
        Assert.That(VmFacts.Of(await client.Node("pve").Qemu(9150).GetConfigAsync()).Tags, Is.EqualTo(new[] { "golden" }));
        foreach (var (method, path, missing) in new[]
        {
            (HttpMethod.Post, "/nodes/pve/qemu/9103/snapshot", "VM.Snapshot on /vms/9103"),
            (HttpMethod.Post, "/nodes/pve/qemu/9103/agent/exec", "VM.GuestAgent.Unrestricted on /vms/9103"),
            (HttpMethod.Get, "/nodes/pve/qemu/9103/agent/file-read?file=/etc/os-release", "VM.GuestAgent.FileRead or VM.GuestAgent.Unrestricted on /vms/9103"),
            (HttpMethod.Get, "/cluster/ha/resources/9103", "Sys.Audit on /"),
            (HttpMethod.Get, "/nodes/pve/time", "Sys.Audit on /nodes/pve"),
            (HttpMethod.Post, "/nodes/pve/qemu/9103/monitor", "Sys.Audit or Sys.Modify on /vms/9103"),
        })
        {
            var refused = await Caught.FromAsync<ProxmoxApiException>(() => client.SendAsync(new ApiCall(method, path), CancellationToken.None));
            Assert.That($"{refused.Status} {refused.Missing}", Is.EqualTo($"403 {missing}"), path);
        }

        var unnamed = await Caught.FromAsync<ProxmoxApiException>(() => client.SendAsync(new ApiCall(HttpMethod.Get, "/nodes/pve/disks/list"), CancellationToken.None));
        Assert.That((unnamed.Status, unnamed.Missing), Is.EqualTo(((int?)403, (MissingPrivilege?)null)));
        Assert.That((await client.Node("pve").Qemu(9160).GetStatusAsync()).Status, Is.EqualTo("running"));
        Assert.That(await client.Cluster.GetVNetsAsync(), Is.Empty);
        Assert.That(server.Unknown, Is.Empty);
    }

    /// <summary>Lets the observer look as often as the conversation has answers, and some more.</summary>
    private static async Task<string?> LookAsync(BuildObserver observer, RecordedServer server, int vmid)
    {
        using var ended = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var watching = observer.WatchAsync(ended.Token);
        while (!watching.IsCompleted && server.Asked.Count(a => a.EndsWith($"/qemu/{vmid}/status/current", StringComparison.Ordinal)) < 25)
        {
            await Task.WhenAny(watching, Task.Delay(5));
        }

        await ended.CancelAsync();
        return await Task.WhenAny(watching) is { IsCanceled: true } ? null : await watching;
    }

    private sealed class TempFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
