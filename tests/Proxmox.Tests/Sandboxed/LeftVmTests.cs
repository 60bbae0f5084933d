using Foundation;
using Proxmox.Machines;
using Proxmox.Tests.Support;

namespace Proxmox.Tests.Sandboxed;

public sealed class LeftVmTests
{
    private const string Name = "test-1-20261122t191627z";

    private static readonly string Marker = new VmMarker(VmPurpose.Build, "test-1", SandboxFixture.Chain.ToString()).ToString();

    [TestCase(Name, BuildCleanup.PackersDescription, false, VmFate.Left)]
    [TestCase(Name, "", false, VmFate.Left)]
    [TestCase(Name, "marker", false, VmFate.Left)]
    [TestCase(Name, "marker", true, VmFate.Template)]
    [TestCase(Name, BuildCleanup.PackersDescription, true, VmFate.Left, Description = "a template without our marker is not a finished one")]
    [TestCase("webserver", "", false, VmFate.Gone, Description = "the VMID is somebody else's by now")]
    [TestCase(Name, "packer-build-records: purpose=build template=test-1 chain=CHAIN-20270101T000000Z-test-1", true, VmFate.Gone)]
    public async Task What_became_of_a_VM_is_seen_on_the_server(string name, string description, bool template, VmFate fate)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000, name, description == "marker" ? Marker : description, template);
        Assert.That(await LeftVm.LookAsync(sandbox.Admin, Note(sandbox)), Is.EqualTo((fate, (string?)null)));
    }

    [Test]
    public async Task A_VM_that_is_not_there_is_gone()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        Assert.That(await LeftVm.LookAsync(sandbox.Admin, Note(sandbox)), Is.EqualTo((VmFate.Gone, (string?)null)));
    }

    [Test]
    public async Task A_VM_that_the_login_may_not_see_may_still_be_there()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        await SandboxFixture.CreateVmAsync(sandbox.Admin, 9000, Name);
        await sandbox.Admin.Access.SetAclAsync("/vms/9000", "NoAccess", "packer@pve", "packer@pve!build");
        var (fate, why) = await LeftVm.LookAsync(builder, Note(sandbox));
        Assert.Multiple(() =>
        {
            Assert.That(fate, Is.EqualTo(VmFate.Unknown));
            Assert.That(why, Does.Contain("403"));
        });
    }

    [Test]
    public async Task Nothing_is_known_where_the_server_does_not_answer()
    {
        var credentials = new ProxmoxCredentials { Username = "root@pam", Password = "x" };
        var connection = new ProxmoxConnection { Url = new Uri("https://127.0.0.1:1"), Credentials = credentials };
        using var client = new ProxmoxClient(connection, new ProxmoxClientOptions { Time = new FastTime() });
        var (fate, _) = await LeftVm.LookAsync(client, new VmNote("https://127.0.0.1:1", "pve", 9000, Name, SandboxFixture.Chain));
        Assert.That(fate, Is.EqualTo(VmFate.Unknown));
    }

    private static VmNote Note(SandboxFixture sandbox) => new(sandbox.Node.Url.ToString(), "pve", 9000, Name, SandboxFixture.Chain);
}
