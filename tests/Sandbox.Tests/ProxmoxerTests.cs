using System.Diagnostics;

namespace Sandbox.Tests;

/// <summary>A real client of Proxmox VE, Debian's python3-proxmoxer, against the node.</summary>
public sealed class ProxmoxerTests
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import sys
        from proxmoxer import ProxmoxAPI

        host, port, certificate, password, installed = sys.argv[1:]
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

        vm = node.qemu(int(installed))
        done(vm.status.start.post())
        assert vm.agent("get-host-name").get()["result"]["host-name"] == "guest"
        done(vm.status.suspend.post())
        assert vm.status.current.get()["qmpstatus"] == "paused"
        done(vm.status.resume.post())
        assert vm.status.current.get()["qmpstatus"] == "running"
        vm.config.put(memory=1024)
        memory = next(p for p in vm.pending.get() if p["key"] == "memory")
        assert (str(memory["value"]), str(memory["pending"])) == ("512", "1024"), memory
        done(vm.status.reboot.post())
        assert str(vm.config.get(current=1)["memory"]) == "1024"
        done(vm.snapshot.post(snapname="before", description="as it was"))
        vm.config.put(description="after")
        done(vm.status.stop.post())
        assert [s["name"] for s in vm.snapshot.get() if s["name"] != "current"] == ["before"]
        assert vm.snapshot("before").config.get()["description"] == "as it was"
        vm.snapshot("before").config.put(description="renamed")
        done(vm.snapshot("before").rollback.post(start=1))
        assert vm.status.current.get()["status"] == "running"
        assert "description" not in vm.config.get()
        done(vm.snapshot("before").delete())
        try:
            done(vm.snapshot("before").rollback.post())
            raise SystemExit("a snapshot that is gone came back")
        except AssertionError as e:
            assert "snapshot 'before' does not exist" in str(e), e
        done(vm.status.shutdown.post())
        done(vm.delete())
        assert node.qemu.get() == []
        print("all done")
        """;

    [Test]
    public async Task It_creates_pauses_reboots_snapshots_rolls_back_clones_templates_and_destroys()
    {
        Assert.That((await RunAsync("-c", "import proxmoxer, requests")).Code, Is.Zero, "install the packages python3, python3-proxmoxer and python3-requests: this test needs them");
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "900"), ("memory", "512"), ("agent", "1"), ("scsi0", "local-lvm:1"), ("net0", "virtio,bridge=vmbr0")));
        Conversation.Install(node, 900);
        var (code, output) = await RunAsync("-c", Script, "127.0.0.1", node.Node.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), node.Node.CertificateFile, node.Node.RootPassword, "900");
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
