using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>Several nodes: what is where, what moves, and how old the cluster's lists are.</summary>
public sealed class ClusterTests
{
    private static Task<TestNode> ThreeAsync(Func<SandboxOptions, SandboxOptions>? change = null) =>
        TestNode.StartAsync(o => (change ?? (c => c))(o with { Nodes = 3 }));

    private static async Task<JsonObject> ResourceAsync(TestNode node, int vmid) =>
        (await node.Root.GetAsync("cluster/resources", ("type", "vm"))).Data!.AsArray().Single(r => (int)r!["vmid"]! == vmid)!.AsObject();

    [Test]
    public async Task Each_node_has_storages_of_its_own_and_they_share_one()
    {
        await using var node = await ThreeAsync();
        var root = node.Root;
        Assert.That((await root.GetAsync("nodes")).Data!.AsArray().Select(n => (string?)n!["node"]), Is.EqualTo(new[] { "pve", "pve2", "pve3" }));
        await root.DoAsync(root.PostAsync("nodes/pve2/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1"), ("scsi1", "shared:1")));
        async Task<int> CountAsync(string on, string storage) => (await root.GetAsync($"nodes/{on}/storage/{storage}/content")).Data!.AsArray().Count;
        Assert.That((await CountAsync("pve", "local-lvm"), await CountAsync("pve2", "local-lvm")), Is.EqualTo((0, 1)));
        Assert.That((await CountAsync("pve", "shared"), await CountAsync("pve2", "shared")), Is.EqualTo((1, 1)));
        Assert.That((await root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
        Assert.That((await root.GetAsync("nodes/pve/qemu/101/config")).Reason, Is.EqualTo("Configuration file 'nodes/pve/qemu-server/101.conf' does not exist"));
        Assert.That((await root.PostAsync("nodes/pve3/qemu", ("vmid", "101"))).Reason, Is.EqualTo("unable to create VM 101 - VM 101 already exists on node 'pve2'"));
        Assert.That((string?)(await ResourceAsync(node, 101))["node"], Is.EqualTo("pve2"));
        Assert.That((await root.GetAsync("nodes/pve4/status")).Status, Is.EqualTo(595).Or.EqualTo(500));
    }

    [Test]
    public async Task A_vm_moves_with_its_local_disks_and_a_running_one_only_when_asked()
    {
        await using var node = await ThreeAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("name", "golden"), ("scsi0", "local-lvm:1")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/migrate", ("target", "pve3")));
        Assert.That((string?)(await ResourceAsync(node, 101))["node"], Is.EqualTo("pve3"));
        Assert.That((await root.GetAsync("nodes/pve3/storage/local-lvm/content")).Data!.AsArray(), Has.Count.EqualTo(1));
        await root.DoAsync(root.PostAsync("nodes/pve3/qemu/101/status/start"));
        Assert.That((await root.PostAsync("nodes/pve3/qemu/101/migrate", ("target", "pve"))).Reason, Is.EqualTo("can't migrate running VM without --online"));
        await root.DoAsync(root.PostAsync("nodes/pve3/qemu/101/migrate", ("target", "pve"), ("online", "1"), ("with-local-disks", "1")));
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/101/status/current")).Data!["status"], Is.EqualTo("running"));
    }

    [Test]
    public async Task A_clone_goes_to_another_node_only_from_and_to_shared_storage()
    {
        await using var node = await ThreeAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "102"), ("scsi0", "shared:1")));
        Assert.That((await root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "103"), ("full", "1"), ("target", "pve2"))).Reason, Is.EqualTo("can't clone VM to node 'pve2' (VM uses local storage)"));
        Assert.That((await root.PostAsync("nodes/pve/qemu/102/clone", ("newid", "103"), ("full", "1"), ("target", "pve9"))).Reason, Is.EqualTo("no such cluster node 'pve9'"));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/102/clone", ("newid", "103"), ("full", "1"), ("target", "pve2")));
        Assert.That((await root.GetAsync("nodes/pve2/qemu/103/config")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Each_node_lists_its_own_tasks()
    {
        await using var node = await ThreeAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101")));
        await root.DoAsync(root.PostAsync("nodes/pve2/qemu", ("vmid", "102")));
        async Task<string[]> ListAsync(string on) => [.. (await root.GetAsync($"nodes/{on}/tasks", ("source", "all"), ("statusfilter", "OK,Error"))).Data!.AsArray().Select(t => $"{t!["type"]} {t["id"]}")];
        Assert.That(await ListAsync("pve"), Is.EqualTo(new[] { "qmcreate 101" }));
        Assert.That(await ListAsync("pve2"), Is.EqualTo(new[] { "qmcreate 102" }));
        Assert.That(await ListAsync("pve3"), Is.Empty);
        Assert.That((await root.GetAsync("cluster/tasks")).Data!.AsArray(), Has.Count.EqualTo(2));
        Assert.That((await root.GetAsync("nodes/pve/tasks", ("statusfilter", "good"))).Error("statusfilter"), Is.EqualTo("invalid format - invalid status 'good'\n"));
    }

    [Test]
    public async Task The_list_of_resources_is_as_old_as_the_last_report()
    {
        await using var node = await TestNode.StartAsync(o => o with { StatusLag = TimeSpan.FromHours(1) });
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("name", "new"), ("tags", "golden"), ("scsi0", "local-lvm:1")));
        var fresh = await ResourceAsync(node, 101);
        Assert.That(((string?)fresh["status"], fresh["name"], (string?)fresh["tags"]), Is.EqualTo(("unknown", (JsonNode?)null, "golden")));

        await using var again = await node.AgainAsync(o => o with { StatusLag = TimeSpan.FromHours(1) });
        await again.Root.DoAsync(again.Root.PostAsync("nodes/pve/qemu/101/template"));
        Assert.That((int?)(await ResourceAsync(again, 101))["template"], Is.Zero, "a template that is none yet in the list");
        Assert.That((int?)(await again.Root.GetAsync("nodes/pve/qemu/101/config")).Data!["template"], Is.EqualTo(1));
        await again.Root.DoAsync(again.Root.DeleteAsync("nodes/pve/qemu/101"));
        Assert.That((await again.Root.GetAsync("cluster/resources", ("type", "vm"))).Data!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task The_list_is_brought_up_to_date_from_time_to_time()
    {
        await using var node = await TestNode.StartAsync(o => o with { StatusLag = TimeSpan.FromMilliseconds(50) });
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("name", "new")));
        while ((string?)(await ResourceAsync(node, 101))["status"] != "stopped")
        {
            await Task.Delay(20);
        }
    }
}
