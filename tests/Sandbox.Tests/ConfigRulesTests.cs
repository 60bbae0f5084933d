namespace Sandbox.Tests;

/// <summary>Rules of a VM's configuration that no recorded verdict shows; they stand in <c>PVE::API2::Qemu</c> 9.2.6.</summary>
public sealed class ConfigRulesTests
{
    private const string Vm = "nodes/pve/qemu/101";

    private static async Task<TestNode> WithMachineAsync(params (string, string)[] further)
    {
        var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", [("vmid", "101"), ("scsi0", "local-lvm:1"), .. further]));
        return node;
    }

    [TestCase("machine", "pc,viommu=intel", "to use Intel vIOMMU please set the machine type to q35")]
    [TestCase("machine", "q35,viommu=intel,aw-bits=64", "Intel vIOMMU supports only 39 or 48 bits as address width")]
    [TestCase("machine", "q35,aw-bits=48", "cannot set aw-bits if no vIOMMU is configured")]
    [TestCase("vga", "serial0,clipboard=vnc", "vga type serial0 is not compatible with VNC clipboard")]
    public async Task Parts_that_do_not_fit_are_refused_at_creation_and_later(string key, string value, string words)
    {
        await using var node = await WithMachineAsync();
        var made = await node.Root.PostAsync("nodes/pve/qemu", ("vmid", "102"), (key, value));
        Assert.That(await node.Root.ExitStatusAsync(made.Text), Is.EqualTo("unable to create VM 102 - " + words));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu/102/config")).Status, Is.EqualTo(500), "there is no such VM");
        var changed = await node.Root.PutAsync($"{Vm}/config", (key, value));
        Assert.That((changed.Status, changed.Reason), Is.EqualTo((500, words)));
    }

    [Test]
    public async Task A_change_in_the_background_is_waited_for_as_long_as_the_caller_says()
    {
        await using var node = await WithMachineAsync();
        Assert.That((await node.Root.PostAsync($"{Vm}/config", ("name", "one"))).Text, Does.StartWith("UPID:pve:"));
        Assert.That((await node.Root.PostAsync($"{Vm}/config", ("name", "two"), ("background_delay", "10"))).Data, Is.Null);
        Assert.That((string?)(await node.Root.GetAsync($"{Vm}/config")).Data!["name"], Is.EqualTo("two"));
        var failed = await node.Root.PostAsync($"{Vm}/config", ("scsi1", "nowhere:1"), ("background_delay", "10"));
        Assert.That((failed.Status, failed.Reason), Is.EqualTo((500, "storage 'nowhere' does not exist")), "what is known before is refused at once");
        failed = await node.Root.PostAsync($"{Vm}/config", ("boot", "order=net5"), ("background_delay", "10"));
        Assert.That((failed.Status, failed.Reason), Is.EqualTo((500, "failed to update VM 101: invalid bootorder: device 'net5' does not exist'")));
    }

    [Test]
    public async Task What_is_not_there_is_deleted_without_a_warning()
    {
        await using var node = await WithMachineAsync();
        var task = (await node.Root.PostAsync($"{Vm}/config", ("delete", "net0,net1"))).Text;
        Assert.That(await node.Root.ExitStatusAsync(task), Is.EqualTo("OK"));
        var log = (await node.Root.GetAsync($"nodes/pve/tasks/{task}/log")).Data!.AsArray().Select(l => (string?)l!["t"]);
        Assert.That(log, Has.Member("cannot delete 'net0' - not set in current configuration!"));
    }

    [Test]
    public async Task A_new_boot_order_ends_the_old_boot_disk()
    {
        await using var node = await WithMachineAsync(("bootdisk", "scsi0"), ("boot", "c"));
        Assert.That((string?)(await node.Root.GetAsync($"{Vm}/config")).Data!["bootdisk"], Is.EqualTo("scsi0"));
        await node.Root.DoAsync(node.Root.PutAsync($"{Vm}/config", ("boot", "order=scsi0")));
        Assert.That((await node.Root.GetAsync($"{Vm}/config")).Data!["bootdisk"], Is.Null);
    }

    [TestCase("q35", "pc-q35-")]
    [TestCase(null, "pc-i440fx-")]
    public async Task The_mainboard_of_Windows_is_pinned_unless_it_is_named(string? board, string pinned)
    {
        await using var node = await WithMachineAsync(board is null ? [] : [("machine", board)]);
        await node.Root.DoAsync(node.Root.PutAsync($"{Vm}/config", ("ostype", "win11")));
        Assert.That((string?)(await node.Root.GetAsync($"{Vm}/config")).Data!["machine"], Does.StartWith(pinned));
        await node.Root.DoAsync(node.Root.PutAsync($"{Vm}/config", ("ostype", "win10"), ("machine", "q35")));
        Assert.That((string?)(await node.Root.GetAsync($"{Vm}/config")).Data!["machine"], Is.EqualTo("q35"));
    }

