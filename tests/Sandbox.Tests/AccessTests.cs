namespace Sandbox.Tests;

public sealed class AccessTests
{
    [Test]
    public async Task A_wrong_password_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        using var client = new ApiClient(node.Node);
        foreach (var user in new[] { "root@pam", "ghost@pve" })
        {
            var answer = await client.PostAsync("access/ticket", ("username", user), ("password", "wrong"));
            Assert.That((answer.Status, answer.Reason), Is.EqualTo((401, "authentication failure")));
        }
    }

    [Test]
    public async Task A_changed_password_replaces_the_old_one()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.PostAsync("access/users", ("userid", "packer@pve"), ("password", "first-password"));
        Assert.That((await node.Root.SendAsync("PUT", "access/password", [("userid", "packer@pve"), ("password", "second-password")])).Status, Is.EqualTo(200));
        using var client = new ApiClient(node.Node);
        Assert.That((await client.PostAsync("access/ticket", ("username", "packer@pve"), ("password", "first-password"))).Status, Is.EqualTo(401));
        Assert.That((await client.PostAsync("access/ticket", ("username", "packer@pve"), ("password", "second-password"))).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_write_with_a_cookie_needs_the_csrf_token()
    {
        await using var node = await TestNode.StartAsync();
        node.Root.Headers.Remove("CSRFPreventionToken");
        Assert.That((await node.Root.GetAsync("version")).Status, Is.EqualTo(200));
        var answer = await node.Root.PostAsync("pools", ("poolid", "x"));
        Assert.That((answer.Status, answer.Reason), Is.EqualTo((401, "Permission denied - invalid csrf token")));
    }

    [Test]
    public async Task A_ticket_ends_with_a_new_start_and_cannot_be_forged()
    {
        await using var node = await TestNode.StartAsync();
        await using var other = await TestNode.StartAsync();
        node.Root.Headers["Cookie"] = other.Root.Headers["Cookie"];
        Assert.That((await node.Root.GetAsync("version")).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_token_without_separation_may_what_its_user_may()
    {
        await using var node = await TestNode.StartAsync();
        await node.UserAsync("builder", "/vms", "VM.Allocate", "VM.Audit");
        var made = await node.Root.PostAsync("access/users/builder@pve/token/tok", ("privsep", "0"));
        using var token = ApiClient.WithToken(node.Node, made.Data!["full-tokenid"]!.GetValue<string>(), made.Data["value"]!.GetValue<string>());
        await token.DoAsync(token.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        Assert.That((await token.GetAsync("nodes/pve/qemu/200/config")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_separated_token_has_at_most_what_its_user_has()
    {
        await using var node = await TestNode.StartAsync();
        await node.UserAsync("builder", "/vms", "VM.Allocate");
        var made = await node.Root.PostAsync("access/users/builder@pve/token/tok");
        using var token = ApiClient.WithToken(node.Node, "builder@pve!tok", made.Data!["value"]!.GetValue<string>());
        Assert.That((await token.PostAsync("nodes/pve/qemu", ("vmid", "200"))).Reason, Is.EqualTo("Permission check failed"));
        await node.Root.DoAsync(node.Root.PutAsync("access/acl", ("path", "/"), ("tokens", "builder@pve!tok"), ("roles", "Administrator")));
        await token.DoAsync(token.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        Assert.That((await token.GetAsync("nodes/pve/qemu/200/config")).Reason, Is.EqualTo("Permission check failed (/vms/200, VM.Audit)"));
        var permissions = (await token.GetAsync("access/permissions", ("path", "/vms/200"))).Data!["/vms/200"]!.AsObject();
        Assert.That(permissions.Select(p => p.Key), Is.EqualTo(new[] { "VM.Allocate" }));
    }

    [Test]
    public async Task A_deeper_entry_replaces_what_is_inherited()
    {
        await using var node = await TestNode.StartAsync();
        using var user = await node.UserAsync("builder", "/vms", "VM.Allocate", "VM.Audit");
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        Assert.That((await user.GetAsync("nodes/pve/qemu/200/config")).Status, Is.EqualTo(200));
        await node.Root.DoAsync(node.Root.PutAsync("access/acl", ("path", "/vms/200"), ("users", "builder@pve"), ("roles", "NoAccess")));
        Assert.That((await user.GetAsync("nodes/pve/qemu/200/config")).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task An_entry_that_does_not_propagate_holds_only_there()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        using var user = await node.UserAsync("builder", "/pool/none");
        await node.Root.DoAsync(node.Root.PutAsync("access/acl", ("path", "/vms"), ("users", "builder@pve"), ("roles", "PVEVMAdmin"), ("propagate", "0")));
        Assert.That((await user.GetAsync("nodes/pve/qemu/200/config")).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task A_pool_gives_its_roles_to_its_members()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("pools", ("poolid", "golden")));
        using var user = await node.UserAsync("builder", "/pool/golden", "VM.Allocate", "VM.Audit", "VM.Config.Options");
        Assert.That((await user.PostAsync("nodes/pve/qemu", ("vmid", "200"))).Status, Is.EqualTo(403));
        await user.DoAsync(user.PostAsync("nodes/pve/qemu", ("vmid", "200"), ("pool", "golden"), ("name", "x")));
        Assert.That((await user.GetAsync("nodes/pve/qemu/200/config")).Status, Is.EqualTo(200));
    }

    [TestCase("cores", "2", "VM.Config.CPU")]
    [TestCase("memory", "2048", "VM.Config.Memory")]
    [TestCase("description", "x", "VM.Config.Options")]
    [TestCase("scsihw", "virtio-scsi-pci", "VM.Config.HWType")]
    [TestCase("net0", "virtio", "VM.Config.Network")]
    [TestCase("ciuser", "x", "VM.Config.Cloudinit|VM.Config.Network")]
    [TestCase("boot", "order=net0", "VM.Config.Disk")]
    public async Task Each_key_of_the_configuration_needs_its_privilege(string key, string value, string privilege)
    {
        await using var node = await TestNode.StartAsync();
        using var user = await node.UserAsync("builder", "/vms", "VM.Allocate");
        var answer = await user.PostAsync("nodes/pve/qemu", ("vmid", "200"), (key, value));
        Assert.That((answer.Status, answer.Reason), Is.EqualTo((403, $"Permission check failed (/vms/200, {privilege})")));
    }

    [Test]
    public async Task Storages_and_bridges_need_their_privileges()
    {
        await using var node = await TestNode.StartAsync();
        using var user = await node.UserAsync("builder", "/vms", "VM.Allocate", "VM.Config.Disk", "VM.Config.Network");
        Assert.That((await user.PostAsync("nodes/pve/qemu", ("vmid", "200"), ("scsi0", "local-lvm:4"))).Reason, Is.EqualTo("Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)"));
        Assert.That((await user.PostAsync("nodes/pve/qemu", ("vmid", "200"), ("net0", "virtio,bridge=vmbr0"))).Reason, Is.EqualTo("Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)"));
        Assert.That((await user.PostAsync("nodes/pve/storage/local/upload", ("content", "iso"), ("filename", "a.iso"))).Reason, Is.EqualTo("Permission check failed (/storage/local, Datastore.AllocateTemplate)"));
    }

    [TestCase("9", "VM.Monitor", false)]
    [TestCase("9", "VM.GuestAgent.Audit", true)]
    [TestCase("8", "VM.Monitor", true)]
    [TestCase("8.4", "VM.GuestAgent.Audit", false)]
    public async Task Versions_differ_in_their_privileges(string version, string privilege, bool known)
    {
        await using var node = await TestNode.StartAsync(o => o with { PveVersion = version });
        Assert.That((await node.Root.GetAsync("version")).Data!["version"]!.GetValue<string>(), Does.StartWith(version));
        var answer = await node.Root.PostAsync("access/roles", ("roleid", "Builder"), ("privs", privilege));
        Assert.That(answer.Status, Is.EqualTo(known ? 200 : 400), answer.Reason);
    }

    [Test]
    public async Task The_agent_needs_the_privilege_of_the_version()
    {
        await using var node = await TestNode.StartAsync(o => o with { PveVersion = "8" });
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200"), ("agent", "1")));
        using var user = await node.UserAsync("builder", "/vms", "VM.Audit");
        Assert.That((await user.PostAsync("nodes/pve/qemu/200/agent/ping")).Reason, Is.EqualTo("Permission check failed (/vms/200, VM.Monitor)"));
    }

    [Test]
    public async Task Destroying_a_vm_removes_what_was_permitted_on_it()
    {
        await using var node = await TestNode.StartAsync();
        await node.UserAsync("builder", "/vms/200", "VM.Allocate");
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        await node.Root.DoAsync(node.Root.DeleteAsync("nodes/pve/qemu/200"));
        Assert.That((await node.Root.GetAsync("access/acl")).Data!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task Nobody_grants_more_than_is_his()
    {
        await using var node = await TestNode.StartAsync();
        using var user = await node.UserAsync("builder", "/vms", "VM.Allocate");
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200")));
        Assert.That((await user.PutAsync("access/acl", ("path", "/vms/200"), ("users", "builder@pve"), ("roles", "Administrator"))).Error("role"), Does.StartWith("Cannot add role 'Administrator'"));
        Assert.That((await user.PutAsync("access/acl", ("path", "/storage/local"), ("users", "builder@pve"), ("roles", "builder"))).Status, Is.EqualTo(403));
    }
}
