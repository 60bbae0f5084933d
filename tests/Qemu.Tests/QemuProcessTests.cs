using System.Net;
using Qemu.Disks;
using Qemu.Running;

namespace Qemu.Tests;

/// <summary>QEMU itself, with guests that are some dozen bytes.</summary>
[Category("RealMachine")]
internal sealed class QemuProcessTests
{
    private string folder = "";
    private QemuTools tools = null!;

    private string Marks => Path.Combine(folder, "running");

    [SetUp]
    public void SetUp()
    {
        RealMachine.Require();
        tools = QemuTools.Require();
        folder = Directory.CreateTempSubdirectory("qemu-tests-").FullName;
    }

    [TearDown]
    public void TearDown()
    {
        if (folder.Length > 0)
        {
            Assert.That(QemuProcess.EndLeft(Marks), Is.Empty, "A machine was left running.");
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task QEMU_tells_its_version() => Assert.That(await tools.VersionAsync(CancellationToken.None), Does.Match(@"\A[0-9]+\.[0-9]+\.[0-9]+\z"));

    private QemuMachine Machine(params string[] lines) => new()
    {
        Id = 100, Config = lines.Prepend("memory: 32").Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]), Address = IPAddress.Parse("192.0.2.10"), BootOrder = ["scsi0"],
        FileOf = v => v == "none" ? null : new DiskFile(Path.Combine(folder, v), "qcow2"),
    };

    private Task<QemuProcess> StartAsync(params string[] lines) => QemuProcess.StartAsync(tools, Machine(lines), Accelerator.Emulation, Marks, CancellationToken.None);

