using Proxmox.Access;
using Proxmox.Tests.Support;

namespace Proxmox.Tests.Sandboxed;

/// <summary>A VNet is a bridge whose right is below its own zone.</summary>
public sealed class VNetTests
{
    [TestCase("9", null, "/sdn/zones/lab/vlab0")]
    [TestCase("8", null, "/sdn/zones/lab/vlab0")]
    [TestCase("9", 7, "/sdn/zones/lab/vlab0/7")]
    public async Task Init_grants_it_there_and_a_build_finds_it_there(string version, int? vlan, string path)
    {
        await using var sandbox = await SandboxFixture.StartAsync(version);
        await sandbox.CreateVNetAsync("lab", "vlab0");
        using var builder = await sandbox.BuilderInPoolAsync("vlab0", vlan);
        var granted = (await sandbox.Admin.Access.GetAclAsync()).Select(a => a.Path).Distinct().Where(p => p.StartsWith("/sdn", StringComparison.Ordinal));
        Assert.That(granted, Is.EqualTo(new[] { path }));

        // The login for builds is not shown the list of VNets; its own permissions tell it the zone.
        Assert.That(await builder.Cluster.GetVNetsAsync(), Is.Empty);
        using var fresh = new ProxmoxClient(builder.Connection with { Zone = "" });
        var found = await Discovery.RunAsync(fresh);
        Assert.That((found.Bridge, found.Zone), Is.EqualTo(("vlab0", "lab")));
        await PrivilegeCheck.RequireAsync(builder, AccessScope.Of(builder.Connection, []));
        await PrivilegeCheck.RequireAsync(fresh, AccessScope.Of(fresh.Connection, []));
        var tag = vlan is null ? "" : $",tag={vlan}";
        await builder.WaitForTaskAsync(await builder.Node("pve").CreateVmAsync(
            9000, new Dictionary<string, string> { ["pool"] = "packer", ["net0"] = "virtio,bridge=vlab0" + tag }));
    }

    [Test]
    public async Task A_plain_bridge_stays_where_it_was_and_a_VLAN_of_it_is_granted_alone()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await sandbox.CreateVNetAsync("lab", "vlab0");
        using var builder = await sandbox.BuilderInPoolAsync("vmbr0", 42);
        Assert.That(builder.Connection.Zone, Is.EqualTo("localnetwork"));
        Assert.That((await sandbox.Admin.Access.GetAclAsync()).Select(a => a.Path), Does.Contain("/sdn/zones/localnetwork/vmbr0/42").And.Not.Contain("/sdn/zones/localnetwork/vmbr0"));
        var missing = await PrivilegeCheck.MissingAsync(builder, AccessScope.Of(builder.Connection with { Vlan = 43 }, []));
        Assert.That(missing.Select(m => (m.Path, m.Privilege)), Is.EqualTo(new[] { ("/sdn/zones/localnetwork/vmbr0/43", "SDN.Use") }));
    }

    [TestCase("""{"/sdn/zones/lab":{"SDN.Use":1}}""", "lab")]
    [TestCase("""{"/sdn/zones/lab":{"SDN.Use":0}}""", null)]
    [TestCase("""{"/sdn/zones/lab":{"SDN.Use":1},"/sdn/zones/z2/vlab0":{"SDN.Use":1}}""", "z2")]
    [TestCase("""{"/sdn/zones/localnetwork/vlab0":{"SDN.Use":1}}""", null)]
    [TestCase("""{"/sdn/zones/lab/other":{"SDN.Use":1}}""", null)]
    public void The_zone_is_read_from_the_permissions(string permissions, string? zone)
    {
        var tree = new PermissionTree(Newtonsoft.Json.JsonConvert.DeserializeObject<Dictionary<string, Dictionary<string, bool>>>(permissions)!);
        var scope = new AccessScope { Nodes = ["pve"], StorageVm = "s", StorageIso = "s", Bridge = "vlab0" };
        Assert.That(tree.ZoneOf(scope, isVNet: true), Is.EqualTo(zone));
    }
}
