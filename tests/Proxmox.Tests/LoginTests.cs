using Foundation;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

public sealed class LoginTests
{
    private const string Ticket = """{"ticket":"PVE:root@pam:6500AAAA::c2ln","CSRFPreventionToken":"6500AAAA:csrf","username":"root@pam"}""";

    [Test]
    public async Task A_token_goes_into_the_header_and_nothing_else_is_asked_for()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("[]"));
        using var client = Clients.WithToken(server);
        await client.GetNodesAsync();
        var request = server.Requests.Single();
        Assert.That(request.Line, Is.EqualTo("GET /api2/json/nodes"));
        Assert.That(request.Headers["Authorization"], Is.EqualTo("PVEAPIToken=packer@pve!build=11112222-3333-4444-5555-666677778888"));
    }

    [Test]
    public async Task A_password_is_exchanged_for_a_ticket_once_and_writing_carries_the_CSRF_token()
    {
        using var server = new ScriptedServer(r => r.Target.EndsWith("/ticket", StringComparison.Ordinal)
            ? ScriptedServer.Data(Ticket) : ScriptedServer.Data(r.Method == "GET" ? "[]" : "\"UPID:x\""));
        var secrets = new SecretSet();
        using var client = Clients.WithPassword(server, new ProxmoxClientOptions { Time = new FastTime(), Secrets = secrets });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetNodesAsync()));
        await client.Node("pve").Qemu(100).StartAsync();
        var requests = server.Requests.ToList();
        Assert.That(requests.Count(r => r.Line == "POST /api2/json/access/ticket"), Is.EqualTo(1));
        Assert.That(requests[0].Body, Is.EqualTo("username=root%40pam&password=hunter2%26%3D%25%2B"));
        Assert.That(requests[^1].Headers["Cookie"], Is.EqualTo("PVEAuthCookie=PVE:root@pam:6500AAAA::c2ln"));
        Assert.That(requests[^1].Headers["CSRFPreventionToken"], Is.EqualTo("6500AAAA:csrf"));
        Assert.That(requests[1].Headers, Does.Not.ContainKey("CSRFPreventionToken"));
        Assert.That(secrets.Values, Is.SupersetOf(new[] { "PVE:root@pam:6500AAAA::c2ln", "6500AAAA:csrf", "hunter2&=%+" }));
    }

    [Test]
    public async Task A_ticket_is_renewed_with_itself_before_it_expires()
    {
        var time = new FastTime();
        using var server = new ScriptedServer(r => r.Target.EndsWith("/ticket", StringComparison.Ordinal)
            ? ScriptedServer.Data(Ticket) : ScriptedServer.Data("[]"));
        using var client = Clients.WithPassword(server, new ProxmoxClientOptions { Time = time });
        await client.GetNodesAsync();
        time.Advance(TimeSpan.FromMinutes(100));
        await client.GetNodesAsync();
        var logins = server.Requests.Where(r => r.Method == "POST").ToList();
        Assert.That(logins, Has.Count.EqualTo(2));
        Assert.That(Uri.UnescapeDataString(logins[1].Body), Does.Contain("password=PVE:root@pam:6500AAAA::c2ln"));
    }

    [Test]
    public async Task A_ticket_that_the_server_no_longer_takes_is_replaced_and_the_call_done_once_more()
    {
        var refused = false;
        using var server = new ScriptedServer(r =>
        {
            if (r.Target.EndsWith("/ticket", StringComparison.Ordinal))
            {
                return ScriptedServer.Data(Ticket);
            }

            if (!refused)
            {
                refused = true;
                return ScriptedServer.Json("", "401 permission denied - invalid PVE ticket");
            }

            return ScriptedServer.Data("\"UPID:x\"");
        });
        using var client = Clients.WithPassword(server);
        Assert.That(await client.Node("pve").Qemu(100).StartAsync(), Is.EqualTo("UPID:x"));
        Assert.That(server.Requests.Select(r => r.Line), Is.EqualTo(new[]
        {
            "POST /api2/json/access/ticket", "POST /api2/json/nodes/pve/qemu/100/status/start",
            "POST /api2/json/access/ticket", "POST /api2/json/nodes/pve/qemu/100/status/start",
        }));
    }

    [Test]
    public async Task A_wrong_password_is_tried_once()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("""{"data":null}""", "401 authentication failure"));
        using var client = Clients.WithPassword(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync());
        Assert.That(error.Status, Is.EqualTo(401));
        Assert.That(server.Requests.Count, Is.LessThanOrEqualTo(2));
        Assert.That(ProxmoxFailure.From(error, "Logging in failed").Message, Does.Contain("authentication failure"));
    }

    [Test]
    public async Task A_second_factor_is_asked_for_and_sent_with_the_challenge()
    {
        using var server = new ScriptedServer(r => !r.Target.EndsWith("/ticket", StringComparison.Ordinal) ? ScriptedServer.Data("[]")
            : r.Body.Contains("tfa-challenge", StringComparison.Ordinal) ? ScriptedServer.Data(Ticket)
            : ScriptedServer.Data("""{"ticket":"PVE:!tfa!%7B%22totp%22%3Atrue%7D:6500AAAA::c2ln","CSRFPreventionToken":"x","username":"root@pam","NeedTFA":1}"""));
        string? asked = null;
        using var client = Clients.WithPassword(server, new ProxmoxClientOptions
        {
            Time = new FastTime(),
            SecondFactor = (user, _) =>
            {
                asked = user;
                return Task.FromResult<string?>(" 123456 ");
            },
        });
        await client.GetNodesAsync();
        Assert.That(asked, Is.EqualTo("root@pam"));
        var second = server.Requests.Where(r => r.Method == "POST").ElementAt(1);
        Assert.That(second.Body, Does.Contain("password=totp%3A123456").And.Contain("tfa-challenge=PVE%3A%21tfa%21%257B"));
    }

    [Test]
    public async Task Without_anybody_to_ask_a_second_factor_is_an_error_that_says_so()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("""{"ticket":"PVE:!tfa!x","username":"root@pam","NeedTFA":1}"""));
        using var client = Clients.WithPassword(server);
        Assert.That(
            (await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync())).Message, Does.Contain("root@pam needs a second factor"));
    }

    [TestCase("""{"username":"root@pam"}""")]
    [TestCase("""{"ticket":"a\r\nX-Evil: 1","CSRFPreventionToken":"x","username":"root@pam"}""")]
    [TestCase("""{"ticket":"","CSRFPreventionToken":"x","username":"root@pam"}""")]
    public async Task A_ticket_that_is_none_is_refused(string answer)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data(answer));
        using var client = Clients.WithPassword(server);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync())).Malformed, Is.True);
    }

    [Test]
    public async Task Errors_never_carry_the_secret()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("", "500 no"));
        using var client = Clients.WithPassword(server);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync())).ToString(), Does.Not.Contain("hunter2"));
    }
}
