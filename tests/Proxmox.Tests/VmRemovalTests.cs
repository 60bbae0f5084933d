using Foundation;
using Newtonsoft.Json;
using Proxmox.Machines;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

/// <summary>A VM that the server does not destroy: what is told is what will really become of it.</summary>
public sealed class VmRemovalTests
{
    private static readonly ChainId Chain = new(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9");

    [Test]
    public async Task Packer_s_VM_has_to_be_destroyed_by_hand()
    {
        using var server = new ScriptedServer(r => Answer(r, "rocky-9-x", BuildCleanup.PackersDescription));
        using var client = Client(server);
        var log = new ListLog();
        Assert.That(await new BuildCleanup(client, log).RemoveVmAsync(new BuildIdentity("pve", 9000, "rocky-9-x", Chain)), Is.False);
        Assert.That(Error(log), Does.StartWith("VM 9000 on pve could not be destroyed (").And.Contain("storage 'fast' is not online").And.EndsWith("); destroy it by hand"));
    }

    [Test]
    public async Task A_test_clone_is_looked_for_by_the_next_run_again()
    {
        var marker = new VmMarker(VmPurpose.SmokeTest, "rocky-9", Chain.ToString()) { Until = DateTimeOffset.UnixEpoch };
        using var server = new ScriptedServer(r => Answer(r, "smoke-rocky-9-9000", marker.ToString()));
        using var client = Client(server);
        var log = new ListLog();
        Assert.That(await new LeftClones(client, log).RemoveAsync(), Is.Empty);
        Assert.That(Error(log), Does.StartWith("VM 9000 on pve could not be destroyed (").And.EndsWith("); the next run tries again"));

        await new LeftClones(client, new ListLog()).RemoveAsync();
        Assert.That(server.Requests.Count(r => r.Method == "DELETE"), Is.EqualTo(2));
    }

    private static string Error(ListLog log) => log.Lines.Single(l => l.Level == EventLevel.Error).Message;

    private static ProxmoxClient Client(ScriptedServer server) => new(
        new ProxmoxConnection
        {
            Url = server.Url, Node = "pve", StorageVm = "fast", Bridge = "vmbr7",
            Credentials = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "x" },
        },
        new ProxmoxClientOptions { Time = new FastTime() });

    /// <summary>A node with one VM, which is stopped and cannot be destroyed.</summary>
    private static string Answer(RawRequest request, string name, string description) =>
        (request.Method, request.Target["/api2/json".Length..].Split('?')[0]) switch
        {
            ("DELETE", _) => ScriptedServer.Json("""{"data":null}""", "500 storage 'fast' is not online"),
            (_, "/cluster/resources") => ScriptedServer.Data(JsonConvert.SerializeObject(
                new[] { new { type = "qemu", vmid = 9000, name, node = "pve", status = "stopped", template = 0 } })),
            (_, "/nodes/pve/qemu/9000/config") => ScriptedServer.Data(JsonConvert.SerializeObject(new { name, description })),
            (_, "/nodes/pve/qemu/9000/status/current") => ScriptedServer.Data("""{"status":"stopped"}"""),
            _ => ScriptedServer.Data("[]"),
        };
}
