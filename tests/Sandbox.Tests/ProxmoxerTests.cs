using System.Diagnostics;

namespace Sandbox.Tests;

/// <summary>A real client of Proxmox VE, Debian's python3-proxmoxer, against the node.</summary>
public sealed class ProxmoxerTests
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import sys
        from proxmoxer import ProxmoxAPI

        host, port, certificate, password = sys.argv[1:]
        root = ProxmoxAPI(host, port=int(port), user="root@pam", password=password, verify_ssl=certificate)
        root.access.users.create(userid="packer@pve", password="correct horse")
        secret = root.access.users("packer@pve").token("build").create(privsep=0)["value"]
        root.access.acl.put(path="/", users="packer@pve", roles="Administrator")
        api = ProxmoxAPI(host, port=int(port), user="packer@pve", token_name="build", token_value=secret, verify_ssl=certificate)
        node = api.nodes(api.nodes.get()[0]["node"])

        def done(upid):
            status = node.tasks(upid).status.get()
            assert status["status"] == "stopped" and status["exitstatus"] == "OK", status

        vmid = int(api.cluster.nextid.get())
        done(node.qemu.create(vmid=vmid, name="one", memory=512, agent=1, scsi0="local-lvm:4", net0="virtio,bridge=vmbr0"))
        vm = node.qemu(vmid)
        done(vm.status.start.post())
        assert vm.status.current.get()["status"] == "running"
        try:
            vm.agent.ping.post()
            raise SystemExit("the agent answered without a guest")
        except Exception as e:
            assert "QEMU guest agent is not running" in str(e), e
        done(vm.status.stop.post())
        done(vm.clone.post(newid=vmid + 1, full=1, name="two"))
        done(node.qemu(vmid + 1).template.post())
        assert node.qemu(vmid + 1).config.get()["template"] == 1
        done(node.qemu(vmid + 1).delete())
        done(vm.delete())
        assert node.qemu.get() == []
        print("all done")
        """;

    [Test]
    public async Task It_creates_starts_asks_clones_templates_and_destroys()
    {
        Assert.That((await RunAsync("-c", "import proxmoxer")).Code, Is.Zero, "install the packages python3 and python3-proxmoxer: this test needs them");
        await using var node = await TestNode.StartAsync();
        var (code, output) = await RunAsync("-c", Script, "127.0.0.1", node.Node.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), node.Node.CertificateFile, node.Node.RootPassword);
        Assert.That(output, Does.EndWith("all done\n"));
        Assert.That(code, Is.Zero, output);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        if (!File.Exists(Python))
        {
            return (-1, "");
        }

        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await error + await output);
    }
}
