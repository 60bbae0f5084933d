using Foundation;

namespace Sandbox.Tests;

public sealed class FaultTests
{
    [TestCase("")]
    [TestCase("nonsense")]
    [TestCase("api:POST /x")]
    [TestCase("api:FETCH /x=500 a")]
    [TestCase("api:POST /x=200 a")]
    [TestCase("api:POST /x#0=500 a")]
    [TestCase("agent:loud")]
    [TestCase("script:=1")]
    [TestCase("script:a.sh=0")]
    [TestCase("script:a.sh=many")]
    [TestCase("privilege:")]
    [TestCase("slow:qmcreate")]
    [TestCase("slow:=8000")]
    [TestCase("slow:qmcreate=soon")]
    [TestCase("privilege:VM Audit")]
    public void Garbage_is_refused_and_named(string text)
    {
        var failure = Assert.Throws<FailureException>(() => SandboxFault.Parse(text));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain($"'{text}'"));
    }

    [Test]
    public async Task A_call_can_be_made_to_fail_once()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("api:POST /pools#2=500 out of space")] });
        Assert.That((await node.Root.PostAsync("pools", ("poolid", "a"))).Status, Is.EqualTo(200));
        var second = await node.Root.PostAsync("pools", ("poolid", "b"));
        Assert.That((second.Status, second.Reason), Is.EqualTo((500, "out of space")));
        Assert.That((await node.Root.PostAsync("pools", ("poolid", "b"))).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Paths_may_be_patterns()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("api:POST /nodes/*/qemu/*/template=503 busy")] });
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101")));
        Assert.That((await node.Root.PostAsync("nodes/pve/qemu/101/template")).Status, Is.EqualTo(503));
    }

    [Test]
    public async Task A_privilege_can_be_withheld_from_everybody_but_root()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("privilege:VM.Config.CDROM")] });
        using var user = await node.UserAsync("builder", "/", "VM.Allocate", "VM.Config.CDROM", "VM.Config.CPU");
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101")));
        var answer = await user.PutAsync("nodes/pve/qemu/101/config", ("ide2", "none,media=cdrom"));
        Assert.That(answer.Reason, Is.EqualTo("Permission check failed (/vms/101, VM.Config.CDROM)"));
        var permissions = await user.GetAsync("access/permissions", ("path", "/vms/101"));
        Assert.That(permissions.Data!["/vms/101"]!.AsObject().Select(p => p.Key), Is.EqualTo(new[] { "VM.Allocate", "VM.Config.CPU" }));
        await node.Root.DoAsync(node.Root.PutAsync("nodes/pve/qemu/101/config", ("ide2", "none,media=cdrom")));
    }
}
