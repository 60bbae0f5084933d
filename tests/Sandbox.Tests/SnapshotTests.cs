using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>Snapshots, pending changes, suspending and rebooting.</summary>
public sealed class SnapshotTests
{
    private const string Vm = "nodes/pve/qemu/101";

    private static async Task<TestNode> WithMachineAsync(params (string, string)[] further)
    {
        var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", [("vmid", "101"), ("agent", "1"), ("scsi0", "local-lvm:1"), ("net0", "virtio,bridge=vmbr0"), .. further]));
        return node;
    }

    [Test]
    public async Task A_rollback_brings_configuration_and_system_back()
    {
        await using var node = await WithMachineAsync(("description", "before"));
        var root = node.Root;
        Install(node, "one");
        await root.DoAsync(root.PostAsync($"{Vm}/snapshot", ("snapname", "first"), ("description", "as it was")));
        await root.DoAsync(root.PutAsync($"{Vm}/config", ("description", "after"), ("scsi1", "local-lvm:1")));
        Install(node, "two");

        var list = (await root.GetAsync($"{Vm}/snapshot")).Data!.AsArray();
        Assert.That(list.Select(s => (string?)s!["name"]), Is.EquivalentTo(new[] { "first", "current" }));
        Assert.That((string?)list.Single(s => (string?)s!["name"] == "current")!["parent"], Is.EqualTo("first"));
        Assert.That((string?)(await root.GetAsync($"{Vm}/config", ("snapshot", "first"))).Data!["description"], Is.EqualTo("before"));

        await root.DoAsync(root.PostAsync($"{Vm}/snapshot/first/rollback", ("start", "1")));
        var config = (await root.GetAsync($"{Vm}/config")).Data!;
        Assert.That(((string?)config["description"], config["scsi1"], (string?)config["unused0"]), Is.EqualTo(("before", (JsonNode?)null, "local-lvm:vm-101-disk-1")));
        Assert.That((string?)(await root.GetAsync($"{Vm}/agent/get-host-name")).Data!["result"]!["host-name"], Is.EqualTo("one"));
    }

    [Test]
    public async Task A_clone_of_a_snapshot_is_what_the_VM_was()
    {
        await using var node = await WithMachineAsync(("description", "before"));
        var root = node.Root;
        Install(node, "one");
        await root.DoAsync(root.PostAsync($"{Vm}/snapshot", ("snapname", "first")));
        await root.DoAsync(root.PutAsync($"{Vm}/config", ("description", "after"), ("memory", "1024")));
        Install(node, "two");
        Assert.That((await root.PostAsync($"{Vm}/clone", ("newid", "102"), ("snapname", "second"))).Reason, Is.EqualTo("snapshot 'second' does not exist"));
        await root.DoAsync(root.PostAsync($"{Vm}/clone", ("newid", "102"), ("snapname", "first"), ("full", "1")));
        var config = (await root.GetAsync("nodes/pve/qemu/102/config")).Data!;
        Assert.That(((string?)config["description"], config["memory"]), Is.EqualTo(("before", (JsonNode?)null)));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/102/status/start"));
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/102/agent/get-host-name")).Data!["result"]!["host-name"], Is.EqualTo("one"));
        Assert.That((await root.PutAsync($"{Vm}/snapshot/none/config")).Status, Is.EqualTo(200), "without a description nothing is looked at");
    }

    [Test]
    public async Task A_snapshot_outlives_the_node_and_goes_when_it_is_deleted()
    {
        await using var node = await WithMachineAsync();
        await node.Root.DoAsync(node.Root.PostAsync($"{Vm}/snapshot", ("snapname", "first")));
        await node.Root.DoAsync(node.Root.PostAsync($"{Vm}/snapshot", ("snapname", "second")));
        await using var again = await node.AgainAsync();
        var root = again.Root;
        await root.DoAsync(root.DeleteAsync($"{Vm}/snapshot/first"));
        var left = (await root.GetAsync($"{Vm}/snapshot")).Data!.AsArray();
        Assert.That(left.Select(s => (string?)s!["name"]), Is.EquivalentTo(new[] { "second", "current" }));
        Assert.That(left.Single(s => (string?)s!["name"] == "second")!["parent"], Is.Null);
    }

