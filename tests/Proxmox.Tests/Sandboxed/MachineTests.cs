using System.Collections.Concurrent;
using Foundation;
using Proxmox.Machines;
using Proxmox.Tests.Support;
using Templates;

namespace Proxmox.Tests.Sandboxed;

public sealed class MachineTests
{
    [Test]
    public async Task Twenty_clients_that_race_for_VMIDs_get_one_each()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var range = new VmidRange { First = 9000, Last = 9019 };
        var clients = Enumerable.Range(0, 20)
            .Select(_ => sandbox.Client(new ProxmoxCredentials { Username = "root@pam", Password = sandbox.Node.RootPassword })).ToList();
        var taken = new ConcurrentBag<int>();
        await Task.WhenAll(clients.Select(async c =>
            taken.Add(await new VmidAllocator(c).TakeAsync(range, id => SandboxFixture.CreateVmAsync(c, id)))));
        Assert.That(taken.Order(), Is.EqualTo(Enumerable.Range(9000, 20)));
        Assert.That(await sandbox.VmidsAsync(), Is.EqualTo(Enumerable.Range(9000, 20)));
        var full = await Caught.FromAsync<FailureException>(() => new VmidAllocator(sandbox.Admin).NextFreeAsync(range));
        Assert.That(full.Kind, Is.EqualTo(FailureKind.Validation));
        Assert.That(full.Message, Does.Contain("No VMID is free between 9000 and 9019").And.Contain("9007 vm"));
    }

    [Test]
    public async Task A_VMID_of_a_VM_that_the_login_may_not_see_is_not_taken_for_free()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000);
        await sandbox.Admin.Access.SetAclAsync("/vms/9000", "NoAccess", "packer@pve", "packer@pve!build");
        Assert.That((await builder.Cluster.GetVmsAsync()).Select(v => v.Vmid), Does.Not.Contain(9000));
        Assert.That(await new VmidAllocator(builder).NextFreeAsync(SandboxFixture.Range), Is.EqualTo(9001));
    }

    [Test]
    public async Task Facts_are_what_the_server_answers()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["name"] = "facts", ["memory"] = "2048", ["cores"] = "2", ["sockets"] = "1", ["cpu"] = "host", ["ostype"] = "l26",
            ["scsi0"] = "local-lvm:10,iothread=1", ["ide2"] = "none,media=cdrom", ["net0"] = "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            ["ide0"] = "local-lvm:cloudinit", ["pool"] = "facts",
        };
        await sandbox.Admin.Pools.CreateAsync("facts", "");
        await sandbox.Admin.WaitForTaskAsync(await sandbox.Admin.Node("pve").CreateVmAsync(9000, settings));
        var facts = await VmFacts.ReadAsync(sandbox.Admin, "pve", 9000);
        Assert.Multiple(() =>
        {
            Assert.That((facts.Name, facts.Template, facts.Sockets, facts.Cores, facts.CpuType, facts.MemoryMb, facts.OsType),
                Is.EqualTo(("facts", false, 1, 2, "host", 2048, "l26")));
            Assert.That(facts.Disks, Is.EqualTo(new[] { new VmDisk("scsi0", "scsi", "local-lvm", "local-lvm:vm-9000-disk-0", "10G", 10L << 30) }));
            Assert.That(facts.Cdrom, Is.EqualTo(new[] { new VmCdrom("ide0", "local-lvm:vm-9000-cloudinit"), new VmCdrom("ide2", "none") }));
            Assert.That(facts.Pool, Is.EqualTo("facts"));
            Assert.That(facts.ConfigDigest, Does.Match("^[0-9a-f]{40}$"));
            Assert.That(facts.Volumes!.Select(v => (v.VolumeId, v.Size)), Is.EqualTo(new[] { ("local-lvm:vm-9000-cloudinit", 4L << 20), ("local-lvm:vm-9000-disk-0", 10L << 30) }));
            Assert.That(facts.Networks, Is.EqualTo(new[] { new VmNetwork("net0", "virtio", "BC:24:11:00:00:01", "vmbr0") }));
        });
    }

    [Test]
    public async Task A_clone_that_does_not_come_up_fails_the_smoke_test_and_is_destroyed()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        await SandboxFixture.CreateVmAsync(builder, 9000, template: true);
        var error = await Caught.FromAsync<FailureException>(() => new SmokeTest(builder, sandbox.Log).RunAsync(Request()));
        Assert.That(error.Message, Does.Contain("smoke test of test-1 (VM 9000) failed").And.Contain("9001"));
        Assert.That(await sandbox.VmidsAsync(), Is.EqualTo(new[] { 9000 }));
    }

    [Test]
    public async Task An_interrupted_smoke_test_leaves_no_clone()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        await SandboxFixture.CreateVmAsync(builder, 9000, template: true);
        using var interrupt = new CancellationTokenSource();
        var log = new InterruptingLog("Cloned", interrupt);
        await Caught.FromAsync<OperationCanceledException>(() => new SmokeTest(builder, log).RunAsync(Request(), interrupt.Token));
        Assert.That(await sandbox.VmidsAsync(), Is.EqualTo(new[] { 9000 }));
    }

    [TestCase(0, Description = "the cluster's lists are up to date")]
    [TestCase(600, Description = "they do not tell the names of young VMs yet")]
    public async Task Clones_that_a_crashed_run_left_are_destroyed_and_others_stay(int lag)
    {
        await using var sandbox = await SandboxFixture.StartAsync(TimeSpan.FromSeconds(lag));
        var builder = await sandbox.BuilderAsync();
        var now = TimeProvider.System.GetUtcNow();
        var host = VmMarker.ThisProcess[..VmMarker.ThisProcess.LastIndexOf('/')];
        var marker = new VmMarker(VmPurpose.SmokeTest, "test-1", SandboxFixture.Chain.ToString()) { Until = now.AddHours(1) };
        // Linux has no process with this number, and neither have other systems.
        await SandboxFixture.CreateVmAsync(builder, 9000, "smoke-crashed", (marker with { Owner = $"{host}/2147483646" }).ToString());
        await SandboxFixture.CreateVmAsync(builder, 9001, "smoke-running", (marker with { Owner = VmMarker.ThisProcess }).ToString());
        await SandboxFixture.CreateVmAsync(builder, 9002, "smoke-of-another-machine", (marker with { Owner = "elsewhere/1" }).ToString());
        await SandboxFixture.CreateVmAsync(builder, 9003, "smoke-overdue", (marker with { Owner = "elsewhere/1", Until = now.AddMinutes(-1) }).ToString());
        await SandboxFixture.CreateVmAsync(builder, 9004, "smoke-not-ours");
        Assert.That(await new LeftClones(builder, sandbox.Log).RemoveAsync(), Is.EquivalentTo(new[] { 9000, 9003 }));
        Assert.That(await sandbox.VmidsAsync(), Is.EqualTo(new[] { 9001, 9002, 9004 }));
    }

    [TestCase("rocky-9-x", "", true)]
    [TestCase("rocky-9-x", BuildCleanup.PackersDescription, true)]
    [TestCase("another", BuildCleanup.PackersDescription, false)]
    [TestCase("rocky-9-x", "Production database", false)]
    public async Task Only_the_VM_of_the_failed_build_is_destroyed(string name, string description, bool destroyed)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000, name, description);
        await sandbox.Admin.WaitForTaskAsync(await sandbox.Admin.Node("pve").Qemu(9000).StartAsync());
        var cleanup = new BuildCleanup(sandbox.Admin, sandbox.Log);
        var build = new BuildIdentity("pve", 9000, "rocky-9-x", SandboxFixture.Chain);
        Assert.That(await cleanup.RemoveVmAsync(build), Is.EqualTo(destroyed), sandbox.Log.Text);
        Assert.That(await sandbox.VmidsAsync(), destroyed ? Is.Empty : Is.EqualTo(new[] { 9000 }));
        Assert.That(await cleanup.RemoveVmAsync(build with { Vmid = 9003 }), Is.False);
    }

    [Test]
    public async Task Older_builds_are_destroyed_but_not_those_with_linked_clones_or_of_others()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            var chain = new ChainId(UtcStamp.From(SandboxFixture.Chain.Stamp.Moment.AddDays(i)), "test-1");
            await SandboxFixture.CreateVmAsync(
                sandbox.Admin, 9000 + i, "test-1", new VmMarker(VmPurpose.Build, "test-1", chain.ToString()).ToString(), template: true);
        }

        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9004, "test-1", "made by hand", template: true);
        await sandbox.Admin.WaitForTaskAsync(await sandbox.Admin.Node("pve").Qemu(9001).CloneAsync(9005, "linked", "", full: false));
        var retention = new Retention(sandbox.Admin, sandbox.Log);
        Assert.That(await retention.OlderAsync("test-1", 9000, 1), Is.Empty, "the oldest one ended last: the newer ones may still be under way");
        var older = await retention.OlderAsync("test-1", 9003, 2);
        Assert.That(older.Select(b => b.Vmid), Is.EqualTo(new[] { 9001, 9000 }));
        Assert.That(await retention.DestroyAsync(older[0]), Does.Contain("linked"));
        Assert.That(await retention.DestroyAsync(older[1]), Is.Null);
        Assert.That((await retention.StillThereAsync("test-1", [.. older.Select(b => b.Chain)])).Select(b => b.Vmid), Is.EqualTo(new[] { 9001 }));
        Assert.That(await sandbox.VmidsAsync(), Is.EqualTo(new[] { 9001, 9002, 9003, 9004, 9005 }));
    }

    private static SmokeTestRequest Request() => new()
    {
        Node = "pve", Vmid = 9000, Template = SandboxFixture.Template, Chain = SandboxFixture.Chain,
    };

    private sealed class InterruptingLog(string at, CancellationTokenSource interrupt) : IRunLog
    {
        public void Write(string stage, EventLevel level, string message)
        {
            if (message.StartsWith(at, StringComparison.Ordinal))
            {
                interrupt.Cancel();
            }
        }
    }
}
