namespace Sandbox.Tests;

/// <summary>
/// What the node answers a token whose rights come from a pool. Statuses, reasons and ends of tasks are those that real
/// servers gave (9.2.11, 8.4.1).
/// </summary>
public sealed class PoolLoginTests
{
    private static readonly string[] OfBuilds =
    [
        "VM.Allocate", "VM.Audit", "VM.Clone", "VM.Config.CDROM", "VM.Config.CPU", "VM.Config.Cloudinit", "VM.Config.HWType",
        "VM.Config.Memory", "VM.Config.Network", "VM.Config.Options", "VM.Console", "VM.PowerMgmt",
    ];

    [TestCase("VM.Config.Cloudinit")]
    [TestCase("VM.Config.CDROM")]
    public async Task A_cloud_init_drive_of_an_existing_vm_needs_both_privileges(string missing)
    {
        await using var node = await TestNode.StartAsync();
        using var login = await InPoolAsync(node, OfBuilds.Except([missing]));

        // Creation asks for neither, and no storage is asked about.
        await login.DoAsync(login.PostAsync("nodes/pve/qemu", ("vmid", "9100"), ("pool", "builds"), ("ide2", "none,media=cdrom"), ("ide3", "local-lvm:cloudinit")));
        var put = await login.PutAsync("nodes/pve/qemu/9100/config", ("ide0", "local-lvm:cloudinit"));
        Assert.That((put.Status, put.Reason), Is.EqualTo((403, $"Permission check failed (/vms/9100, {missing})")));
        var post = await login.PostAsync("nodes/pve/qemu/9100/config", ("ide0", "local-lvm:cloudinit"));
        Assert.That(post.Status, Is.EqualTo(200));
        Assert.That(await login.ExitStatusAsync(post.Text), Is.EqualTo($"403 Permission check failed (/vms/9100, {missing})"));
        var delete = await login.PutAsync("nodes/pve/qemu/9100/config", ("delete", "ide3"));
        Assert.That(delete.Reason, Is.EqualTo($"Permission check failed (/vms/9100, {missing})"));
    }

    [TestCase("9", false)]
    [TestCase("9.1", true)]
    [TestCase("8", true)]
    public async Task Tags_at_creation_are_asked_for_outside_of_the_pool_since_9_2(string version, bool allowed)
    {
        await using var node = await TestNode.StartAsync(o => o with { PveVersion = version });
        using var login = await InPoolAsync(node, OfBuilds);
        var made = await login.PostAsync("nodes/pve/qemu", ("vmid", "9100"), ("pool", "builds"), ("tags", "golden;Linux;golden"));
        Assert.That(await login.ExitStatusAsync(made.Text), Is.EqualTo(allowed ? "OK" : "unable to create VM 9100 - 403 Permission check failed (/vms/9100, VM.Config.Options)"));
        if (!allowed)
        {
            Assert.That((await node.Root.GetAsync("nodes/pve/qemu/9100/config")).Status, Is.EqualTo(500), "nothing is left");
            await login.DoAsync(login.PostAsync("nodes/pve/qemu", ("vmid", "9100"), ("pool", "builds")));
            await login.DoAsync(login.PutAsync("nodes/pve/qemu/9100/config", ("tags", "golden;Linux;golden")));
        }

        Assert.That((await login.GetAsync("nodes/pve/qemu/9100/config")).Data!["tags"]!.GetValue<string>(), Is.EqualTo(allowed ? "golden;Linux;golden" : "golden;linux"));
    }