    [Test]
    public async Task What_cannot_be_snapshot_is_refused_in_the_task()
    {
        await using var node = await TestNode.StartAsync(o => o with { FurtherStorages = ["files:dir"] });
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "files:1,format=raw")));
        async Task<string> EndAsync(Task<ApiAnswer> call) => await root.ExitStatusAsync((await call).Text);
        Assert.That(await EndAsync(root.PostAsync($"{Vm}/snapshot", ("snapname", "first"))), Is.EqualTo("snapshot feature is not available"));
        Assert.That(await EndAsync(root.DeleteAsync($"{Vm}/snapshot/first")), Is.EqualTo("snapshot 'first' does not exist"));
        Assert.That((await root.GetAsync($"{Vm}/config")).Data!["lock"], Is.Null);
        Assert.That((await root.PostAsync($"{Vm}/snapshot", ("snapname", "current"))).Reason, Is.EqualTo("unable to use snapshot name 'current' (reserved name)"));
    }

    [Test]
    public async Task What_a_running_vm_cannot_take_waits_for_the_next_start()
    {
        await using var node = await WithMachineAsync(("memory", "1024"));
        var root = node.Root;
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        await root.DoAsync(root.PutAsync($"{Vm}/config", ("memory", "2048"), ("description", "at once"), ("delete", "agent")));

        var pending = (await root.GetAsync($"{Vm}/pending")).Data!.AsArray();
        JsonNode? Of(string key) => pending.SingleOrDefault(p => (string?)p!["key"] == key);
        Assert.That(((string?)Of("memory")!["value"], (string?)Of("memory")!["pending"]), Is.EqualTo(("1024", "2048")));
        Assert.That((int?)Of("agent")!["delete"], Is.EqualTo(1));
        Assert.That((string?)Of("description")!["value"], Is.EqualTo("at once"));
        Assert.That((string?)(await root.GetAsync($"{Vm}/config")).Data!["memory"], Is.EqualTo("2048"), "what it will have");
        Assert.That((string?)(await root.GetAsync($"{Vm}/config", ("current", "1"))).Data!["memory"], Is.EqualTo("1024"));

        await root.DoAsync(root.PutAsync($"{Vm}/config", ("revert", "agent")));
        await root.DoAsync(root.PostAsync($"{Vm}/status/stop"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        var config = (await root.GetAsync($"{Vm}/config", ("current", "1"))).Data!;
        Assert.That(((string?)config["memory"], (string?)config["agent"]), Is.EqualTo(("2048", "1")));
    }

    [Test]
    public async Task A_suspended_vm_is_paused_and_resumes()
    {
        await using var node = await WithMachineAsync();
        var root = node.Root;
        Install(node, "one");
        Assert.That((await root.PostAsync($"{Vm}/status/suspend")).Reason, Is.EqualTo("VM 101 not running"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/suspend"));
        Assert.That((string?)(await root.GetAsync($"{Vm}/status/current")).Data!["qmpstatus"], Is.EqualTo("paused"));
        Assert.That((await root.PostAsync($"{Vm}/status/reboot")).Reason, Is.EqualTo("VM is paused - cannot shutdown"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/resume"));
        Assert.That((await root.PostAsync($"{Vm}/agent/ping")).Status, Is.EqualTo(200));
        await root.DoAsync(root.PostAsync($"{Vm}/status/reboot"));
        Assert.That((string?)(await root.GetAsync($"{Vm}/status/current")).Data!["status"], Is.EqualTo("running"));

        await root.DoAsync(root.PostAsync($"{Vm}/status/suspend", ("todisk", "1")));
        Assert.That((string?)(await root.GetAsync($"{Vm}/config")).Data!["lock"], Is.EqualTo("suspended"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        Assert.That((await root.GetAsync($"{Vm}/config")).Data!["vmstate"], Is.Null);
    }

    private static void Install(TestNode node, string hostName)
    {
        var services = node.Node.Services;
        lock (services.Gate)
        {
            services.State.Volumes.First(v => v.Owner == 101).System =
                new Guest.GuestSystem { OsId = "rocky", PrettyName = "Rocky Linux 9.6", VersionId = "9.6", HostName = hostName, GuestAgent = true };
        }
    }
}
