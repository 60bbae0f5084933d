using System.Text.Json.Nodes;

namespace Sandbox.Tests;

public sealed class MachineTests
{
    [Test]
    public async Task Configuration_reads_back_as_the_server_stores_it()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/storage/local-lvm/content", ("filename", "vm-101-disk-0"), ("size", "10G"), ("vmid", "101")));
        await root.DoAsync(root.PostAsync(
            "nodes/pve/qemu", ("vmid", "101"), ("name", "rocky"), ("agent", "1"), ("memory", "2048"), ("cores", "2"), ("kvm", "1"),
            ("scsi0", "media=disk,size=10G,file=local-lvm:vm-101-disk-0,format=raw,iothread=false"), ("net0", "virtio=EE:F7:7C:F2:92:4D,bridge=vmbr0,firewall=false"),
            ("ide2", "none,media=cdrom")));
        var config = (await root.GetAsync("nodes/pve/qemu/101/config")).Data!.AsObject();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Text(config, "scsi0"), Is.EqualTo("local-lvm:vm-101-disk-0,format=raw,iothread=0,media=disk,size=10G"));
            Assert.That(Text(config, "net0"), Is.EqualTo("virtio=EE:F7:7C:F2:92:4D,bridge=vmbr0,firewall=0"));
            Assert.That(Text(config, "boot"), Is.EqualTo("order=scsi0;ide2;net0"));
            Assert.That(Text(config, "memory"), Is.EqualTo("2048"));
            Assert.That(config["cores"]!.GetValue<int>(), Is.EqualTo(2));
            Assert.That(config["kvm"]!.GetValue<int>(), Is.EqualTo(1));
            Assert.That(Text(config, "smbios1"), Does.Match("^uuid=[0-9a-f-]{36}$"));
            Assert.That(Text(config, "vmgenid"), Does.Match("^[0-9a-f-]{36}$"));
            Assert.That(Text(config, "meta"), Does.Match("^creation-qemu=[0-9.]+,ctime=[0-9]+$"));
            Assert.That(Text(config, "digest"), Does.Match("^[0-9a-f]{40}$"));
        }

        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/template"));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/config", ("ide3", "local-lvm:cloudinit")));
        config = (await root.GetAsync("nodes/pve/qemu/101/config")).Data!.AsObject();
        Assert.That(Text(config, "scsi0"), Is.EqualTo("local-lvm:base-101-disk-0,format=raw,iothread=0,media=disk,size=10G"));
        Assert.That(Text(config, "ide3"), Is.EqualTo("local-lvm:vm-101-cloudinit,media=cdrom"));
        Assert.That(config["template"]!.GetValue<int>(), Is.EqualTo(1));
    }

    [Test]
    public async Task Wrong_states_are_refused_in_the_servers_words()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1")));
        await Fails(root.PostAsync("nodes/pve/qemu", ("vmid", "101")), "unable to create VM 101 - VM 101 already exists on node 'pve'");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/start"));
        await Fails(root.DeleteAsync("nodes/pve/qemu/101"), "VM 101 is running - destroy failed");
        await Fails(root.PostAsync("nodes/pve/qemu/101/template"), "you can't convert a VM to template if VM is running");
        await FailsAsTask(root, root.PostAsync("nodes/pve/qemu/101/status/start"), "VM 101 already running");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/stop"));
        await Fails(root.PostAsync("nodes/pve/qemu/101/status/reset"), "VM 101 not running");
        await Fails(root.PutAsync("nodes/pve/qemu/101/sendkey", ("key", "a")), "VM 101 not running");
        await FailsAsTask(root, root.PutAsync("nodes/pve/qemu/101/resize", ("disk", "scsi0"), ("size", "1M")), "shrinking disks is not supported");
        await Fails(root.PutAsync("nodes/pve/qemu/101/config", ("cores", "2"), ("digest", new string('0', 40))), "checksum mismatch (file change by other user?)");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/template"));
        await Fails(root.PostAsync("nodes/pve/qemu/101/template"), "you can't convert a template to a template");
        await FailsAsTask(root, root.PostAsync("nodes/pve/qemu/101/status/start"), "you can't start a vm if it's a template");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "102"), ("name", "linked")));
        await Fails(root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "102")), "unable to create VM 102: config file already exists");
        await FailsAsTask(root, root.DeleteAsync("nodes/pve/qemu/101"), "base volume 'local-lvm:base-101-disk-0' is still in use by linked cloned");
        await root.DoAsync(root.DeleteAsync("nodes/pve/qemu/102"));
        await root.DoAsync(root.DeleteAsync("nodes/pve/qemu/101"));
        Assert.That((await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray(), Is.Empty);
        await Fails(root.GetAsync("nodes/pve/qemu/101/config"), "Configuration file 'nodes/pve/qemu-server/101.conf' does not exist");
    }

    [Test]
    public async Task A_locked_or_protected_vm_stays()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("lock", "backup"), ("protection", "1")));
        await Fails(root.DeleteAsync("nodes/pve/qemu/101"), "can't remove VM 101 - protection mode enabled");
        await FailsAsTask(root, root.PostAsync("nodes/pve/qemu/101/status/start"), "VM is locked (backup)");
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/101/config", ("delete", "protection"), ("skiplock", "1")));
        await FailsAsTask(root, root.DeleteAsync("nodes/pve/qemu/101"), "VM is locked (backup)");
    }

    [Test]
    public async Task A_failed_creation_leaves_nothing()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await FailsAsTask(root, root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1"), ("ide2", "local:iso/none.iso,media=cdrom")), "unable to create VM 101 - volume 'local:iso/none.iso' does not exist");
        Assert.That((await root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
        Assert.That((await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task A_linked_clone_refers_to_its_base_and_a_full_one_does_not()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1"), ("net0", "virtio=EE:F7:7C:F2:92:4D,bridge=vmbr0")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/template"));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "102")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/clone", ("newid", "103"), ("full", "1"), ("storage", "local-lvm")));
        var content = (await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray();
        Assert.That((string?)content.Single(v => (string?)v!["volid"] == "local-lvm:vm-102-disk-0")!["parent"], Is.EqualTo("local-lvm:base-101-disk-0"));
        Assert.That(content.Single(v => (string?)v!["volid"] == "local-lvm:vm-103-disk-0")!["parent"], Is.Null);
        var clone = (await root.GetAsync("nodes/pve/qemu/102/config")).Data!.AsObject();
        Assert.That(Text(clone, "net0"), Does.StartWith("virtio=BC:24:11:").And.EndsWith(",bridge=vmbr0"));
        Assert.That(clone.ContainsKey("template"), Is.False);
    }

    [Test]
    public async Task Twenty_clients_never_get_the_same_vmid()
    {
        await using var node = await TestNode.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => node.Root.PostAsync("nodes/pve/qemu", ("vmid", "500"))));
        Assert.That(answers.Count(a => a.Status == 200), Is.EqualTo(1));
        Assert.That(answers.Where(a => a.Status != 200).Select(a => a.Reason).Distinct(), Is.EqualTo(new[] { "unable to create VM 500 - VM 500 already exists on node 'pve'" }));
        Assert.That((await node.Root.GetAsync("cluster/nextid", ("vmid", "500"))).Error("vmid"), Is.EqualTo("VM 500 already exists"));
    }

    [Test]
    public async Task Without_a_guest_the_agent_and_a_shutdown_fail()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("agent", "enabled=1")));
        await Fails(root.PostAsync("nodes/pve/qemu/101/agent/ping"), "VM 101 is not running");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/start"));
        await Fails(root.PostAsync("nodes/pve/qemu/101/agent/ping"), "QEMU guest agent is not running");
        await FailsAsTask(root, root.PostAsync("nodes/pve/qemu/101/status/shutdown"), "VM quit/powerdown failed");
        await Fails(root.PutAsync("nodes/pve/qemu/101/sendkey", ("key", "nonsense")), "invalid parameter: nonsense");
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/101/config", ("delete", "agent")));
        await Fails(root.PostAsync("nodes/pve/qemu/101/agent/ping"), "QEMU guest agent is not running");
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/stop"));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/start"));
        await Fails(root.PostAsync("nodes/pve/qemu/101/agent/ping"), "No QEMU guest agent configured");
    }

    [Test]
    public async Task A_bridge_that_is_not_there_is_found_at_the_start()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("net0", "virtio,bridge=vmbr9")));
        await FailsAsTask(node.Root, node.Root.PostAsync("nodes/pve/qemu/101/status/start"), "bridge 'vmbr9' does not exist");
    }

    [Test]
    public async Task A_disk_that_is_taken_away_becomes_unused_and_can_be_destroyed()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("scsi0", "local-lvm:1")));
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/101/config", ("delete", "scsi0")));
        Assert.That(Text((await root.GetAsync("nodes/pve/qemu/101/config")).Data!.AsObject(), "unused0"), Is.EqualTo("local-lvm:vm-101-disk-0"));
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/101/unlink", ("idlist", "unused0")));
        Assert.That((await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray(), Is.Empty);
    }

    private static string? Text(JsonObject config, string key) => config[key]?.GetValue<string>();

    private static async Task Fails(Task<ApiAnswer> call, string reason)
    {
        var answer = await call;
        Assert.That((answer.Status, answer.Reason), Is.EqualTo((500, reason)));
    }

    private static async Task FailsAsTask(ApiClient client, Task<ApiAnswer> call, string status)
    {
        var answer = await call;
        Assert.That(answer.Status, Is.EqualTo(200), answer.Reason);
        Assert.That(await client.ExitStatusAsync(answer.Text), Is.EqualTo(status));
    }

    [Test]
    public async Task A_disk_moves_to_another_storage_with_what_is_on_it()
    {
        await using var node = await TestNode.StartAsync(o => o with { FurtherStorages = ["files:dir"] });
        var root = node.Root;
        const string Vm = "nodes/pve/qemu/101";
        await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("agent", "1"), ("scsi0", "local-lvm:1,discard=on"), ("ide2", "none,media=cdrom"), ("net0", "virtio,bridge=vmbr0")));
        Conversation.Install(node, 101);
        async Task<ApiAnswer> MoveAsync(params (string, string)[] parameters) => await root.PostAsync($"{Vm}/move_disk", parameters);
        Assert.That((await MoveAsync(("disk", "scsi0"))).Error("storage"), Is.EqualTo("both 'storage' and 'target-vmid' missing, either needs to be set"));
        Assert.That((await MoveAsync(("disk", "scsi0"), ("storage", "files"), ("target-vmid", "102"))).Error("target-vmid"), Is.EqualTo("either set 'storage' or 'target-vmid', but not both"));
        Assert.That((await MoveAsync(("disk", "scsi0"), ("target-vmid", "102"))).Status, Is.EqualTo(501));
        Assert.That((await MoveAsync(("disk", "scsi7"), ("storage", "files"))).Reason, Is.EqualTo("disk 'scsi7' does not exist"));
        Assert.That((await MoveAsync(("disk", "ide2"), ("storage", "files"))).Reason, Is.EqualTo("you can't move a cdrom"));
        Assert.That((await MoveAsync(("disk", "scsi0"), ("storage", "local-lvm"))).Reason, Is.EqualTo("you can't move to the same storage with same format"));
        Assert.That((await MoveAsync(("disk", "scsi0"), ("storage", "local"))).Error("storage"), Is.EqualTo("storage 'local' does not support vm images"));
        Assert.That((await MoveAsync(("disk", "scsi0"), ("storage", "files"), ("digest", "0"))).Status, Is.EqualTo(500));

        await root.DoAsync(MoveAsync(("disk", "scsi0"), ("storage", "files"), ("format", "qcow2")));
        var config = (await root.GetAsync($"{Vm}/config")).Data!;
        Assert.That(((string?)config["scsi0"], (string?)config["unused0"]), Is.EqualTo(("files:101/vm-101-disk-0.qcow2,discard=on,size=1G", "local-lvm:vm-101-disk-0")));
        await root.DoAsync(MoveAsync(("disk", "scsi0"), ("storage", "files"), ("format", "raw"), ("delete", "1")));
        config = (await root.GetAsync($"{Vm}/config")).Data!;
        Assert.That(((string?)config["scsi0"], config["unused1"]), Is.EqualTo(("files:101/vm-101-disk-0.raw,discard=on,size=1G", (JsonNode?)null)));
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        Assert.That((string?)(await root.GetAsync($"{Vm}/agent/get-host-name")).Data!["result"]!["host-name"], Is.EqualTo("guest"));
        using var user = await node.UserAsync("mover", "/vms", "VM.Config.Disk");
        Assert.That((await user.PostAsync($"{Vm}/move_disk", ("disk", "scsi0"), ("storage", "local-lvm"))).Reason, Is.EqualTo("Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)"));
    }
}
