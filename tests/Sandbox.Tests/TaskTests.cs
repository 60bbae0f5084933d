namespace Sandbox.Tests;

/// <summary>Tasks are real: the UPID comes at once, the work is done afterwards, with locks, and can be stopped.</summary>
public sealed class TaskTests
{
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(10);

    private static Task<TestNode> SlowAsync(TimeSpan taskTime) => TestNode.StartAsync(o => o with { TaskTime = taskTime });

    [Test]
    public async Task A_vm_is_locked_while_it_is_made_and_joins_its_pool_at_the_end()
    {
        await using var node = await SlowAsync(TimeSpan.FromMilliseconds(300));
        var root = node.Root;
        await root.DoAsync(root.PostAsync("pools", ("poolid", "packer")));
        var upid = (await root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("pool", "packer"), ("scsi0", "local-lvm:1"))).Text;

        Assert.That((string?)(await root.GetAsync($"nodes/pve/tasks/{upid}/status")).Data!["status"], Is.EqualTo("running"));
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/101/config")).Data!["lock"], Is.EqualTo("create"));
        Assert.That((await root.GetAsync("pools/packer")).Data!["members"]!.AsArray(), Is.Empty);

        Assert.That(await root.ExitStatusAsync(upid), Is.EqualTo("OK"));
        Assert.That((await root.GetAsync("nodes/pve/qemu/101/config")).Data!["lock"], Is.Null);
        Assert.That((await root.GetAsync("pools/packer")).Data!["members"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_stopped_creation_leaves_nothing_and_says_so()
    {
        await using var node = await SlowAsync(Forever);
        var root = node.Root;
        var upid = (await root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1"))).Text;
        await root.DoAsync(root.DeleteAsync($"nodes/pve/tasks/{upid}"));
        Assert.That(await root.ExitStatusAsync(upid), Is.EqualTo("unable to create VM 101 - received interrupt"));
        Assert.That((await root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
        Assert.That((await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task A_stopped_clone_leaves_the_source_alone()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1")));
        await using var slow = await node.AgainAsync(o => o with { TaskTime = Forever });
        var root = slow.Root;
        var upid = (await root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "102"), ("full", "1"))).Text;
        while ((await root.GetAsync("nodes/pve/qemu/102/config")).Status != 200)
        {
            await Task.Delay(10);
        }

        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/102/config")).Data!["lock"], Is.EqualTo("clone"));
        await root.DoAsync(root.DeleteAsync($"nodes/pve/tasks/{upid}"));
        Assert.That(await root.ExitStatusAsync(upid), Is.EqualTo("clone failed: received interrupt"));
        Assert.That((await root.GetAsync("nodes/pve/qemu")).Data!.AsArray().Select(m => (int?)m!["vmid"]), Is.EqualTo(new[] { 101 }));
    }

    [Test]
    public async Task A_change_waits_for_the_task_that_holds_the_configuration()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1")));
        await using var slow = await node.AgainAsync(o => o with { TaskTime = TimeSpan.FromMilliseconds(400) });
        var root = slow.Root;
        var upid = (await root.PostAsync("nodes/pve/qemu/101/template")).Text;
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/101/config", ("description", "afterwards")));
        Assert.That((string?)(await root.GetAsync($"nodes/pve/tasks/{upid}/status")).Data!["status"], Is.EqualTo("stopped"));
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/101/config")).Data!["description"], Is.EqualTo("afterwards"));
    }

    [Test]
    public async Task A_task_of_the_type_ends_with_a_warning()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("warn:qmcreate")] });
        var root = node.Root;
        var upid = (await root.PostAsync("nodes/pve/qemu", ("vmid", "101"))).Text;
        Assert.That(await root.ExitStatusAsync(upid), Is.EqualTo("WARNINGS: 1"));
        Assert.That((await root.GetAsync("nodes/pve/qemu/101/config")).Status, Is.EqualTo(200), "a warning is no failure");
        Assert.That((await root.GetAsync($"nodes/pve/tasks/{upid}/log")).Data!.AsArray().Select(l => (string?)l!["t"]), Has.Some.EqualTo("TASK WARNINGS: 1"));
    }

    [Test]
    public async Task A_task_of_the_type_fails_and_does_nothing()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("fail:qmconfig=out of space")] });
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101")));
        var upid = (await root.PostAsync("nodes/pve/qemu/101/config", ("description", "never"))).Text;
        Assert.That(await root.ExitStatusAsync(upid), Is.EqualTo("out of space"));
        Assert.That((await root.GetAsync("nodes/pve/qemu/101/config")).Data!["description"], Is.Null);
    }

    [Test]
    public async Task A_dropped_connection_gives_no_answer_though_the_call_was_done()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("drop:POST /pools#1")] });
        Assert.That(async () => await node.Root.PostAsync("pools", ("poolid", "one")), Throws.InstanceOf<HttpRequestException>());
        Assert.That((await node.Root.GetAsync("pools")).Data!.AsArray(), Has.Count.EqualTo(1));
        await node.Root.DoAsync(node.Root.PostAsync("pools", ("poolid", "two")));
    }

    [Test]
    public async Task A_node_that_ends_takes_its_tasks_with_it()
    {
        await using var node = await SlowAsync(Forever);
        await node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"));
        await using var again = await node.AgainAsync();
        Assert.That((await again.Root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
    }
}
