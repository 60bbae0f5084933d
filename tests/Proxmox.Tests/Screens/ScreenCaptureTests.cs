using Proxmox.Screens;
using Proxmox.Tests.Support;
using Qemu;
using Sandbox;

namespace Proxmox.Tests.Screens;

internal sealed class ScreenCaptureTests
{
    private string file = "";

    [SetUp]
    public void SetUp() => file = Path.Combine(Path.GetTempPath(), $"screen-{Guid.NewGuid():N}.png");

    [TearDown]
    public void TearDown() => File.Delete(file);

    [Test]
    [Category("RealMachine")]
    public async Task The_screen_of_a_real_machine_is_seen_with_the_login_of_builds()
    {
        if (!QemuTools.ArePresent)
        {
            Assert.Ignore("QEMU, OVMF and swtpm are not installed here and could not be.");
        }

        await using var sandbox = await SandboxFixture.StartAsync(new RealMachines(QemuTools.Require(), Accelerator.Emulation));
        var client = await sandbox.BuilderAsync();
        await SandboxFixture.CreateVmAsync(client, 9000);
        await client.WaitForTaskAsync(await client.Node("pve").Qemu(9000).StartAsync());
        Assert.That(await new ScreenCapture(client, "pve", 9000).TryTakeAsync(file), Is.Null);
        Assert.That(File.ReadAllBytes(file).AsSpan(1, 3).SequenceEqual("PNG"u8), Is.True);

        // A second viewer has a ticket of its own.
        Assert.That(await new ScreenCapture(client, "pve", 9000).TryTakeAsync(file), Is.Null);
    }

    [Test]
    public async Task Why_there_is_no_picture_is_told()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000);
        await sandbox.Admin.WaitForTaskAsync(await sandbox.Admin.Node("pve").Qemu(9000).StartAsync());
        Assert.That(await new ScreenCapture(sandbox.Admin, "pve", 9000).TryTakeAsync(file), Is.Not.Null);
        Assert.That(File.Exists(file), Is.False);
    }
}
