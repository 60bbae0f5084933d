using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Qemu;

namespace Sandbox.Tests;

/// <summary>Clients that this project did not write, with a machine that is real: curl, proxmoxer, and a VNC client from npm.</summary>
[Category("RealMachine")]
internal sealed class RealMachineClientsTests
{
    private const string Proxmoxer = """
        import sys
        from proxmoxer import ProxmoxAPI

        port, certificate, password = sys.argv[1:]
        vm = ProxmoxAPI("127.0.0.1", port=int(port), user="root@pam", password=password, verify_ssl=certificate).nodes("pve").qemu(100)
        assert vm.status.current.get()["qmpstatus"] == "running"
        console = vm.vncproxy.post(websocket=1)
        assert console["ticket"].startswith("PVEVNC:") and int(console["port"]) > 0, console
        vm.sendkey.put(key="a")
        for ask in (vm.agent.ping.post, vm.agent("get-osinfo").get, vm.agent("network-get-interfaces").get):
            try:
                ask()
                raise SystemExit("the agent answered without a guest")
            except Exception as e:
                assert "QEMU guest agent is not running" in str(e), e
        """;

    private TestNode node = null!;

    [SetUp]
    public async Task SetUp()
    {
        if (!QemuTools.ArePresent)
        {
            Assert.Ignore("QEMU, OVMF and swtpm are not installed here and could not be.");
        }

        node = await TestNode.StartAsync(o => o with { RealMachines = new RealMachines(QemuTools.Require(), Accelerator.Emulation) });
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "tiny.iso", TinyMedium.Make(), ("content", "iso")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "100"), ("memory", "32"), ("ide2", "local:iso/tiny.iso,media=cdrom"), ("agent", "1"), ("boot", "order=ide2")));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/100/status/start"));
    }

    [TearDown]
    public async Task TearDown()
    {
        if (node is not null)
        {
            await node.DisposeAsync();
        }
    }

    [Test]
    public async Task Proxmoxer_asks_for_the_console_presses_a_key_and_asks_the_agent()
    {
        var port = node.Node.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (code, output) = await RunAsync("/usr/bin/python3", ["-c", Proxmoxer, port, node.Node.CertificateFile, node.Node.RootPassword]);
        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public async Task Curl_asks_the_agent_and_a_VNC_client_sees_the_screen_and_types()
    {
        if ((await RunAsync("node", ["--version"])).Code != 0 || (await RunAsync("npm", ["--version"])).Code != 0)
        {
            Assert.Ignore("node and npm are not installed.");
        }

        var client = node.Folder.File("client");
        Directory.CreateDirectory(client);
        foreach (var file in Directory.EnumerateFiles(Here()))
        {
            File.Copy(file, Path.Combine(client, Path.GetFileName(file)));
        }

        var (installed, said) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], client);
        Assert.That(installed, Is.Zero, said);

        var login = JsonNode.Parse(await CurlAsync("access/ticket", "--data-urlencode", "username=root@pam", "--data-urlencode", $"password={node.Node.RootPassword}"))!["data"]!;
        var cookie = $"PVEAuthCookie={Uri.EscapeDataString(login["ticket"]!.GetValue<string>())}";
        string[] asRoot = ["--header", $"Cookie: {cookie}", "--header", $"CSRFPreventionToken: {login["CSRFPreventionToken"]}"];
        Assert.That(await CurlAsync("nodes/pve/qemu/100/agent/ping", [.. asRoot, "--include", "--request", "POST"]), Does.StartWith("HTTP/1.1 500 QEMU guest agent is not running"));
        var console = JsonNode.Parse(await CurlAsync("nodes/pve/qemu/100/vncproxy", [.. asRoot, "--data", "websocket=1"]))!["data"]!;
        var ticket = console["ticket"]!.GetValue<string>();
        var url = $"wss://127.0.0.1:{node.Node.Url.Port}/api2/json/nodes/pve/qemu/100/vncwebsocket?port={console["port"]}&vncticket={Uri.EscapeDataString(ticket)}";

        // The password of VNC is a key of DES, which OpenSSL 3 calls old.
        var (code, output) = await RunAsync("node", ["--openssl-legacy-provider", "console.mjs", url, node.Node.CertificateFile, cookie, ticket], client);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Match(@"(?s)authenticated\n.*screen \d+x\d+, something is on it\nclosed"));
        for (var watch = Stopwatch.StartNew(); (await node.Root.GetAsync("nodes/pve/qemu/100/status/current")).Data!["status"]!.GetValue<string>() != "stopped"; await Task.Delay(50))
        {
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)), "the q was typed at the console");
        }

        Assert.That((await RunAsync("node", ["--openssl-legacy-provider", "console.mjs", url, node.Node.CertificateFile, cookie, ticket], client)).Output, Does.Contain("websocket: Unexpected server response"), "the ticket is good once");
    }

    private async Task<string> CurlAsync(string path, params string[] more)
    {
        var (code, output) = await RunAsync("curl", ["--silent", "--show-error", "--cacert", node.Node.CertificateFile, new Uri(node.Node.Url, "/api2/json/" + path).ToString(), .. more]);
        Assert.That(code, Is.Zero, output);
        return output;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string? folder = null)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"{program} is not installed");
        }
    }

    private static string Here([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "vnc");
}
