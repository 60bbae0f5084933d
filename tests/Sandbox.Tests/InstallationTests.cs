using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.Tests;

/// <summary>From an empty disk to a clone that answers, through the API alone.</summary>
public sealed class InstallationTests
{
    private const string Kickstart = """
        text
        url --mirrorlist="https://mirrors.rockylinux.org/mirrorlist?arch=x86_64&repo=BaseOS-9"
        repo --name=AppStream --mirrorlist="https://mirrors.rockylinux.org/mirrorlist?arch=x86_64&repo=AppStream-9"
        lang en_US.UTF-8
        keyboard --vckeymap=us
        timezone Etc/UTC --utc
        network --bootproto=dhcp --device=link --onboot=on --activate --hostname=rocky
        rootpw --lock
        user --name=build --groups=wheel --lock
        sshkey --username=build "{0}"
        firewall --enabled --service=ssh
        services --enabled=sshd,qemu-guest-agent
        zerombr
        clearpart --all --initlabel
        bootloader --location=mbr
        reqpart
        part / --fstype=xfs --size=4096 --grow
        reboot
        %packages
        @^minimal-environment
        cloud-init
        openssh-server
        qemu-guest-agent
        sudo
        %end
        """;

    // A key that belongs to nobody.
    public const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7zq2b3mC0dX9yqJ0M3kq4o8b0S1aT2c3V4d5W6e7X8 test";

    public static string KickstartFor(string key) => Kickstart.Replace("{0}", key, StringComparison.Ordinal);

    [Test]
    public async Task A_kickstart_that_cannot_be_fetched_ends_the_task_with_the_reason()
    {
        await using var node = await TestNode.StartAsync();
        await CreateAsync(node.Root);
        await TypeAsync(node.Root, " inst.text inst.ks=http://127.0.0.1:1/ks.cfg");
        var task = await InstallTaskAsync(node.Root);
        Assert.That(await node.Root.ExitStatusAsync(task), Does.Contain("127.0.0.1:1"));
        var log = (await node.Root.GetAsync($"nodes/pve/tasks/{task}/log", ("limit", "0"))).Data!.AsArray();
        Assert.That(log, Has.Count.GreaterThan(2));
        Assert.That((string?)(await node.Root.GetAsync("nodes/pve/qemu/100/status/current")).Data!["status"], Is.EqualTo("running"));
    }

    [Test]
    public async Task A_stop_in_the_middle_is_no_failure_of_the_installation()
    {
        await using var node = await TestNode.StartAsync();
        await CreateAsync(node.Root);
        var task = await InstallTaskAsync(node.Root);
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/stop"));
        Assert.That(await node.Root.ExitStatusAsync(task), Is.EqualTo("WARNINGS: 1"));
        await node.Root.DoAsync(node.Root.DeleteAsync("nodes/pve/qemu/100"));
    }

    [Test]
    public async Task An_installed_system_answers_and_so_does_its_clone()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        using var server = new OneFileServer(KickstartFor(Key));
        await CreateAsync(root);
        await TypeAsync(root, $" inst.text inst.ks=http://127.0.0.1:{server.Port}/ks.cfg");
        Assert.That(await root.ExitStatusAsync(await InstallTaskAsync(root)), Is.EqualTo("OK"));
        Assert.That((await root.PostAsync("nodes/pve/qemu/100/agent/ping")).Status, Is.EqualTo(200));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/100/status/shutdown"));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/100/template"));

        await root.DoAsync(root.PostAsync("nodes/pve/qemu/100/config", ("ide3", "local-lvm:cloudinit"), ("ide2", "none,media=cdrom")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/100/clone", ("newid", "200"), ("name", "copy")));
        await root.DoAsync(root.PutAsync("nodes/pve/qemu/200/config", ("ciuser", "admin"), ("sshkeys", Uri.EscapeDataString(Key)), ("ipconfig0", "ip=dhcp")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/200/status/start"));
        var os = (await root.GetAsync("nodes/pve/qemu/200/agent/get-osinfo")).Data!["result"]!;
        Assert.That((string?)os["id"], Is.EqualTo("rocky"));
        var cards = (await root.GetAsync("nodes/pve/qemu/200/agent/network-get-interfaces")).Data!["result"]!.AsArray();
        Assert.That((string?)cards[1]!["ip-addresses"]![0]!["ip-address"], Does.StartWith("192.0.2."));
        var pid = (await root.PostAsync("nodes/pve/qemu/200/agent/exec", ("command", "hostname"))).Data!["pid"]!.ToString();
        var executed = (await root.GetAsync("nodes/pve/qemu/200/agent/exec-status", ("pid", pid))).Data!;
        Assert.That(((int?)executed["exitcode"], (string?)executed["err-data"]), Is.EqualTo((127, "This guest is simulated: the command was noted, and nothing ran.\n")));
        Assert.That((await root.PostAsync("nodes/pve/qemu/200/agent/shutdown")).Status, Is.EqualTo(200));
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/200/status/current")).Data!["status"], Is.EqualTo("stopped"));
    }

    [Test]
    public async Task A_silent_agent_answers_nobody()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("agent:silent")] });
        using var server = new OneFileServer(KickstartFor(Key));
        await CreateAsync(node.Root);
        await TypeAsync(node.Root, $" inst.text inst.ks=http://127.0.0.1:{server.Port}/ks.cfg");
        Assert.That(await node.Root.ExitStatusAsync(await InstallTaskAsync(node.Root)), Is.EqualTo("OK"));
        Assert.That((await node.Root.PostAsync("nodes/pve/qemu/100/agent/ping")).Reason, Is.EqualTo("QEMU guest agent is not running"));
    }

    private static async Task CreateAsync(ApiClient root)
    {
        await root.DoAsync(root.PostAsync("nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", TestNode.Medium.File), ("url", TestNode.Medium.Urls[0].AbsoluteUri)));
        await root.DoAsync(root.PostAsync(
            "nodes/pve/qemu", ("vmid", "100"), ("name", "rocky"), ("memory", "2048"), ("agent", "1"), ("ostype", "l26"), ("scsihw", "virtio-scsi-pci"), ("scsi0", "local-lvm:16"),
            ("net0", "virtio,bridge=vmbr0"), ("ide2", $"local:iso/{TestNode.Medium.File},media=cdrom")));
        await root.DoAsync(root.PostAsync("nodes/pve/qemu/100/status/start"));
    }

    private static async Task<string> InstallTaskAsync(ApiClient root) =>
        (await root.GetAsync("nodes/pve/tasks", ("source", "all"), ("typefilter", "sandbox-install"), ("vmid", "100"))).Data!.AsArray().Single()!["upid"]!.GetValue<string>();

    private static async Task TypeAsync(ApiClient root, string text)
    {
        string[] keys = ["up", "tab", .. text.Select(c => c switch
        {
            ' ' => "spc", '.' => "dot", '=' => "equal", '/' => "slash", ':' => "shift-semicolon", _ => c.ToString(),
        }), "ret"];
        foreach (var key in keys)
        {
            Assert.That((await root.PutAsync("nodes/pve/qemu/100/sendkey", ("key", key))).Status, Is.EqualTo(200), key);
        }
    }
}

/// <summary>Serves one file to whoever asks.</summary>
internal sealed class OneFileServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public OneFileServer(string content)
    {
        listener.Start();
        _ = ServeAsync(Encoding.UTF8.GetBytes(content));
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync(byte[] content)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                await stream.ReadExactlyAsync(new byte[16]);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(content);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Closed by the test.
        }
    }
}