    [Test]
    public async Task A_machine_starts_tells_its_ports_and_shows_its_screen()
    {
        await using var qemu = await StartAsync("net0: virtio=BC:24:11:00:00:01,bridge=vmbr0", "agent: 1");
        var picture = Path.Combine(folder, "screen.png");
        await qemu.ScreenshotAsync(picture, CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(qemu.Ports.Keys, Is.EquivalentTo(new[] { 22, 5986 }));
            Assert.That(File.ReadAllBytes(picture).AsSpan(1, 3).SequenceEqual("PNG"u8), Is.True);
            Assert.That(qemu.Version, Does.Match(@"\A[0-9]+\.[0-9]+\.[0-9]+\z"));
        });
    }

    [Test]
    public async Task Every_bus_and_controller_is_one_that_QEMU_takes()
    {
        var images = new DiskImages(tools);
        foreach (var disk in new[] { "a", "b", "c", "d" })
        {
            await images.CreateAsync(Path.Combine(folder, disk), 1 << 20, CancellationToken.None);
        }

        await images.CreateVariablesAsync(Path.Combine(folder, "efi"), withKeys: true, CancellationToken.None);
        await DiskImages.CreateTpmAsync(Path.Combine(folder, "tpm"));
        string[] common =
        [
            "agent: 1", "serial0: socket", "rng0: source=/dev/urandom", "vmgenid: c773c261-d800-4348-9f5d-167fadd53cf8", "smbios1: uuid=7b10d7af-b932-4c66-b2c3-3996152ec465,family=YSxi,base64=1", "localtime: 1",
            "sockets: 1", "cores: 2", "cpu: x86-64-v2-AES", "name: a,b", "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0", "net1: e1000=BC:24:11:00:00:02,bridge=vmbr0,link_down=1", "net7: virtio=BC:24:11:00:00:03",
            "ide2: none,media=cdrom", "sata1: b,ssd=1", "virtio0: c,iothread=1,discard=on",
        ];
        foreach (var more in new string[][]
                 {
                     ["scsihw: virtio-scsi-single", "scsi0: a,iothread=1", "scsi1: d"], ["scsihw: virtio-scsi-pci", "scsi0: a"], ["scsihw: megasas", "scsi0: a"], ["scsihw: pvscsi", "scsi8: a"], ["scsi0: a", "vga: virtio"],
                     ["machine: q35", "scsihw: virtio-scsi-single", "scsi0: a,iothread=1", "bios: ovmf", "efidisk0: efi,efitype=4m,pre-enrolled-keys=1", "tpmstate0: tpm,version=v2.0"],
                     ["bios: ovmf", "efidisk0: efi,efitype=4m", "vga: qxl"], ["machine: q35", "vga: serial0"],
                 })
        {
            var machine = Machine([.. common, .. more]);
            machine = machine with { FileOf = v => v == "none" ? null : new DiskFile(Path.Combine(folder, v), v == "tpm" ? "raw" : "qcow2") };
            await using var qemu = await QemuProcess.StartAsync(tools, machine, Accelerator.Emulation, Marks, CancellationToken.None);
            Assert.That(qemu.Ended.IsCompleted, Is.False, string.Join("; ", more));
        }
    }

    [Test]
    public void What_QEMU_says_when_it_does_not_start_is_told() =>
        Assert.That(async () => await StartAsync("scsi0: missing"), Throws.TypeOf<QemuException>().With.Message.StartsWith("start failed: QEMU exited with code 1: ").And.Message.Contains("missing"));

    [Test]
    public async Task An_agent_that_is_not_there_is_waited_for_as_the_server_does()
    {
        await using var qemu = await StartAsync("agent: 1");
        Assert.That(async () => await qemu.AskAgentAsync("guest-ping", null, CancellationToken.None), Throws.TypeOf<QemuException>().With.Message.EqualTo("VM qga command 'guest-ping' failed - got timeout"));
    }

    [Test]
    public async Task Keys_are_typed_and_unknown_ones_named()
    {
        await using var qemu = await StartAsync();
        await qemu.SendKeyAsync("ctrl-alt-delete", CancellationToken.None);
        await qemu.SendKeyAsync("shift-minus", CancellationToken.None);
        Assert.That(async () => await qemu.SendKeyAsync("nonsense", CancellationToken.None), Throws.TypeOf<QemuException>().With.Message.Contains("nonsense"));
    }

    [Test]
    public async Task What_a_killed_node_left_is_found_by_its_mark_and_ended()
    {
        await using var left = await StartAsync();
        Assert.That(QemuProcess.EndLeft(Marks), Is.EqualTo(new[] { "100" }));
        Assert.That(await left.Ended.WaitAsync(TimeSpan.FromSeconds(30)), Does.StartWith("QEMU exited with code"));
        Assert.That(Directory.EnumerateFiles(Marks), Is.Empty);
    }

    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_reaches_the_sockets()
    {
        await using var qemu = await StartAsync();
        Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(qemu.VncSocket)!), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public async Task A_linked_clone_has_what_its_base_has_and_leaves_it_alone()
    {
        var images = new DiskImages(tools);
        string Disk(string name) => Path.Combine(folder, "disks,1", name);
        await images.CreateAsync(Disk("vm"), 1 << 20, CancellationToken.None);
        await DiskImages.MakeBaseAsync(Disk("vm"), Disk("base"));
        await images.LinkAsync(Disk("clone"), Disk("base"), CancellationToken.None);
        await images.ResizeAsync(Disk("clone"), 3 << 20, CancellationToken.None);
        await images.CopyAsync(Disk("full"), Disk("clone"), CancellationToken.None);
        await DiskImages.DeleteAsync(Disk("clone"));
        await DiskImages.DeleteAsync(Disk("base"));
        Assert.That(Directory.EnumerateFiles(Path.Combine(folder, "disks,1")).Select(Path.GetFileName), Is.EqualTo(new[] { "full" }));
    }

    [Test]
    public async Task A_cloud_init_drive_is_an_image_with_its_label()
    {
        var file = Path.Combine(folder, "seed");
        await CloudInitDrive.Of(1, new Dictionary<string, string> { ["name"] = "a" }, null).WriteAsync(tools, file, CancellationToken.None);
        Assert.That(System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(file).AsSpan((16 * 2048) + 40, 6)), Is.EqualTo("cidata"));
    }
}
