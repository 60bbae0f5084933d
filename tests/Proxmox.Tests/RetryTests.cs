using System.Net;
using System.Net.Sockets;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

public sealed class RetryTests
{
    private const string Version = """{"version":"9.0.3","release":"9.0","repoid":"x"}""";

    [TestCase("502 Bad Gateway")]
    [TestCase("503 Service Unavailable")]
    [TestCase("504 Gateway Timeout")]
    [TestCase("595 Connection refused")]
    [TestCase("596 Broken pipe")]
    [TestCase("599 Too many redirections")]
    public async Task Reading_is_repeated_when_the_reason_may_pass(string status)
    {
        var calls = 0;
        using var server = new ScriptedServer(_ => Interlocked.Increment(ref calls) < 4
            ? ScriptedServer.Json("", status) : ScriptedServer.Data(Version));
        using var client = Clients.WithToken(server);
        Assert.That((await client.GetVersionAsync()).Version, Is.EqualTo("9.0.3"));
        Assert.That(calls, Is.EqualTo(4));
    }

    [TestCase("500 got timeout")]
    [TestCase("501 Method 'GET /version' not implemented")]
    [TestCase("403 Permission check failed")]
    [TestCase("400 Parameter verification failed.")]
    public async Task Reading_is_not_repeated_when_the_server_has_decided(string status)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("", status));
        using var client = Clients.WithToken(server);
        await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase("503 Service Unavailable")]
    [TestCase("596 Broken pipe")]
    public async Task Starting_something_is_never_repeated_once_it_was_sent(string status)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("", status));
        using var client = Clients.WithToken(server);
        await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").Qemu(100).StartAsync());
        await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").Qemu(100).DestroyAsync());
        Assert.That(server.Requests.Select(r => r.Method), Is.EqualTo(new[] { "POST", "DELETE" }));
    }

    [Test]
    public async Task Starting_and_destroying_are_not_repeated_when_the_connection_breaks_before_the_answer()
    {
        // The first answer leaves the connection open, so that the second call meets one that is in use: a handler that
        // repeats by itself would do it there.
        using var server = new ScriptedServer(r => r.Method == "GET" ? ScriptedServer.Data(Version) : ScriptedServer.HangUp);
        using var client = Clients.WithToken(server);
        await client.GetVersionAsync();
        await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").Qemu(100).StartAsync());
        await client.GetVersionAsync();
        await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").Qemu(100).DestroyAsync());
        Assert.That(server.Requests.Where(r => r.Method != "GET").Select(r => r.Method), Is.EqualTo(new[] { "POST", "DELETE" }));
    }

    [Test]
    public async Task Setting_a_state_is_repeated()
    {
        var calls = 0;
        using var server = new ScriptedServer(_ => Interlocked.Increment(ref calls) == 1 ? ScriptedServer.HangUp : ScriptedServer.Data("null"));
        using var client = Clients.WithToken(server);
        await client.Access.SetAclAsync("/vms", "PackerBuild", "packer@pve", null);
        Assert.That(server.Requests.Select(r => r.Line), Is.EqualTo(new[] { "PUT /api2/json/access/acl", "PUT /api2/json/access/acl" }));
    }

    [Test]
    public async Task A_silent_server_is_asked_again()
    {
        var calls = 0;
        using var server = new ScriptedServer(_ => Interlocked.Increment(ref calls) == 1 ? null : ScriptedServer.Data(Version));
        using var client = Clients.WithToken(
            server, new ProxmoxClientOptions { Time = new FastTime(), RequestTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo(9));
    }

    [Test]
    public async Task Polling_survives_forty_seconds_of_a_dead_server_and_waits_longer_each_time()
    {
        var time = new FastTime();
        var deadUntil = DateTimeOffset.MaxValue;
        var dead = false;
        using var server = new ScriptedServer(r =>
        {
            if (dead && time.GetUtcNow() < deadUntil)
            {
                return ScriptedServer.HangUp;
            }

            if (!dead)
            {
                dead = true;
                deadUntil = time.GetUtcNow() + TimeSpan.FromSeconds(40);
                return ScriptedServer.Data("""{"status":"running"}""");
            }

            return ScriptedServer.Data("""{"status":"stopped","exitstatus":"OK"}""");
        });
        using var client = Clients.WithToken(server, new ProxmoxClientOptions { Time = time });
        var status = await client.WaitForTaskAsync("UPID:pve:0001:0002:65000000:qmclone:100:packer@pve!build:");
        Assert.That(status.ExitStatus, Is.EqualTo("OK"));
        Assert.That(time.Waits.Max(), Is.LessThanOrEqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(time.Waits, Has.Count.LessThan(30));
    }

    [Test]
    public async Task A_server_that_stays_away_is_given_up_in_the_end()
    {
        var time = new FastTime();
        var first = true;
        using var server = new ScriptedServer(_ =>
        {
            var answer = first ? ScriptedServer.Data(Version) : ScriptedServer.HangUp;
            first = false;
            return answer;
        });
        using var client = Clients.WithToken(server, new ProxmoxClientOptions { Time = time });
        await client.GetVersionAsync();
        var started = time.GetUtcNow();
        await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync());
        Assert.That((time.GetUtcNow() - started).TotalSeconds, Is.InRange(60, 120));
    }

    [Test]
    public async Task A_wrong_address_is_told_within_seconds()
    {
        var port = FreePort();
        var time = new FastTime();
        using var client = new ProxmoxClient(
            new ProxmoxConnection
            {
                Url = new Uri($"https://127.0.0.1:{port}"),
                Credentials = new ProxmoxCredentials { Username = "root@pam", Password = "x" },
            },
            new ProxmoxClientOptions { Time = time });
        var started = time.GetUtcNow();
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync());
        Assert.That(error.Status, Is.Null);
        Assert.That((time.GetUtcNow() - started).TotalSeconds, Is.LessThan(10));
        Assert.That(ProxmoxFailure.From(error, "Looking failed").Message, Does.Contain("does not answer").And.Contain("refused"));
    }

    [Test]
    public async Task Waiting_for_a_dead_server_ends_when_the_user_interrupts()
    {
        using var interrupt = new CancellationTokenSource();
        using var server = new ScriptedServer(_ =>
        {
            interrupt.Cancel();
            return ScriptedServer.HangUp;
        });
        using var client = Clients.WithToken(server);
        await Caught.FromAsync<OperationCanceledException>(() => client.GetVersionAsync(interrupt.Token));
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
