using System.Diagnostics;
using System.Text.Json.Nodes;
using Qemu;
using Qemu.Running;
using Sandbox.Machines.Real;

namespace Sandbox.Tests;

/// <summary>The node with machines that are real: QEMU behind the same API.</summary>
[Category("RealMachine")]
internal sealed class RealMachineTests
{
    // A minute is long for what takes two seconds, on a machine that has other work as well.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private TestNode node = null!;

    [SetUp]
    public async Task SetUp()
    {
        if (!QemuTools.ArePresent)
        {
            Assert.Ignore("QEMU, OVMF and swtpm are not installed here and could not be.");
        }

        node = await TestNode.StartAsync(o => o with { RealMachines = Real });
        await UploadAsync();
    }

    private static RealMachines Real => new(QemuTools.Require(), Accelerator.Emulation);

    [TearDown]
    public async Task TearDown()
    {
        if (node is not null)
        {
            await node.DisposeAsync();
        }
    }

    private async Task UploadAsync() =>
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "tiny.iso", TinyMedium.Make(), ("content", "iso")));

    private Task CreateAsync(int vmid, params (string, string)[] more) => node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu",
    [
        ("vmid", $"{vmid}"), ("memory", "32"), ("ostype", "l26"), ("scsihw", "virtio-scsi-single"), ("scsi0", "local-lvm:1,discard=on,iothread=1"), ("ide2", "local:iso/tiny.iso,media=cdrom"),
        ("net0", "virtio,bridge=vmbr0"), ("agent", "1"), ("boot", "order=scsi0;ide2"), .. more,
    ]));

    private Task StartAsync(int vmid) => node.Root.DoAsync(node.Root.PostAsync($"nodes/pve/qemu/{vmid}/status/start"));

    private QemuProcess Qemu(int vmid) => ((QemuRun)node.Node.Services.Runtime.Find(vmid)!).Process;

    private async Task<string> StatusAsync(int vmid) => (await node.Root.GetAsync($"nodes/pve/qemu/{vmid}/status/current")).Data!["status"]!.GetValue<string>();

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !await condition(); await Task.Delay(100))
        {
            Assert.That(watch.Elapsed, Is.LessThan(Limit), what);
        }
    }

    private async Task<byte[]> ScreenAsync(int vmid)
    {
        var file = node.Folder.File("screen.png");
        await Qemu(vmid).ScreenshotAsync(file, CancellationToken.None);
        return await File.ReadAllBytesAsync(file);
    }

    // What is typed before the code listens is lost, as on a cluster.
    private Task TypeUntilItIsOffAsync(int vmid) => UntilAsync(
        async () =>
        {
            await node.Root.PutAsync($"nodes/pve/qemu/{vmid}/sendkey", ("key", "q"));
            return await StatusAsync(vmid) == "stopped";
        },
        "The VM is not off.");

    [Test]
    public async Task A_medium_is_booted_and_hears_the_key_that_switches_the_VM_off()
    {
        await CreateAsync(100);
        await StartAsync(100);
        Assert.That(await StatusAsync(100), Is.EqualTo("running"));
        Assert.That((await ScreenAsync(100)).AsSpan(1, 3).SequenceEqual("PNG"u8), Is.True);
        Assert.That((await node.Root.PostAsync("nodes/pve/qemu/100/agent/ping")).Reason, Is.EqualTo("QEMU guest agent is not running"));
        await TypeUntilItIsOffAsync(100);
        JsonArray tasks = [];
        await UntilAsync(async () => (tasks = (await node.Root.GetAsync("nodes/pve/tasks", ("typefilter", QemuRun.RunTask))).Data!.AsArray()).Count > 0, "The task does not end with the VM.");
        Assert.That(tasks.Single()!["status"]!.GetValue<string>(), Is.EqualTo("OK"));
        await node.Root.DoAsync(node.Root.DeleteAsync("nodes/pve/qemu/100"));
        Assert.That(Directory.EnumerateFiles(node.Folder.File("storage"), "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EqualTo(new[] { "tiny.iso" }));
    }

    [Test]
    public async Task A_medium_that_the_node_downloads_is_booted_also_in_the_place_of_a_placeholder()
    {
        var medium = TinyMedium.Make();
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(medium));
        await using var server = await MediaServer.StartAsync(medium);
        await node.DisposeAsync();
        node = await TestNode.StartAsync(o => o with { RealMachines = Real with { DownloadHandler = server.Handler } });
        var placeholder = node.Folder.File("placeholder");
        await File.WriteAllTextAsync(placeholder, "a note");
        node.Node.Services.StoragesOn("pve").Import("local", "iso", "tiny.iso", placeholder, "tiny.iso");
        var download = (Url: ("url", new Uri(server.Url, "medium").ToString()), Name: ("filename", "tiny.iso"), Content: ("content", "iso"));
        for (var times = 0; times < 2; times++)
        {
            await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/storage/local/download-url", download.Url, download.Name, download.Content, ("checksum", sha256), ("checksum-algorithm", "sha256")));
        }

        Assert.That(server.Requests, Has.Count.EqualTo(1), "the second time it is there");
        var wrong = (await node.Root.PostAsync("nodes/pve/storage/local/download-url", download.Url, ("filename", "other.iso"), download.Content, ("checksum", new string('0', 64)), ("checksum-algorithm", "sha256"))).Text;
        Assert.That(await node.Root.ExitStatusAsync(wrong), Does.StartWith("checksum mismatch"));
        await CreateAsync(100);
        await StartAsync(100);
        await TypeUntilItIsOffAsync(100);
    }

    [Test]
    public async Task QEMU_that_ends_by_itself_is_a_VM_that_is_off_with_its_last_words_in_a_task()
    {
        await CreateAsync(100);
        await StartAsync(100);
        var failure = node.Node.InstallationFailureAsync(100, CancellationToken.None);
        using var qemu = Process.GetProcessById(Qemu(100).Id);
        qemu.Kill();
        await UntilAsync(async () => await StatusAsync(100) == "stopped", "The VM is not off.");
        var task = (await node.Root.GetAsync("nodes/pve/tasks", ("typefilter", QemuRun.RunTask))).Data!.AsArray().Single()!;
        Assert.That(task["status"]!.GetValue<string>(), Does.StartWith("QEMU exited with code 137"));
        Assert.That(failure.IsCompleted, Is.False, "It was asked for after the start: only later starts count.");
        await StartAsync(100);
    }

    [Test]
    public async Task A_suspended_VM_is_paused_until_it_is_resumed_and_can_be_reset()
    {
        await CreateAsync(100);
        await StartAsync(100);
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/suspend"));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu/100/status/current")).Data!["qmpstatus"]!.GetValue<string>(), Is.EqualTo("paused"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/resume"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/reset"));
        Assert.That(await StatusAsync(100), Is.EqualTo("running"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/stop"));
        Assert.That(await StatusAsync(100), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task A_guest_that_hears_nothing_is_not_shut_down_within_the_time()
    {
        await CreateAsync(100);
        await StartAsync(100);
        var upid = (await node.Root.PostAsync("nodes/pve/qemu/100/status/shutdown", ("timeout", "1"))).Text;
        Assert.That(await node.Root.ExitStatusAsync(upid), Is.EqualTo("VM quit/powerdown failed - got timeout"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/shutdown", ("timeout", "1"), ("forceStop", "1")));
        Assert.That(await StatusAsync(100), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task A_medium_is_taken_out_and_changed_while_the_VM_runs()
    {
        await CreateAsync(100);
        await StartAsync(100);
        foreach (var drive in new[] { "none,media=cdrom", "local:iso/tiny.iso,media=cdrom" })
        {
            await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/config", ("ide2", drive)));
        }

        await node.Root.DoAsync(node.Root.PutAsync("nodes/pve/qemu/100/resize", ("disk", "scsi0"), ("size", "2G")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/reset"));
        await TypeUntilItIsOffAsync(100);
    }

    [Test]
    public async Task A_template_is_cloned_linked_and_full_and_its_clones_start()
    {
        await CreateAsync(100, ("bios", "ovmf"), ("efidisk0", "local-lvm:1,efitype=4m,pre-enrolled-keys=1"), ("tpmstate0", "local-lvm:1,version=v2.0"), ("ide0", "local-lvm:cloudinit"), ("ciuser", "me"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/template"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/clone", ("newid", "101")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/clone", ("newid", "102"), ("full", "1")));
        foreach (var vmid in new[] { 101, 102 })
        {
            await StartAsync(vmid);
        }

        foreach (var vmid in new[] { 101, 102 })
        {
            await node.Root.DoAsync(node.Root.PostAsync($"nodes/pve/qemu/{vmid}/status/stop"));
            await node.Root.DoAsync(node.Root.DeleteAsync($"nodes/pve/qemu/{vmid}"));
        }

        await node.Root.DoAsync(node.Root.DeleteAsync("nodes/pve/qemu/100"));

        Assert.That(Directory.EnumerateFiles(node.Folder.File("storage"), "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EqualTo(new[] { "tiny.iso" }));
    }

    [Test]
    public async Task What_is_not_done_with_real_machines_is_refused_by_name_when_the_VM_is_started()
    {
        await CreateAsync(100, ("audio0", "device=ich9-intel-hda"));
        var upid = (await node.Root.PostAsync("nodes/pve/qemu/100/status/start")).Text;
        Assert.That(await node.Root.ExitStatusAsync(upid), Does.StartWith("'audio0' is nothing that the sandbox does with real machines"));
        Assert.That(await StatusAsync(100), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task A_second_node_on_the_same_disks_is_refused()
    {
        Assert.That(
            async () => await SandboxNode.StartAsync(new SandboxOptions { StateDirectory = node.Folder.Path, RealMachines = Real }),
            Throws.InstanceOf<Foundation.FailureException>().With.Message.Contains("Another run holds the sandbox's real machines"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task A_node_that_ends_leaves_no_QEMU_and_keeps_the_disks()
    {
        using var folder = node.Folder;
        await CreateAsync(100);
        await StartAsync(100);
        using var qemu = Process.GetProcessById(Qemu(100).Id);
        await using var again = await node.AgainAsync(o => o with { RealMachines = Real });
        Assert.That(qemu.HasExited, Is.True);
        await again.Root.DoAsync(again.Root.PostAsync("nodes/pve/qemu/100/status/start"));
        node = null!;
    }
}
