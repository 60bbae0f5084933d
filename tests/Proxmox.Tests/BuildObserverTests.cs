using Proxmox.Machines;
using Proxmox.Tests.Support;
using Proxmox.Transport;

namespace Proxmox.Tests;

/// <summary>What is concluded from what real servers answered while a VM was being made, was there, and was gone.</summary>
public sealed class BuildObserverTests
{
    private const string Agent = "/nodes/pve/qemu/9100/agent/network-get-interfaces";
    private const string Status = "/nodes/pve/qemu/9100/status/current";
    private const string Tasks = "/nodes/pve/tasks?limit=200&source=all&vmid=9100";
    private const string StartedByPacker = """[{"upid":"UPID:pve:1:1:2:qmstart:9100:packer@pve:","type":"qmstart","id":"9100","user":"packer@pve","status":"OK","endtime":2,"starttime":2}]""";

    [Test]
    public async Task A_VM_that_is_not_in_its_pool_yet_is_waited_for()
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        var time = new FastTime();
        using var client = server.Client(time);
        var observer = new BuildObserver(client, "pve", 9100);
        Assert.That(await ReasonAsync(observer, server, looks: 40), Is.Null);
        Assert.That(server.Unknown, Is.Empty);
        Assert.That(observer.Seen);
        Assert.That(observer.DiskWritten, Is.GreaterThanOrEqualTo(0));
        Assert.That(server.Asked.Count(a => a.Contains("/agent/", StringComparison.Ordinal)), Is.Zero, "an agent that is not there costs three seconds");
        Assert.That(server.Asked, Has.Count.LessThan(time.Waits.Sum(w => w.TotalSeconds)), "not more than one request a second");
    }

    [Test]
    public async Task A_privilege_that_the_server_says_is_missing_ends_the_build()
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", "/access/permissions", ScriptedServer.Data("""{"/pool/packer":{"VM.Audit":1},"/vms/9100":{"VM.Audit":1}}"""));
        using var client = server.Client(new FastTime());
        Assert.That(
            await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 40),
            Is.EqualTo("the login lacks the privilege VM.GuestAgent.Audit on /vms/9100; run the target Init as an administrator to grant it"));
    }

    [TestCase("io-error", true)]
    [TestCase("paused", false)]
    public async Task A_VM_that_a_disk_error_has_stopped_ends_the_build(string state, bool ends)
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", Status, ScriptedServer.Data($$"""{"status":"running","qmpstatus":"{{state}}","diskwrite":1}"""));
        using var client = server.Client(new FastTime());
        Assert.That(
            await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 20),
            ends ? Does.StartWith("VM 9100 stands still: a read or write of its disk failed, and QEMU has stopped it (io-error). The storage ") : Is.Null);
    }

    [TestCase("qmstart", "packer@pve", true)]
    [TestCase("qmstop", "root@pam", true)]
    [TestCase("qmshutdown", "packer@pve", false)]
    [TestCase("qmstop", "packer@pve", false)]
    public async Task A_VM_that_is_off_while_Packer_works_in_it_ends_the_build_unless_Packer_stopped_it(string last, string user, bool ends)
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", Status, ScriptedServer.Data("""{"status":"stopped"}"""), ScriptedServer.Data("""{"status":"running","diskwrite":1}"""), ScriptedServer.Data("""{"status":"stopped"}"""));
        server.Instead("GET", Tasks, ScriptedServer.Data($$"""
            [{"upid":"UPID:pve:1:1:4:imgcopy:9100:{{user}}:","type":"imgcopy","id":"9100","user":"{{user}}","status":"OK","endtime":4,"starttime":4},
             {"upid":"UPID:pve:1:1:3:{{last}}:9100:{{user}}:","type":"{{last}}","id":"9100","user":"{{user}}","status":"OK","endtime":3,"starttime":3},
             {"upid":"UPID:pve:1:1:2:qmstop:9100:packer@pve:","type":"qmstop","id":"9100","user":"packer@pve","status":"OK","endtime":2,"starttime":2}]
            """));
        using var client = server.Client(new FastTime());
        Assert.That(
            await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 20),
            ends ? Does.StartWith("VM 9100 is off while Packer works in it, and Packer does not start it again: the system in it switched itself off ") : Is.Null);
    }

    [Test]
    public async Task A_VM_that_was_not_started_yet_is_waited_for()
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", Status, ScriptedServer.Data("""{"status":"stopped"}"""));

        // As an earlier build with the same VMID leaves it.
        server.Instead("GET", Tasks, ScriptedServer.Data(StartedByPacker));
        using var client = server.Client(new FastTime());
        Assert.That(await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 20), Is.Null);
    }

    [Test]
    public async Task A_server_that_does_not_tell_the_tasks_at_first_is_asked_again()
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", Status, ScriptedServer.Data("""{"status":"running","diskwrite":1}"""), ScriptedServer.Data("""{"status":"stopped"}"""));
        server.Instead("GET", Tasks, ScriptedServer.Json("""{"data":null}""", "500 unexpected"), ScriptedServer.Data(StartedByPacker));
        using var client = server.Client(new FastTime());
        Assert.That(await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 20), Does.StartWith("VM 9100 is off "));
    }

    [TestCase("root@pam", "9100", true)]
    [TestCase("packer@pve", "9100", false)]
    [TestCase("root@pam", null, false)]
    public async Task A_VM_that_somebody_else_destroyed_ends_the_build(string destroyer, string? free, bool ends)
    {
        using var server = new RecordedServer("slow-storage");
        server.Instead("GET", Status, ScriptedServer.Data("""{"status":"running","diskwrite":1}"""), Gone);
        server.Instead("GET", "/cluster/nextid?vmid=9100", free is null
            ? ScriptedServer.Json("""{"data":null,"errors":{"vmid":"VM 9100 already exists"}}""", "400 Parameter verification failed.")
            : ScriptedServer.Data($"\"{free}\""));
        server.Instead(
            "GET", Tasks,
            ScriptedServer.Data($$"""
                [{"upid":"UPID:pve:1:1:3:qmdestroy:9100:{{destroyer}}:","type":"qmdestroy","id":"9100","user":"{{destroyer}}","status":"OK","endtime":3,"starttime":3},
                 {"upid":"UPID:pve:1:1:2:qmcreate:9100:packer@pve:","type":"qmcreate","id":"9100","user":"packer@pve","status":"OK","endtime":2,"starttime":2},
                 {"upid":"UPID:pve:1:1:1:qmdestroy:9100:packer@pve:","type":"qmdestroy","id":"9100","user":"packer@pve","status":"OK","endtime":1,"starttime":1}]
                """));
        using var client = server.Client(new FastTime());
        var observer = new BuildObserver(client, "pve", 9100);
        Assert.That(await ReasonAsync(observer, server, looks: 20), ends ? Is.EqualTo("VM 9100 was destroyed while Packer was building in it, and not by this build") : Is.Null);
        Assert.That(await observer.WasDestroyedByOthersAsync(CancellationToken.None), Is.EqualTo(ends));
    }

    [Test]
    public async Task All_that_the_agent_tells_is_known_once_something_is_installed()
    {
        using var server = new RecordedServer("slow-storage", "rocky-9");
        server.Instead("GET", Status, ScriptedServer.Data("""{"status":"running","diskwrite":1048576}"""), ScriptedServer.Data("""{"status":"running","diskwrite":2147483648}"""));
        server.Instead("GET", Agent, ScriptedServer.Json("""{"data":null}""", "500 QEMU guest agent is not running"), ScriptedServer.Data(
            """{"result":[{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1"}]},{"name":"docker0","ip-addresses":[{"ip-address":"172.17.0.1"}]},{"name":"eth0","ip-addresses":[{"ip-address":"fe80::1"},{"ip-address":"10.0.0.7"}]}]}"""));
        using var client = server.Client(new FastTime());
        var observer = new BuildObserver(client, "pve", 9100);
        Assert.That(await ReasonAsync(observer, server, looks: 30), Is.Null);
        Assert.That(observer.Told.Select(t => t.ToString()), Is.EqualTo(new[] { "docker0 172.17.0.1", "eth0 fe80::1", "eth0 10.0.0.7" }));
        var looks = server.Asked.Count(a => a.EndsWith(Status, StringComparison.Ordinal));
        Assert.That(server.Asked.Count(a => a.EndsWith(Agent, StringComparison.Ordinal)), Is.InRange(2, (looks / 12) + 1), "once a minute, a look being five seconds");
    }

    [Test]
    public async Task Everything_that_watches_builds_asks_once_a_second_at_most()
    {
        const int Enough = 40;
        var time = new QuickTime();
        var asked = 0;
        var took = TimeSpan.Zero;
        using var enough = new CancellationTokenSource();
        using var server = new ScriptedServer(request =>
        {
            if (Interlocked.Increment(ref asked) == Enough)
            {
                took = time.Elapsed;
                enough.Cancel();
            }

            return ScriptedServer.Data(
                request.Target.Contains("/config", StringComparison.Ordinal) ? """{"ide2":"none,media=cdrom"}"""
                : request.Target.Contains("/tasks/", StringComparison.Ordinal) ? """{"status":"running"}""" : """{"status":"stopped"}""");
        });

        // Two clients, as there are when Packer logs in with a password and this program with a token.
        var pace = new RequestPace(TimeSpan.FromSeconds(1), time);
        using var client = Clients.WithToken(server, new ProxmoxClientOptions { Time = time, Pace = pace });
        using var own = Clients.WithToken(server, new ProxmoxClientOptions { Time = time, Pace = pace });
        using var kept = pace.Keep();
        var watches = new[] { 9100, 9101 }.SelectMany(vmid => new[]
        {
            new BuildObserver(client.Watching, "pve", vmid).WatchAsync(enough.Token),
            new MediaObserver(client.Watching, "pve", vmid).WatchAsync(enough.Token),
            new MediaAttachment(client, new ListLog()).AttachAsync("pve", vmid, ["local:iso/a.iso"], null, enough.Token),
            own.WaitForTaskAsync($"UPID:pve:00000001:00000002:65538000:qmclone:{vmid}:packer@pve:", null, enough.Token),
        });
        await Task.WhenAll(watches.Select(w => Task.WhenAny(w))).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(took, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(Enough - 1)));
    }

    [Test]
    public async Task A_server_that_does_not_answer_ends_no_build()
    {
        using var server = new RecordedServer("slow-storage");
        server.Instead("GET", Status, ScriptedServer.Json("""{"data":null}""", "500 unexpected"));
        using var client = server.Client(new FastTime());
        Assert.That(await ReasonAsync(new BuildObserver(client, "pve", 9100), server, looks: 10), Is.Null);
    }

    private static string Gone => ScriptedServer.Json("""{"data":null}""", "403 Permission check failed (/vms/9100, VM.Audit)");

    /// <summary>The observer's reason to end the build, or null when it has none after so many looks.</summary>
    private static async Task<string?> ReasonAsync(BuildObserver observer, RecordedServer server, int looks)
    {
        using var ended = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var watching = observer.WatchAsync(ended.Token);
        while (!watching.IsCompleted && server.Asked.Count(a => a.EndsWith(Status, StringComparison.Ordinal)) < looks)
        {
            await Task.WhenAny(watching, Task.Delay(5));
        }

        await ended.CancelAsync();
        try
        {
            return await watching;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
