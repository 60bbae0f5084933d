using Foundation;
using Proxmox.Machines;
using Proxmox.Tests.Support;
using Proxmox.Transport;
using Templates;

namespace Proxmox.Tests;

/// <summary>The course of a smoke test, on a server that is written down answer by answer.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SmokeTestTests
{
    private const string Upid = "\"UPID:pve:00000001:00000002:65538000:qm:9001:packer@pve!build:\"";
    private const string Loopback = """{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1","ip-address-type":"ipv4"},{"ip-address":"::1","ip-address-type":"ipv6"}]}""";

    private string storage = "lvmthin";
    private string network = $"[{Loopback}]";
    private string state = "running";
    private string? description;
    private string os = ScriptedServer.Data("""{"result":{"id":"rocky","name":"Rocky Linux","pretty-name":"Rocky Linux 9.6 (Blue Onyx)"}}""");
    private bool cloned;
    private int pings;

    [TestCase("lvmthin", "full=0")]
    [TestCase("lvm", "full=1&storage=fast")]
    public async Task A_clone_that_comes_up_passes_and_is_destroyed(string type, string kind)
    {
        storage = type;
        network = $$"""[{{Loopback}},{"name":"eth0","ip-addresses":[{"ip-address":"fe80::1","ip-address-type":"ipv6"},{"ip-address":"2001:db8::5","ip-address-type":"ipv6"},{"ip-address":"192.0.2.5","ip-address-type":"ipv4"}]}]""";
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var result = await new SmokeTest(client, new ListLog()).RunAsync(Request("ssh-ed25519 AAAAC3 me@here"));
        Assert.That(result, Is.EqualTo(new SmokeTestResult("passed", true, true, "192.0.2.5", "Rocky Linux 9.6 (Blue Onyx)")));
        var sent = server.Requests.ToList();
        Assert.That(sent.Single(r => r.Line == "POST /api2/json/nodes/pve/qemu/9000/clone").Body, Does.Contain(kind).And.Contain("newid=9001"));
        // URL-encoded once for the parameter's own format, and once more as any parameter.
        Assert.That(sent.Single(r => r.Line == "PUT /api2/json/nodes/pve/qemu/9001/config").Body, Does.Contain("sshkeys=ssh-ed25519%2520AAAAC3%2520me%2540here"));
        Assert.That(sent[^2].Line, Does.StartWith("DELETE /api2/json/nodes/pve/qemu/9001?purge=1"));
    }

    [TestCase("ssh-ed25519 AAAAC3 me@here")]
    [TestCase(null)]
    public async Task A_clone_where_there_is_no_DHCP_gets_the_template_s_address(string? key)
    {
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var request = Request(key);
        request = request with { Template = request.Template with { Network = new NetworkSettings { Address = "192.0.2.50/24", Gateway = "192.0.2.1", Dns = ["192.0.2.53", "192.0.2.54"] } } };
        var error = await Caught.FromAsync<FailureException>(() => new SmokeTest(client, new ListLog()).RunAsync(request));
        var sent = Uri.UnescapeDataString(server.Requests.Single(r => r.Line == "PUT /api2/json/nodes/pve/qemu/9001/config").Body);
        Assert.That(sent, Does.Contain("ipconfig0=ip=192.0.2.50/24,gw=192.0.2.1").And.Contain("nameserver=192.0.2.53+192.0.2.54").And.Not.Contain("dhcp"));
        Assert.That(error.Message, Does.Contain("does cloud-init in it take 192.0.2.50/24").And.Not.Contain("DHCP"));
    }

    [Test]
    public async Task A_guest_without_an_address_is_told_from_one_without_an_agent()
    {
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var error = await Caught.FromAsync<FailureException>(() => new SmokeTest(client, new ListLog()).RunAsync(Request(null)));
        Assert.That(error.Message, Does.Contain("the guest has no address after 300 s").And.Contain("vmbr7"));
        Assert.That(server.Requests.Count(r => r.Method == "DELETE"), Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_clone_is_asked_once_a_second_at_most_while_another_template_is_built(bool building)
    {
        using var server = new ScriptedServer(Answer);
        var time = new FastTime();
        var pace = new RequestPace(TimeSpan.FromSeconds(1), time);
        using var client = Clients.WithToken(server, new ProxmoxClientOptions { Time = time, Pace = pace });
        using var build = building ? pace.Keep() : null;
        await Caught.FromAsync<FailureException>(() => new SmokeTest(client, new ListLog()).RunAsync(Request(null)));
        var seconds = time.Waits.Sum(w => w.TotalSeconds);
        var asked = server.Requests.Count(r => r.Line.Contains("/status/current", StringComparison.Ordinal) || r.Line.Contains("/agent/", StringComparison.Ordinal));
        Assert.That(asked, building ? Is.InRange(seconds / 4, seconds) : Is.InRange(20, 400));
        Assert.That(time.Waits.Count(w => w == TimeSpan.FromSeconds(1)), building ? Is.GreaterThan(50) : Is.LessThan(5));
    }

    [Test]
    public async Task A_test_that_the_template_says_is_not_possible_asks_nothing_of_the_server()
    {
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var log = new ListLog();
        var request = Request(null);
        var skipped = await new SmokeTest(client, log).RunAsync(request with { Template = request.Template with { SmokeTest = new SmokeTestSettings { Skip = "needs a GPU" } } });
        Assert.That((skipped.Status, skipped.Reason), Is.EqualTo(("skipped", "needs a GPU")));
        Assert.That(log.Lines.Single(), Is.EqualTo((EventLevel.Warning, "No clone is tested, and the record says so: needs a GPU")));
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task A_clone_that_stops_is_not_waited_for()
    {
        state = "stopped";
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var error = await Caught.FromAsync<FailureException>(() => new SmokeTest(client, new ListLog()).RunAsync(Request(null)));
        Assert.That(error.Message, Does.Contain("the clone 9001 stopped by itself"));
        Assert.That(pings, Is.Zero);
    }

    [Test]
    public async Task A_VM_of_somebody_else_under_the_clone_s_number_is_not_destroyed()
    {
        state = "stopped";
        description = "Production database";
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        await Caught.FromAsync<FailureException>(() => new SmokeTest(client, new ListLog()).RunAsync(Request(null)));
        Assert.That(server.Requests.Count(r => r.Method == "DELETE"), Is.Zero);
    }

    [Test]
    public async Task An_agent_that_does_not_tell_its_system_does_not_fail_the_test()
    {
        network = """[{"name":"eth0","ip-addresses":[{"ip-address":"192.0.2.5","ip-address-type":"ipv4"}]}]""";
        os = ScriptedServer.Json("""{"data":null}""", "500 The command guest-get-osinfo has been disabled for this instance");
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var log = new ListLog();
        var result = await new SmokeTest(client, log).RunAsync(Request(null));
        Assert.That((result.Status, result.Address), Is.EqualTo(("passed", "192.0.2.5")));
        Assert.That(log.Text, Does.Contain("has been disabled"));
    }

    [TestCase("""{"id":"rocky","pretty-name":"Rocky Linux 10.0 (Red Quartz)","version-id":"10.0"}""", "l26", "Rocky-9.6-x86_64-minimal.iso", "9.6", "the clone runs Rocky Linux 10.0 (Red Quartz): the guest says that it is version 10.0, and os_version is 9.6")]
    [TestCase("""{"id":"ubuntu","pretty-name":"Ubuntu 24.04.5 LTS","version-id":"24.04"}""", "l26", "Rocky-9.6-x86_64-minimal.iso", "9.6", "the guest is ubuntu, and the medium Rocky-9.6-x86_64-minimal.iso has rocky")]
    [TestCase("""{"id":"mswindows","name":"Microsoft Windows","pretty-name":"Windows Server 2025 Standard","version":"N/A","version-id":"N/A"}""", "win11", "windows-server-2022-eval.iso", "2022", "the guest says that it is version 2025, and os_version is 2022")]
    [TestCase("""{"id":"mswindows","name":"Microsoft Windows","pretty-name":"Windows Server 2022 Standard Evaluation","version":"Microsoft Windows Server 2022","version-id":"2022"}""", "win11", "windows-server-2022-eval.iso", "2022", null)]
    [TestCase("""{"id":"debian","name":"Debian GNU/Linux","pretty-name":"Debian GNU/Linux 12 (bookworm)","version":"12 (bookworm)","version-id":"12"}""", "l26", "debian-12.15.0-amd64-netinst.iso", "12", null)]
    public async Task A_guest_that_is_another_system_than_was_asked_for_fails_the_test(string says, string type, string medium, string version, string? why)
    {
        network = """[{"name":"eth0","ip-addresses":[{"ip-address":"192.0.2.5","ip-address-type":"ipv4"}]}]""";
        os = ScriptedServer.Data($$"""{"result":{{says}}}""");
        using var server = new ScriptedServer(Answer);
        using var client = Client(server);
        var request = Request(null);
        request = request with { Template = request.Template with { Iso = new IsoImage { File = medium }, OsVersion = version, Hardware = new Hardware { OsType = type } } };
        var test = new SmokeTest(client, new ListLog()).RunAsync(request);
        if (why is null)
        {
            Assert.That((await test).Status, Is.EqualTo("passed"));
        }
        else
        {
            Assert.That((await Caught.FromAsync<FailureException>(() => test)).Message, Does.Contain(why));
        }

        Assert.That(server.Requests.Count(r => r.Method == "DELETE"), Is.EqualTo(1), "the clone is destroyed");
    }

    [TestCase("9001", false)]
    [TestCase(null, true)]
    public async Task A_clone_that_failed_and_is_gone_leaves_nothing_to_look_at(string? free, bool told)
    {
        using var server = new ScriptedServer(r => (r.Method, r.Target.Split('?')[0]) switch
        {
            ("GET", "/api2/json/nodes/pve/qemu/9001/config") => ScriptedServer.Json("""{"data":null}""", "403 Permission check failed (/vms/9001, VM.Audit)"),
            ("GET", "/api2/json/cluster/nextid") when free is null && cloned =>
                ScriptedServer.Json("""{"data":null,"errors":{"vmid":"VM 9001 already exists"}}""", "400 Parameter verification failed."),
            ("GET", var path) when path.EndsWith("/status", StringComparison.Ordinal) => ScriptedServer.Data("""{"status":"stopped","exitstatus":"clone failed: no space left"}"""),
            ("POST", _) => Cloned(),
            _ => Answer(r),
        });
        using var client = Client(server);
        var log = new ListLog();
        var failure = await Caught.FromAsync<FailureException>(() => new SmokeTest(client, log).RunAsync(Request(null)));
        Assert.That(failure.Message, Does.Contain("clone failed: no space left"));
        Assert.That(log.Text.Contains("could not be looked at", StringComparison.Ordinal), Is.EqualTo(told), log.Text);

        string Cloned()
        {
            cloned = true;
            return ScriptedServer.Data(Upid);
        }
    }

    private static SmokeTestRequest Request(string? key) => new()
    {
        Node = "pve", Vmid = 9000, Chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9"), SshPublicKey = key,
        Template = new Template { Id = "rocky-9", Vmid = new VmidRange { First = 9000, Last = 9009 } },
    };

    private static ProxmoxClient Client(ScriptedServer server) => new(
        new ProxmoxConnection
        {
            Url = server.Url, Node = "pve", StorageVm = "fast", Bridge = "vmbr7",
            Credentials = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "x" },
        },
        new ProxmoxClientOptions { Time = new FastTime() });

    private string Answer(RawRequest request)
    {
        var path = request.Target["/api2/json".Length..].Split('?')[0];
        if (path.StartsWith("/nodes/pve/tasks/", StringComparison.Ordinal))
        {
            return ScriptedServer.Data(path.EndsWith("/log", StringComparison.Ordinal) ? "[]" : """{"status":"stopped","exitstatus":"OK"}""");
        }

        switch ($"{request.Method} {path}")
        {
            case "GET /cluster/resources":
                return ScriptedServer.Data("""[{"type":"qemu","vmid":9000,"name":"rocky-9","node":"pve","status":"stopped","template":1}]""");
            case "GET /cluster/nextid":
                return ScriptedServer.Data("\"9001\"");
            case "GET /nodes/pve/storage":
                return ScriptedServer.Data($$"""[{"storage":"fast","type":"{{storage}}","content":"images"}]""");
            case "GET /nodes/pve/qemu/9000/config":
                return ScriptedServer.Data("""{"name":"rocky-9","scsi0":"fast:base-9000-disk-0,size=10G","ide3":"fast:vm-9000-cloudinit,media=cdrom"}""");
            case "POST /nodes/pve/qemu/9000/clone":
                description ??= Uri.UnescapeDataString(request.Body.Split("description=")[1].Split('&')[0].Replace('+', ' '));
                return ScriptedServer.Data(Upid);
            case "GET /nodes/pve/qemu/9001/config":
                return ScriptedServer.Data(Newtonsoft.Json.JsonConvert.SerializeObject(new { description }));
            case "GET /nodes/pve/qemu/9001/status/current":
                return ScriptedServer.Data($$"""{"status":"{{state}}"}""");
            case "POST /nodes/pve/qemu/9001/agent/ping":
                return ++pings < 3 ? ScriptedServer.Json("""{"data":null}""", "500 QEMU guest agent is not running") : ScriptedServer.Data("{}");
            case "GET /nodes/pve/qemu/9001/agent/network-get-interfaces":
                return ScriptedServer.Data($$"""{"result":{{network}}}""");
            case "GET /nodes/pve/qemu/9001/agent/get-osinfo":
                return os;
            default:
                return ScriptedServer.Data(Upid);
        }
    }
}
