using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using EndToEnd.Tests;
using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Staging;
using Proxmox;
using Proxmox.Machines;
using Proxmox.Machines.Login;
using Proxmox.Screens;
using Renci.SshNet;
using Renci.SshNet.Common;
using Sandbox;
using Templates;

namespace Build.Tests;

/// <summary>
/// The catalogue's Ubuntu template on a real machine under UEFI with a TPM, which only Packer's plugin can ask for: its requests,
/// as they were recorded, and its provisioning by the same scripts, to the login to a clone. Clients that this project did not
/// write ask the agent of the same guest.
/// </summary>
[Category("RealMachine")]
internal sealed class PluginMachineTests
{
    private const string Uefi = "UEFI, TPM, tags; given up after a boot command that did not press Enter";
    private const string Medium = "ubuntu-24.04.3-live-server-amd64.iso";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(25);

    private const string Proxmoxer = """
        import sys, time
        from proxmoxer import ProxmoxAPI

        port, certificate, password = sys.argv[1:]
        agent = ProxmoxAPI("127.0.0.1", port=int(port), user="root@pam", password=password, verify_ssl=certificate).nodes("pve").qemu(9100).agent
        agent.ping.post()
        assert agent("get-osinfo").get()["result"]["id"] == "debian"
        names = [i["name"] for i in agent("network-get-interfaces").get()["result"]]
        assert "lo" in names and len(names) == 2, names
        pid = agent.exec.post(command=["/bin/cat", "-n"], **{"input-data": "one line\n"})["pid"]
        while not (status := agent("exec-status").get(pid=pid))["exited"]:
            time.sleep(0.2)
        assert status["exitcode"] == 0 and status["out-data"].split() == ["1", "one", "line"], status
        assert agent("file-read").get(file="/etc/debian_version")["content"].startswith("13")
        assert agent("file-read").get(file="/sys/firmware/efi/fw_platform_size")["content"].split() == ["64"], "it was not started by UEFI"
        try:
            agent("file-read").get(file="/not/there")
            raise SystemExit("a file was read that is not there")
        except Exception as e:
            assert "No such file or directory" in str(e), e
        """;

    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("plugin-machine-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public async Task An_Ubuntu_template_is_installed_under_UEFI_by_the_requests_of_Packer_s_plugin()
    {
        var medium = TestMedium.Require();
        var machines = await RealMachines.FindAsync(CancellationToken.None);
        await using var node = await SandboxNode.StartAsync(new SandboxOptions { StateDirectory = Path.Combine(folder, "node"), RealMachines = machines });
        var connection = await PluginRun.SetUpAsync(node, []);
        using var client = new ProxmoxClient(connection, new ProxmoxClientOptions());
        var copy = Path.Combine(folder, Medium);
        File.Copy(medium, copy);
        await new Proxmox.Staging.IsoStaging(client, PluginRun.Log).UploadAsync("pve", "local", copy);
        var requests = Requests();
        var (template, credentials, staged) = await PluginRun.StageAsync(folder, connection, (JObject)requests[1]["parameters"]!);
        using var workspace = staged;
        await using var files = await PluginRun.ServeAsync(workspace);
        using var plugin = PluginRun.Client(node, connection.Credentials);
        var pace = new PluginPace(TimeSpan.FromSeconds(8 * node.BootWaitFactor), TimeSpan.FromSeconds(2 * node.BootWaitFactor), TimeSpan.FromSeconds(1), Limit);
        var replay = new PluginReplay(plugin, "UEFI", pace, new IPEndPoint(node.GuestGateway!, new Uri(files.Urls.First()).Port));
        try
        {
            foreach (var request in requests)
            {
                if (((string)request["path"]!).EndsWith("/status/shutdown", StringComparison.Ordinal))
                {
                    await AssertClientsAsync(node);
                    await ProvisionAsync(node, await AddressAsync(replay), template, credentials, workspace);
                }

                await replay.SendAsync(request);
            }
        }
        catch
        {
            TestContext.Out.WriteLine($"The screen is kept in {await KeepScreenAsync(client)}");
            throw;
        }

        var key = SshKeyPair.Create("smoketest", new SecretSet());
        var tested = await new SmokeTest(client, PluginRun.Log).RunAsync(new SmokeTestRequest
        {
            // The catalogue's Ubuntu would miss its system in the clone: the medium is made of Debian's packages.
            Node = "pve", Vmid = 9100, Template = template with { OsVersion = "13", Iso = template.Iso with { File = Path.GetFileName(medium) } }, Chain = new ChainId(UtcStamp.From(DateTimeOffset.UtcNow), template.Id), Patience = node.BootWaitFactor, SshPublicKey = key.PublicKey,
            Login = new CloneLogin
            {
                PrivateKeyPem = key.PrivateKeyPem, Proxy = new DnsEndPoint("127.0.0.1", node.SocksPort), Reachable = true, BuildUser = credentials.Access.Username,
                Traces = [credentials.Access.SshPublicKey!.Split(' ')[1]],
            },
        });
        var (_, _, config) = await replay.AskAsync(HttpMethod.Get, "/nodes/pve/qemu/{vmid}/config", null);
        Assert.Multiple(() =>
        {
            Assert.That(((string?)config!["bios"], (int?)config["template"]), Is.EqualTo(("ovmf", (int?)1)));
            Assert.That(config.ToString(), Does.Contain("cloudinit").And.Contain("efitype=4m").And.Contain("tpmstate0").And.Not.Contain(":iso/"));
            Assert.That(tested.Status, Is.EqualTo("passed"));
            Assert.That(tested.Login!.Findings!.Faults.Concat(tested.Login.Findings.Doubts), Is.Empty);
            Assert.That(tested.Login.Findings, Has.Property("OwnMachineId").True.And.Property("OwnHostKeys").True.And.Property("BuildUserGone").True.And.Property("DiskGrown").True);
        });
        await replay.SendAsync(JObject.FromObject(new { method = "DELETE", path = "/nodes/pve/qemu/{vmid}", status = 200 }));
        await replay.SendAsync(JObject.FromObject(new { method = "GET", path = "/nodes/pve/tasks/{upid}/status", status = 200 }));
        Assert.That(Directory.EnumerateFiles(Path.Combine(folder, "node", "storage"), "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EqualTo(new[] { Medium }), "its disks are gone");
    }

    /// <summary>The run of Ubuntu, created as the one with UEFI was, and with the memory that two machines at once may have.</summary>
    private static List<JObject> Requests()
    {
        var requests = PluginRun.Recorded["ubuntu"]!.DeepClone().Cast<JObject>().ToList();
        var creation = (JObject)requests.Single(r => (string?)r["path"] == "/nodes/pve/qemu")["parameters"]!;
        var uefi = PluginRun.Recorded[Uefi]!.Single(r => (string?)r["path"] == "/nodes/pve/qemu")["parameters"]!;
        foreach (var name in new[] { "bios", "efidisk0", "machine", "tpmstate0" })
        {
            creation[name] = uefi[name]!.DeepClone();
        }

        // Nobody has signed the test medium's boot loader, which the firmware with the makers' keys denies.
        creation["efidisk0"] = ((string)creation["efidisk0"]!).Replace(",pre-enrolled-keys=1", "", StringComparison.Ordinal);
        creation["memory"] = "1024";
        creation["cores"] = "1";
        return requests;
    }

    private static async Task<string> AddressAsync(PluginReplay replay)
    {
        var (_, _, interfaces) = await replay.AskAsync(HttpMethod.Get, "/nodes/pve/qemu/{vmid}/agent/network-get-interfaces", null);
        return interfaces!["result"]!.Where(i => (string?)i["name"] != "lo").SelectMany(i => i["ip-addresses"]!).Where(a => (string?)a["ip-address-type"] == "ipv4").Select(a => (string)a["ip-address"]!).First();
    }

    /// <summary>
    /// Runs the template's scripts as Packer's provisioner does: uploaded, and run by sudo, each after the one before. The update and
    /// the restart after it take minutes and know nothing of the firmware: they are in the build that real Packer does.
    /// </summary>
    private static async Task ProvisionAsync(SandboxNode node, string address, Template template, BuildCredentials credentials, Workspace workspace)
    {
        foreach (var (i, step) in template.Provision.Index().Where(s => !s.Item.Reboot && s.Item.Script != "apt-update.sh"))
        {
            var script = await File.ReadAllBytesAsync(Path.Combine(workspace.Folder, WorkspaceSources.ScriptTarget(i, step.Script)));
            using var guest = await ConnectAsync(node, address, credentials);
            using (var upload = guest.CreateCommand("cat >/tmp/script.sh && chmod 755 /tmp/script.sh"))
            {
                var run = upload.ExecuteAsync();
                await using (var input = upload.CreateInputStream())
                {
                    await input.WriteAsync(script);
                }

                await run;
                Assert.That(upload.ExitStatus, Is.Zero, upload.Error);
            }

            using var command = guest.CreateCommand($"sudo -n env BUILD_USER={credentials.Access.Username} /tmp/script.sh");
            await command.ExecuteAsync();
            Assert.That(command.ExitStatus, Is.Zero, $"{step.Script}: {command.Result}{command.Error}");
        }
    }

    private static async Task<SshClient> ConnectAsync(SandboxNode node, string address, BuildCredentials credentials)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(TimeSpan.FromSeconds(2)))
        {
            var key = new PrivateKeyFile(new MemoryStream(Encoding.ASCII.GetBytes(credentials.PrivateKeyPem!)));
            var user = credentials.Access.Username;
            var guest = new SshClient(new ConnectionInfo(address, 22, user, ProxyTypes.Socks5, "127.0.0.1", node.SocksPort, "", "", new PrivateKeyAuthenticationMethod(user, key)));
            try
            {
                await guest.ConnectAsync(CancellationToken.None);
                return guest;
            }
            catch (Exception e) when (watch.Elapsed < Limit && e is SshException or System.Net.Sockets.SocketException)
            {
                guest.Dispose();
            }
        }
    }

    /// <summary>What curl and proxmoxer are answered by the agent of a real guest.</summary>
    private static async Task AssertClientsAsync(SandboxNode node)
    {
        var port = node.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(await RunAsync("/usr/bin/python3", "-c", Proxmoxer, port, node.CertificateFile, node.RootPassword), Is.Empty);

        var login = JsonNode.Parse(await CurlAsync("access/ticket", "--data-urlencode", "username=root@pam", "--data-urlencode", $"password={node.RootPassword}"))!["data"]!;
        string[] asRoot = ["--header", $"Cookie: PVEAuthCookie={Uri.EscapeDataString(login["ticket"]!.GetValue<string>())}", "--header", $"CSRFPreventionToken: {login["CSRFPreventionToken"]}"];
        Assert.That(await CurlAsync("nodes/pve/qemu/9100/agent/ping", [.. asRoot, "--request", "POST"]), Is.EqualTo("""{"data":{"result":{}}}"""));
        var run = JsonNode.Parse(await CurlAsync("nodes/pve/qemu/9100/agent/exec", [.. asRoot, "--data", "command=/bin/sh", "--data", "command=-c", "--data-urlencode", "command=exit 3"]))!["data"]!["pid"]!;
        JsonNode status;
        do
        {
            status = JsonNode.Parse(await CurlAsync($"nodes/pve/qemu/9100/agent/exec-status?pid={run}", asRoot))!["data"]!;
        }
        while (status["exited"]!.ToString() != "1");
        Assert.That(status["exitcode"]!.ToString(), Is.EqualTo("3"));

        Task<string> CurlAsync(string path, params string[] more) =>
            RunAsync("curl", ["--silent", "--show-error", "--cacert", node.CertificateFile, new Uri(node.Url, "/api2/json/" + path).ToString(), .. more]);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"{program}: {await output}{await error}");
        return await output + await error;
    }

    private static async Task<string?> KeepScreenAsync(ProxmoxClient client)
    {
        var kept = Path.Combine(Repository.Root, ".artifacts", "test-results", "screens");
        Directory.CreateDirectory(kept);
        return await new ScreenCapture(client, "pve", 9100).TryTakeAsync(Path.Combine(kept, "plugin-machine.png"));
    }
}
