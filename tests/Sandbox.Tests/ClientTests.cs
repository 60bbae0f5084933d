namespace Sandbox.Tests;

/// <summary>What clients other than Packer and this program rely on: the forms they log in by and the words they look for.</summary>
public sealed class ClientTests
{
    private const string Secret = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

    /// <summary>A call, and its status with the beginning of its reason.</summary>
    [TestCase("DELETE pools/x", "500 delete pool failed: pool 'x' does not exist")]
    [TestCase("DELETE pools?poolid=x", "500 delete pool failed: pool 'x' does not exist")]
    [TestCase("PUT pools/x?comment=a", "500 update pools failed: pool 'x' does not exist")]
    [TestCase("POST pools?poolid=a/b", "500 create pool failed: parent 'a' of pool 'a/b' does not exist")]
    [TestCase("POST pools?poolid=used", "500 create pool failed: pool 'used' already exists")]
    [TestCase("DELETE pools/used", "500 delete pool failed: pool 'used' is not empty (contains VM 200)")]
    [TestCase("PUT pools/used?vms=200", "500 update pools failed: VM 200 is already a pool member")]
    [TestCase("PUT pools/other?vms=200", "500 update pools failed: VM 200 belongs already to pool 'used' and 'allow-move' is not set")]
    [TestCase("PUT access/acl?path=/vms&roles=PVEVMAdmin&users=x@pve", "500 ACL update failed: user 'x@pve' does not exist")]
    [TestCase("PUT access/acl?path=/vms&roles=PVEVMAdmin&groups=x", "500 ACL update failed: group 'x' does not exist")]
    [TestCase("PUT access/acl?path=/vms&roles=x&users=root@pam", "500 ACL update failed: role 'x' does not exist")]
    [TestCase("DELETE access/roles/x", "500 delete role failed: role 'x' does not exist")]
    [TestCase("PUT access/roles/x?privs=VM.Audit", "500 update role failed: role 'x' does not exist")]
    [TestCase("PUT access/users/x@pve?comment=a", "500 update user failed: no such user ('x@pve')")]
    [TestCase("DELETE access/users/x@pve", "200 OK")]
    [TestCase("POST nodes/pve/qemu/200/clone?newid=300&full=0", "500 Linked clone feature is not supported for ")]
    [TestCase("POST nodes/pve/qemu/200/clone?newid=300&full=0&storage=local-lvm", "500 parameter 'storage' not allowed for linked clones")]
    [TestCase("POST nodes/pve/qemu/201/clone?newid=300&full=0", "200 OK")]
    public async Task Words_that_clients_look_for(string call, string expected)
    {
        await using var node = await NodeAsync();
        var answer = await SendAsync(node.Root, call);
        Assert.That($"{answer.Status} {answer.Reason}", Does.StartWith(expected));
    }

