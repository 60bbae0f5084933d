using Proxmox.Tests.Support;

namespace Proxmox.Tests;

public sealed class AnswerTests
{
    [Test]
    public async Task A_refused_parameter_is_told_with_its_name_and_the_server_s_words()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json(
            """{"data":null,"errors":{"memory":"type check ('integer') failed - got 'lots'\n"}}""", "400 Parameter verification failed."));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").CreateVmAsync(100, new Dictionary<string, string> { ["memory"] = "lots" }));
        Assert.Multiple(() =>
        {
            Assert.That(error.Method, Is.EqualTo("POST"));
            Assert.That(error.Path, Is.EqualTo("/nodes/pve/qemu"));
            Assert.That(error.Status, Is.EqualTo(400));
            Assert.That(error.Reason, Is.EqualTo("Parameter verification failed."));
            Assert.That(error.Errors["memory"], Is.EqualTo("type check ('integer') failed - got 'lots'"));
            Assert.That(error.Message, Is.EqualTo(
                "POST /nodes/pve/qemu: 400 Parameter verification failed. (memory: type check ('integer') failed - got 'lots')"));
        });
    }

    [Test]
    public async Task A_missing_privilege_is_read_from_the_reason_phrase()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("""{"data":null}""", "403 Permission check failed (/vms/101, VM.Allocate)"));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.Node("pve").Qemu(101).DestroyAsync());
        Assert.That(error.Missing, Is.EqualTo(new MissingPrivilege("/vms/101", "VM.Allocate")));
        var failure = ProxmoxFailure.From(error, "Destroying failed");
        Assert.That(failure.Message, Does.Contain("VM.Allocate on /vms/101"));
    }

    [TestCase("Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)", "/storage/local", "Datastore.Audit|Datastore.AllocateSpace")]
    [TestCase("Permission check failed (/vms/101, VM.Allocate)", "/vms/101", "VM.Allocate")]
    public void Reason_phrases_that_name_a_privilege(string reason, string path, string privilege) =>
        Assert.That(MissingPrivilege.Parse(reason), Is.EqualTo(new MissingPrivilege(path, privilege)));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("Permission check failed")]
    [TestCase("Permission check failed ()")]
    [TestCase("Permission check failed (user != root@pam)")]
    [TestCase("Permission check failed (/vms/101, )")]
    public void Reason_phrases_that_name_none(string? reason) => Assert.That(MissingPrivilege.Parse(reason), Is.Null);

    [Test]
    public async Task A_reason_phrase_in_UTF8_is_read_as_such()
    {
        // The server writes its words as UTF-8; "Größe" arrives as these Latin-1 characters.
        using var server = new ScriptedServer(_ => ScriptedServer.Json("""{"data":null}""", "500 GrÃ¶Ã\u009fe fehlt"));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync());
        Assert.That(error.Reason, Is.EqualTo("Größe fehlt"));
    }

    [TestCase("<html>Bad gateway</html>")]
    [TestCase("")]
    [TestCase("{\"data\":")]
    [TestCase("[1,2]")]
    [TestCase("{\"dat\":1}")]
    [TestCase("{\"data\":null}")]
    [TestCase("{\"data\":\"9.0\"}")]
    [TestCase("{\"data\":[]}")]
    [TestCase("{\"data\":{\"release\":\"9.0\"}}")]
    public async Task An_answer_that_is_not_what_the_API_declares_names_the_call_and_is_not_asked_for_again(string body)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json(body));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync());
        Assert.That(error.Malformed, Is.True);
        Assert.That(error.Message, Does.StartWith("GET /version: the server's answer cannot be understood"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_value_of_the_wrong_type_is_named_with_its_place()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("""[{"node":"pve","status":"online","mem":"plenty"}]"""));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxApiException>(() => client.GetNodesAsync());
        Assert.That(error.Message, Does.StartWith("GET /nodes").And.Contains("'plenty'").And.Contains("mem"));
    }

    [Test]
    public async Task An_answer_nested_without_end_is_refused()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data(new string('[', 100_000)));
        using var client = Clients.WithToken(server);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync())).Malformed, Is.True);
    }

    [Test]
    public async Task An_answer_that_is_no_HTTP_is_refused()
    {
        using var server = new ScriptedServer(_ => "SSH-2.0-OpenSSH_9.9\r\n\r\n");
        using var client = Clients.WithToken(server);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => client.GetVersionAsync())).Message, Does.StartWith("GET /version"));
    }

    [Test]
    public async Task Numbers_and_booleans_are_read_however_the_server_writes_them()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("""
            [{"storage":"a","type":"dir","content":"iso,images","active":1,"enabled":"1","shared":0,"avail":"1073741824"},
             {"storage":"b","type":"dir","content":"images","active":true,"enabled":"yes","shared":"0","avail":1073741824.0},
             {"storage":"c","type":"dir","content":"images","active":false,"enabled":"off","shared":null,"avail":null}]
            """));
        using var client = Clients.WithToken(server);
        var storages = await client.Node("pve").GetStoragesAsync();
        Assert.That(storages.Select(s => (s.Active, s.Enabled, s.Shared, s.Available)), Is.EqualTo(new[]
        {
            (true, true, false, (long?)1073741824), (true, true, false, 1073741824), (false, false, false, null),
        }));
        Assert.That(storages[0].Takes("iso"), Is.True);
        Assert.That(storages[1].Takes("iso"), Is.False);
    }

    [TestCase("..")]
    [TestCase(".")]
    [TestCase("")]
    [TestCase("a/../../access")]
    [TestCase("a\nb")]
    public async Task A_name_that_would_change_the_path_never_leaves(string node)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("[]"));
        using var client = Clients.WithToken(server);
        await Caught.FromAsync<ArgumentException>(() => client.Node(node).GetStoragesAsync());
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task Names_with_characters_that_mean_something_in_an_address_stay_names()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("[]"));
        using var client = Clients.WithToken(server);
        await client.Node("p?v#e&%").GetStoragesAsync();
        Assert.That(server.Requests.Single().Target, Is.EqualTo("/api2/json/nodes/p%3Fv%23e%26%25/storage"));
    }
}
