using Foundation;
using Proxmox.Machines;
using Proxmox.Staging;
using Proxmox.Tests.Support;
using Proxmox.Transport;

namespace Proxmox.Tests.Sandboxed;

public sealed class ServerTests
{
    [Test]
    public async Task The_node_its_storages_and_its_bridge_are_found()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var client = new ProxmoxClient(sandbox.Admin.Connection with { Node = "", StorageVm = "", StorageIso = "", Bridge = "" });
        var facts = await Discovery.RunAsync(client);
        var complete = facts.Complete(client.Connection);
        Assert.That((complete.Node, complete.StorageVm, complete.StorageIso, complete.Bridge), Is.EqualTo(("pve", "local-lvm", "local", "vmbr0")));
        Assert.That(facts.Version.Major, Is.EqualTo(9));
    }

    [Test]
    public async Task What_is_named_must_be_there_and_the_others_are_listed()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var client = new ProxmoxClient(sandbox.Admin.Connection with { StorageIso = "nas" });
        var error = await Caught.FromAsync<FailureException>(() => Discovery.RunAsync(client));
        Assert.That(error.Kind, Is.EqualTo(FailureKind.Validation));
        Assert.That(error.Message, Does.Contain("'nas'").And.Contain("local (dir").And.Contain("--storage-iso=<name>"));
    }

    [Test]
    public async Task A_missing_ISO_is_downloaded_once_by_two_builds_at_the_same_time_and_then_known()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        var known = new StagedMedia();
        var both = await Task.WhenAll(
            new IsoStaging(builder, sandbox.Log, known).StageAsync("pve", "local", SandboxFixture.Iso), new IsoStaging(builder, sandbox.Log, known).StageAsync("pve", "local", SandboxFixture.Iso));
        Assert.That(both.Select(s => s.Origin), Is.All.EqualTo(IsoOrigin.Downloaded));
        Assert.That(both.Select(s => s.VolumeId), Is.All.EqualTo("local:iso/test.iso"));
        Assert.That(await builder.Node("pve").GetTasksAsync(type: "download"), Has.Count.EqualTo(1), "nor is it compared again");
        var other = await Caught.FromAsync<FailureException>(() => new IsoStaging(builder, sandbox.Log, known).StageAsync("pve", "local", SandboxFixture.Iso with { Sha256 = new string('2', 64) }));
        Assert.That(other.Message, Does.Contain("not the one that the template asks for"), "a template with another checksum");
        Assert.That((await new IsoStaging(builder, sandbox.Log).StageAsync("pve", "local", SandboxFixture.Iso)).Origin, Is.EqualTo(IsoOrigin.Present));
    }

    [Test]
    public async Task Each_address_is_tried_and_named_when_none_works()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        var staging = new IsoStaging(builder, sandbox.Log);
        var first = SandboxFixture.Iso with { Urls = ["https://gone.example/test.iso", .. SandboxFixture.Iso.Urls] };
        Assert.That((await staging.StageAsync("pve", "local", first)).Url, Is.EqualTo(SandboxFixture.Iso.Urls[0]));
        var none = SandboxFixture.Iso with { File = "other.iso", Urls = ["https://a.example/x.iso", "https://b.example/x.iso"] };
        var error = await Caught.FromAsync<FailureException>(() => staging.StageAsync("pve", "local", none));
        Assert.That(error.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(error.Message, Does.Contain("other.iso").And.Contain("https://a.example/x.iso: download failed").And.Contain("https://b.example/x.iso: download failed"));
    }

    [Test]
    public async Task A_checksum_that_differs_is_never_accepted()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var staging = new IsoStaging(await sandbox.BuilderAsync(), sandbox.Log);
        var wrong = SandboxFixture.Iso with { Sha256 = new string('2', 64) };
        var missing = await Caught.FromAsync<FailureException>(() => staging.StageAsync("pve", "local", wrong));
        Assert.That(missing.Message, Does.Contain("checksum mismatch"));
        await staging.StageAsync("pve", "local", SandboxFixture.Iso);
        var present = await Caught.FromAsync<FailureException>(() => staging.StageAsync("pve", "local", wrong));
        Assert.That(present.Message, Does.Contain("not the one that the template asks for").And.Contain(wrong.Sha256));
    }

    [Test]
    public async Task A_file_of_this_machine_is_uploaded_and_can_be_removed_again()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, new byte[3_000_001]);
            var iso = SandboxFixture.Iso with { File = "own.iso", Urls = [], Sha256 = FileHash.Sha256(file) };
            var staged = await new IsoStaging(builder, sandbox.Log).StageAsync("pve", "local", iso, file);
            Assert.That((staged.Origin, staged.Size), Is.EqualTo((IsoOrigin.Uploaded, 3_000_001L)));
            var other = await Caught.FromAsync<FailureException>(() =>
                new IsoStaging(builder, sandbox.Log).StageAsync("pve", "local", iso with { Sha256 = SandboxFixture.Sha256 }, file));
            Assert.That(other.Kind, Is.EqualTo(FailureKind.Validation));
            Assert.That(await new BuildCleanup(builder, sandbox.Log).RemoveIsosAsync("pve", "local", ["own.iso", "none.iso"]), Is.EqualTo(new[] { "own.iso" }), sandbox.Log.Text);
            Assert.That(await builder.Node("pve").Storage("local").GetContentAsync("iso"), Is.Empty);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task The_certificate_is_accepted_by_file_or_fingerprint_and_by_nothing_else()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var shown = await ServerCertificate.FetchAsync(sandbox.Node.Url, null, CancellationToken.None);
        Assert.That(shown.Fingerprint, Is.EqualTo(sandbox.Node.Fingerprint));
        Assert.That(shown.TrustedBySystem, Is.False);
        var bare = sandbox.Admin.Connection with { CertificateFile = null };
        using var pinned = new ProxmoxClient(bare with { Fingerprint = shown.Fingerprint.ToLowerInvariant() });
        Assert.That((await pinned.GetVersionAsync()).Major, Is.EqualTo(9));
        using var insecure = new ProxmoxClient(bare with { Insecure = true });
        Assert.That((await insecure.GetVersionAsync()).Major, Is.EqualTo(9));

        using var untrusting = new ProxmoxClient(bare);
        var unknown = await Caught.FromAsync<ProxmoxApiException>(() => untrusting.GetVersionAsync());
        Assert.That(unknown.Certificate!.Certificate.Fingerprint, Is.EqualTo(shown.Fingerprint));
        Assert.That(ProxmoxFailure.From(unknown, "Looking failed").Message, Does.Contain(shown.Fingerprint));
        var old = string.Join(':', Enumerable.Repeat("AB", 32));
        using var changed = new ProxmoxClient(bare with { Fingerprint = old });
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => changed.GetVersionAsync())).Message, Does.Contain(old).And.Contain(shown.Fingerprint));
    }

    [Test]
    public async Task A_certificate_file_of_another_server_stops_with_both_fingerprints()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await using var other = await SandboxFixture.StartAsync();
        using var client = new ProxmoxClient(sandbox.Admin.Connection with { CertificateFile = other.Node.CertificateFile });
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync());
        Assert.That(error.Message, Does.Contain("changed").And.Contain(other.Node.Fingerprint).And.Contain(sandbox.Node.Fingerprint));
    }

    [Test]
    public async Task A_certificate_may_be_given_as_its_text()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var pem = await File.ReadAllTextAsync(sandbox.Node.CertificateFile);
        var bare = sandbox.Admin.Connection with { CertificateFile = null };
        using var trusting = new ProxmoxClient(bare with { CertificateText = pem });
        Assert.That((await trusting.GetVersionAsync()).Major, Is.EqualTo(9));
        var none = Assert.Throws<FailureException>(() => new ProxmoxClient(bare with { CertificateText = "-----BEGIN NOTHING-----" }).Dispose())!;
        Assert.That(none.Message, Does.Contain("PROXMOX_CERTIFICATE holds no certificate"));
    }

    [Test]
    public async Task Only_failures_since_the_watch_began_count()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await new IsoStaging(sandbox.Admin, sandbox.Log).StageAsync("pve", "local", SandboxFixture.Iso);
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000);
        await sandbox.Admin.Node("pve").Qemu(9000).SetConfigAsync(new Dictionary<string, string> { ["ide2"] = "local:iso/test.iso,media=cdrom" });
        var watch = await BuildWatch.BeginAsync(sandbox.Admin, "pve", 9000);
        Assert.That(await watch.FailedTasksAsync(), Is.Empty);
        var installation = sandbox.Node.InstallationFailureAsync(9000, CancellationToken.None);
        await sandbox.Admin.WaitForTaskAsync(await sandbox.Admin.Node("pve").Qemu(9000).StartAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        // No installer is on that medium, which the sandbox says beside the API, and in a task that a real node has not.
        Assert.That(await installation.WaitAsync(limit.Token), Is.Not.Empty);
        Assert.That((await watch.FailedTasksAsync()).Select(t => t.Type), Is.EqualTo(new[] { BuildWatch.SandboxInstall }));
        await watch.ForgetAsync();
        Assert.That(await watch.FailedTasksAsync(), Is.Empty);
        var later = await BuildWatch.BeginAsync(sandbox.Admin, "pve", 9000);
        Assert.That(await later.FailedTasksAsync(), Is.Empty);
    }
}