    [TestCase("200 scsi1=local-lvm:0.5", "scsi1", "local-lvm:vm-200-disk-1,size=512M")]
    [TestCase("200 efidisk0=local-lvm:1", "efidisk0", "local-lvm:vm-200-disk-1,size=4M")]
    [TestCase("200 cpulimit=1.5", "cpulimit", "1.5")]
    [TestCase("201 name=a", "boot", " ")]
    [TestCase("200 tags=Debian;b;A", "tags", "a;b;debian")]
    [TestCase("200 tags=Zed,beta;Beta Zed", "tags", "beta;zed")]
    public async Task A_configuration_holds_what_the_real_one_would(string change, string key, string? expected)
    {
        await using var node = await NodeAsync();
        var (vmid, parameter) = (change[..3], change[4..].Split('=', 2));
        await node.Root.DoAsync(node.Root.PostAsync($"nodes/pve/qemu/{vmid}/config", (parameter[0], parameter[1])));
        var value = (await node.Root.GetAsync($"nodes/pve/qemu/{vmid}/config")).Data![key];
        Assert.That((string?)value, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_failed_change_of_a_pool_changes_nothing()
    {
        await using var node = await NodeAsync();
        Assert.That((await node.Root.PutAsync("pools/used", ("comment", "new"), ("vms", "200"))).Status, Is.EqualTo(500));
        var pool = (await node.Root.GetAsync("pools/used")).Data!;
        Assert.That(((string?)pool["comment"], (string?)pool["poolid"]), Is.EqualTo(((string?)null, "used")));
    }

    [Test]
    public async Task Unlinking_a_device_that_is_no_disk_deletes_it()
    {
        await using var node = await NodeAsync();
        await node.Root.DoAsync(node.Root.PutAsync("nodes/pve/qemu/201/config", ("net0", "virtio,bridge=vmbr0")));
        await node.Root.DoAsync(node.Root.PutAsync("nodes/pve/qemu/201/unlink", ("idlist", "net0")));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu/201/config")).Data!["net0"], Is.Null);
    }

    [Test]
    public async Task A_container_template_has_a_suffix_of_its_own()
    {
        await using var node = await NodeAsync();
        var answer = await node.Root.PostAsync("nodes/pve/storage/local/download-url", ("content", "vztmpl"), ("filename", "a.iso"), ("url", "https://example.invalid/a"));
        Assert.That(answer.Error("filename"), Is.EqualTo("wrong file extension"));
    }

    [Test]
    public async Task The_removal_of_a_missing_medium_is_a_task_that_warns()
    {
        await using var node = await NodeAsync();
        var answer = await node.Root.DeleteAsync("nodes/pve/storage/local/content/local:iso/missing.iso");
        Assert.That(answer.Text, Does.Contain(":imgdel:local:root@pam:"));
        await node.Root.ExitStatusAsync(answer.Text);
        var log = (await node.Root.GetAsync($"nodes/pve/tasks/{answer.Text}/log")).Data!.ToJsonString();
        Assert.That(log, Does.Contain("does not exist"));
    }

    [Test]
    public async Task A_running_machine_names_the_type_that_it_was_given()
    {
        await using var node = await NodeAsync();
        await node.Root.DoAsync(node.Root.PutAsync("nodes/pve/qemu/200/config", ("machine", "q35")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/200/status/start"));
        var status = (await node.Root.GetAsync("nodes/pve/qemu/200/status/current")).Data!;
        Assert.That((string?)status["running-machine"], Does.StartWith("pc-q35-"));
    }

    [Test]
    public async Task A_comment_of_one_blank_is_none()
    {
        await using var node = await NodeAsync();
        await node.Root.PostAsync("access/users/root@pam/token/tok", ("comment", " "));
        Assert.That((string?)(await node.Root.GetAsync("access/users/root@pam/token/tok")).Data!["comment"], Is.Empty.Or.Null);
    }

    /// <summary>What the path says must not be contradicted; between query and body, the query counts.</summary>
    [TestCase("nodes/pve/qemu/200/config", "vmid", "200", 200)]
    [TestCase("nodes/pve/qemu/200/config", "node", "pve", 200)]
    [TestCase("nodes/pve/qemu/200/config", "vmid", "201", 400)]
    [TestCase("nodes/pve/qemu/200/config?name=b", "name", "b", 200)]
    [TestCase("nodes/pve/qemu/200/config?name=b", "name", "c", 200)]
    public async Task A_parameter_may_be_given_twice_with_one_value(string path, string name, string value, int status)
    {
        await using var node = await NodeAsync();
        Assert.That((await node.Root.PutAsync(path, ("description", "x"), (name, value))).Status, Is.EqualTo(status));
    }

    [TestCase("ticket", "good", null, 200)]
    [TestCase("ticket-in-header", "good", null, 200)]
    [TestCase("ticket", "bad", null, 401)]
    [TestCase("token", null, "=", 200)]
    [TestCase("token", null, " ", 200)]
    [TestCase("token", null, "encoded", 200)]
    [TestCase("token", "good", "bad", 200)]
    [TestCase("token", "bad", "=", 401)]
    public async Task Forms_of_logging_in(string kind, string? cookie, string? token, int status)
    {
        await using var node = await NodeAsync();
        var made = await node.Root.PostAsync("access/users/root@pam/token/tok", ("privsep", "0"));
        var secret = (string)made.Data!["value"]!;
        var good = node.Root.Headers["Cookie"]["PVEAuthCookie=".Length..];
        using var client = new ApiClient(node.Node);
        if (cookie is not null)
        {
            var ticket = "PVEAuthCookie=" + (cookie == "good" ? Uri.EscapeDataString(good) : "PVE:root@pam:00000000::bad");
            client.Headers[kind == "ticket-in-header" ? "Authorization" : "Cookie"] = ticket;
        }

        if (token is not null)
        {
            client.Headers["Authorization"] = token switch
            {
                "bad" => $"PVEAPIToken=root@pam!tok={Secret}",
                "encoded" => $"PVEAPIToken=root%40pam%21tok={secret}",
                _ => $"PVEAPIToken{token}root@pam!tok={secret}",
            };
        }

        Assert.That((await client.GetAsync("nodes")).Status, Is.EqualTo(status));
    }

    /// <summary>A node with a pool that is used and one that is not, a VM with a disk and one without.</summary>
    private static async Task<TestNode> NodeAsync()
    {
        var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("pools", ("poolid", "used")));
        await node.Root.DoAsync(node.Root.PostAsync("pools", ("poolid", "other")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "200"), ("pool", "used"), ("scsi0", "local-lvm:1")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "201")));
        return node;
    }

    private static Task<ApiAnswer> SendAsync(ApiClient client, string call)
    {
        var (method, rest) = (call.Split(' ')[0], call[(call.IndexOf(' ') + 1)..].Split('?', 2));
        var parameters = rest.Length == 1 ? [] : rest[1].Split('&').Select(p => p.Split('=', 2)).Select(p => (p[0], p[1]));
        return client.SendAsync(method, rest[0], parameters);
    }
}