    [Test]
    public async Task A_clone_needs_the_storage_of_memory_images()
    {
        await using var node = await WithMachineAsync(("vmstatestorage", "local-lvm"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/101/template"));
        using var user = await node.UserAsync("builder", "/vms", "VM.Clone", "VM.Allocate");
        var refused = await user.PostAsync($"{Vm}/clone", ("newid", "102"));
        Assert.That(refused.Reason, Is.EqualTo("Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)"));
        var resized = (await node.Root.PutAsync($"{Vm}/resize", ("disk", "ide2"), ("size", "+1G"))).Text;
        Assert.That(await node.Root.ExitStatusAsync(resized), Is.EqualTo("disk 'ide2' does not exist"));
        await node.Root.DoAsync(node.Root.PutAsync($"{Vm}/config", ("ide2", "none,media=cdrom")));
        resized = (await node.Root.PutAsync($"{Vm}/resize", ("disk", "ide2"), ("size", "+1G"))).Text;
        Assert.That(await node.Root.ExitStatusAsync(resized), Is.EqualTo("unable to parse volume ID 'none'"));
    }

    [Test]
    public async Task A_backup_lets_a_VM_be_paused_and_nothing_else()
    {
        await using var node = await WithMachineAsync(("serial0", "socket"));
        var root = node.Root;
        await root.DoAsync(root.PostAsync($"{Vm}/status/start"));
        await root.DoAsync(root.PutAsync($"{Vm}/config", ("lock", "backup")));
        await root.DoAsync(root.PostAsync($"{Vm}/status/suspend"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/resume"));
        async Task<string> EndAsync(string what, params (string, string)[] parameters) => await root.ExitStatusAsync((await root.PostAsync($"{Vm}/status/{what}", parameters)).Text);
        Assert.That(await EndAsync("suspend", ("todisk", "1")), Is.EqualTo("cannot suspend to disk during backup"));
        Assert.That(await EndAsync("stop"), Is.EqualTo("VM is locked (backup)"));
        await root.DoAsync(root.PostAsync($"{Vm}/status/suspend"));
        await root.DoAsync(root.PutAsync($"{Vm}/config", ("lock", "migrate"), ("skiplock", "1")));
        Assert.That(await EndAsync("resume"), Is.EqualTo("VM is locked (migrate)"));
        var terminal = await root.PostAsync($"{Vm}/termproxy", ("serial", "serial0"));
        Assert.That(terminal.Data!.AsObject().Select(p => p.Key), Is.EquivalentTo(new[] { "user", "ticket", "port", "upid" }));
    }

    [Test]
    public async Task What_an_agent_is_asked_has_a_name_that_the_server_knows()
    {
        await using var node = await WithMachineAsync();
        var unknown = await node.Root.PostAsync($"{Vm}/agent", ("command", "beer"));
        Assert.That(unknown.Error("command"), Is.EqualTo(
            "value 'beer' does not have a value in the enumeration 'fsfreeze-freeze, fsfreeze-status, fsfreeze-thaw, fstrim, get-fsinfo, get-host-name, get-memory-block-info, get-memory-blocks, get-osinfo, "
            + "get-time, get-timezone, get-users, get-vcpus, info, network-get-interfaces, ping, shutdown, suspend-disk, suspend-hybrid, suspend-ram'"));
        Assert.That((await node.Root.PostAsync($"{Vm}/agent", ("command", "suspend-ram"))).Status, Is.EqualTo(501));
        Assert.That((await node.Root.PostAsync("pools", ("poolid", "a/b/c/d"))).Error("poolid"), Is.EqualTo("invalid format - pool name 'a/b/c/d' nested too deeply (max levels = 3)\n"));
    }

    [Test]
    public async Task More_processors_than_the_node_has_are_found_out_at_the_start()
    {
        await using var node = await WithMachineAsync(("cores", "128"), ("sockets", "2"));
        var task = (await node.Root.PostAsync($"{Vm}/status/start")).Text;
        Assert.That(await node.Root.ExitStatusAsync(task), Does.Match("^MAX [0-9]+ vcpus allowed per VM on this node$"));
        Assert.That((string?)(await node.Root.GetAsync($"{Vm}/status/current")).Data!["status"], Is.EqualTo("stopped"));
    }
}
