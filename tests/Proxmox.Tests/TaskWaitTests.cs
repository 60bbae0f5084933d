using Proxmox.Api;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

public sealed class TaskWaitTests
{
    private const string Task1 = "UPID:pve:0001ABCD:00FF0012:65538000:download:Rocky.iso:packer@pve!build:";

    [Test]
    public void The_parts_of_a_task_s_identifier()
    {
        var task = Upid.Parse(Task1)!;
        Assert.That((task.Node, task.Type, task.Id, task.User), Is.EqualTo(("pve", "download", "Rocky.iso", "packer@pve!build")));
        Assert.That(task.Started, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(0x65538000)));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("UPID:")]
    [TestCase("UPID:pve:1:2:zz:qmstart:100:root@pam:")]
    [TestCase("UPID:pve:1:2:7fffffffffffffff:qmstart:100:root@pam:")]
    [TestCase("upid:pve:1:2:3:qmstart:100:root@pam:")]
    public void What_is_no_identifier(string? text) => Assert.That(Upid.Parse(text), Is.Null);

    [Test]
    public async Task Each_line_of_the_log_is_told_once_and_in_order()
    {
        var polls = 0;
        using var server = new ScriptedServer(r =>
        {
            if (r.Target.Contains("/status", StringComparison.Ordinal))
            {
                return ScriptedServer.Data(++polls < 4 ? """{"status":"running"}""" : """{"status":"stopped","exitstatus":"OK"}""");
            }

            // Two new lines with each poll.
            var start = int.Parse(r.Target.Split("start=")[1].Split('&')[0], System.Globalization.CultureInfo.InvariantCulture);
            return ScriptedServer.Data("[" + string.Join(',', Enumerable.Range(start + 1, Math.Max(0, (polls * 2) - start))
                .Select(n => $$"""{"n":{{n}},"t":"line {{n}}"}""")) + "]");
        });
        using var client = Clients.WithToken(server);
        var lines = new List<string>();
        await client.WaitForTaskAsync(Task1, lines.Add);
        Assert.That(lines, Is.EqualTo(Enumerable.Range(1, 8).Select(n => $"line {n}")));
    }

    [Test]
    public async Task A_task_that_fails_tells_its_exit_status_and_the_log_s_last_lines()
    {
        using var server = new ScriptedServer(r => r.Target.Contains("/status", StringComparison.Ordinal)
            ? ScriptedServer.Data("""{"status":"stopped","exitstatus":"download failed: exit code 8"}""")
            : ScriptedServer.Data("[" + string.Join(',', Enumerable.Range(1, 9).Select(n => $$"""{"n":{{n}},"t":"line {{n}}"}""")) + "]"));
        using var client = Clients.WithToken(server);
        var error = await Caught.FromAsync<ProxmoxTaskException>(() => client.WaitForTaskAsync(Task1));
        Assert.That(error.ExitStatus, Is.EqualTo("download failed: exit code 8"));
        Assert.That(error.LastLines, Is.EqualTo(new[] { "line 5", "line 6", "line 7", "line 8", "line 9" }));
        Assert.That(error.Message, Is.EqualTo("task download of Rocky.iso on pve: download failed: exit code 8"));
    }

    [TestCase("OK")]
    [TestCase("WARNINGS: 2")]
    public async Task A_task_with_warnings_has_done_its_work(string exit)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data($$"""{"status":"stopped","exitstatus":"{{exit}}"}"""));
        using var client = Clients.WithToken(server);
        Assert.That((await client.WaitForTaskAsync(Task1)).ExitStatus, Is.EqualTo(exit));
    }

    [Test]
    public async Task An_answer_that_is_no_task_is_not_waited_for()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Data("null"));
        using var client = Clients.WithToken(server);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => client.WaitForTaskAsync("nothing"))).Malformed, Is.True);
        Assert.That(server.Requests, Is.Empty);
    }
}