    [TestCase("user-allow=none", "", "golden", "golden")]
    [TestCase("user-allow=list,user-allow-list=golden;test", "", "golden;test", null)]
    [TestCase("user-allow=list,user-allow-list=golden", "", "golden;test", "test")]
    [TestCase("user-allow=existing", "", "seen", null)]
    [TestCase("user-allow=existing", "", "golden", "golden")]
    [TestCase("", "golden", "golden", "golden")]
    [TestCase("", "", "golden", null)]
    public async Task Tags_can_be_left_to_administrators(string access, string registered, string tags, string? refused)
    {
        await using var node = await TestNode.StartAsync();
        using var login = await InPoolAsync(node, OfBuilds);
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "9101"), ("pool", "builds"), ("tags", "seen")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "9100"), ("pool", "builds")));
        await node.Root.DoAsync(node.Root.PutAsync("cluster/options", [.. new[] { ("user-tag-access", access), ("registered-tags", registered) }.Where(o => o.Item2.Length > 0)]));
        var answer = await login.PutAsync("nodes/pve/qemu/9100/config", ("tags", tags));
        Assert.That(answer.Reason, Is.EqualTo(refused is null ? "OK" : $"Permission check failed (/, Sys.Modify for modifying tag '{refused}')"));
    }

    [Test]
    public async Task A_vm_joins_its_pool_when_it_is_made()
    {
        var time = new HeldTime(TimeSpan.FromSeconds(8));
        await using var node = await TestNode.StartAsync(o => o with { Time = time, Faults = [SandboxFault.Parse("slow:qmcreate=8000")] });
        using var login = await InPoolAsync(node, OfBuilds.Append("VM.GuestAgent.Audit"));
        var made = await login.PostAsync("nodes/pve/qemu", ("vmid", "9100"), ("pool", "builds"), ("agent", "1"));
        Assert.That(made.Status, Is.EqualTo(200), made.Reason);
        Assert.That((await login.GetAsync($"nodes/pve/tasks/{made.Text}/status")).Data!["status"]!.GetValue<string>(), Is.EqualTo("running"));
        Assert.That((await login.GetAsync("nodes/pve/qemu/9100/status/current")).Reason, Is.EqualTo("Permission check failed (/vms/9100, VM.Audit)"));
        Assert.That(
            (await login.GetAsync("nodes/pve/qemu/9100/agent/network-get-interfaces")).Reason,
            Is.EqualTo("Permission check failed (/vms/9100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)"));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu/9100/config")).Data!["lock"]!.GetValue<string>(), Is.EqualTo("create"));
        Assert.That((await node.Root.PostAsync("nodes/pve/qemu", ("vmid", "9100"))).Reason, Does.Contain("already exists"));
        time.Release();
        Assert.That(await login.ExitStatusAsync(made.Text), Is.EqualTo("OK"));
        var config = (await login.GetAsync("nodes/pve/qemu/9100/config")).Data!;
        Assert.That((config["lock"], config["agent"]!.GetValue<string>()), Is.EqualTo(((object?)null, "1")));
    }

    [Test]
    public async Task A_vnet_is_a_bridge_below_its_own_zone()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        await root.DoAsync(root.PostAsync("cluster/sdn/zones", ("zone", "lab"), ("type", "simple")));
        await root.DoAsync(root.PostAsync("cluster/sdn/vnets", ("vnet", "vlab0"), ("zone", "lab"), ("alias", "the lab")));
        Assert.That(await BridgesAsync(root), Is.EqualTo(new[] { "vmbr0" }), "not applied yet");
        await root.DoAsync(root.PutAsync("cluster/sdn"));
        Assert.That(await BridgesAsync(root), Is.EqualTo(new[] { "vlab0", "vmbr0" }));
        Assert.That((await root.GetAsync("cluster/sdn/vnets")).Data![0]!["zone"]!.GetValue<string>(), Is.EqualTo("lab"));

        using var login = await InPoolAsync(node, [.. OfBuilds, "SDN.Use"]);
        Task<ApiAnswer> Make(string net, string vmid = "9100") => login.PostAsync("nodes/pve/qemu", ("vmid", vmid), ("pool", "builds"), ("net0", net));
        await GrantAsync(root, "/sdn/zones/localnetwork/vlab0");
        Assert.That((await Make("virtio,bridge=vlab0")).Reason, Is.EqualTo("Permission check failed (/sdn/zones/lab/vlab0, SDN.Use)"));
        Assert.That(await BridgesAsync(login), Is.Empty);
        await GrantAsync(root, "/sdn/zones/lab/vlab0/5");
        Assert.That((await Make("virtio,bridge=vlab0,tag=6")).Reason, Is.EqualTo("Permission check failed (/sdn/zones/lab/vlab0/6, SDN.Use)"));
        Assert.That((await Make("virtio,bridge=vlab0")).Reason, Is.EqualTo("Permission check failed (/sdn/zones/lab/vlab0, SDN.Use)"));
        Assert.That(await BridgesAsync(login), Is.EqualTo(new[] { "vlab0" }), "a VLAN of it is enough to see it");
        await login.DoAsync(Make("virtio,bridge=vlab0,tag=5"));
        await GrantAsync(root, "/sdn/zones/lab");
        await login.DoAsync(Make("virtio,bridge=vlab0,trunks=6;8-9", "9101"));
        Assert.That((await login.GetAsync("cluster/sdn/vnets")).Data!.AsArray(), Is.Empty, "who only uses it is not shown its zone");
        await login.DoAsync(login.PostAsync("nodes/pve/qemu/9101/status/start"));
    }

    [Test]
    public async Task A_ticket_may_come_in_the_authorization_header()
    {
        await using var node = await TestNode.StartAsync();
        var client = node.Root;
        client.Headers["Authorization"] = client.Headers["Cookie"];
        client.Headers.Remove("Cookie");
        Assert.That((await client.GetAsync("version")).Status, Is.EqualTo(200));
        await client.DoAsync(client.PostAsync("pools", ("poolid", "golden")));
        client.Headers.Remove("CSRFPreventionToken");
        Assert.That((await client.PostAsync("pools", ("poolid", "x"))).Reason, Is.EqualTo("Permission denied - invalid csrf token"));
        client.Headers["Authorization"] = "PVEAuthCookie=PVE:root@pam:0::forged";
        Assert.That((await client.GetAsync("version")).Status, Is.EqualTo(401));
    }

    private static async Task<string[]> BridgesAsync(ApiClient client) =>
        [.. (await client.GetAsync("nodes/pve/network", ("type", "any_bridge"))).Data!.AsArray().Select(b => b!["iface"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private static Task GrantAsync(ApiClient root, string path) =>
        root.DoAsync(root.PutAsync("access/acl", ("path", path), ("users", "builder@pve"), ("tokens", "builder@pve!tok"), ("roles", "builder")));

    /// <summary>A token with the privileges on the pool <c>builds</c> alone.</summary>
    private static async Task<ApiClient> InPoolAsync(TestNode node, IEnumerable<string> privileges)
    {
        await node.Root.DoAsync(node.Root.PostAsync("pools", ("poolid", "builds")));
        using var user = await node.UserAsync("builder", "/pool/builds", [.. privileges]);
        var made = await node.Root.PostAsync("access/users/builder@pve/token/tok", ("privsep", "1"));
        await GrantAsync(node.Root, "/pool/builds");
        return ApiClient.WithToken(node.Node, "builder@pve!tok", made.Data!["value"]!.GetValue<string>());
    }

    /// <summary>The system's clock, on which one kind of delay lasts until it is released.</summary>
    private sealed class HeldTime(TimeSpan held) : TimeProvider
    {
        private readonly List<Action> waiting = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != held)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            lock (waiting)
            {
                waiting.Add(() => callback(state));
            }

            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Release()
        {
            lock (waiting)
            {
                waiting.ForEach(w => w());
                waiting.Clear();
            }
        }
    }
}
