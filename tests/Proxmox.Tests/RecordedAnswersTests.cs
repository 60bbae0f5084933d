using Foundation;
using Proxmox.Api;
using Proxmox.Machines;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

/// <summary>What this program concludes from real servers' answers, played back to it.</summary>
public sealed class RecordedAnswersTests
{
    // As the status daemon's list is in the seconds after a build: no names, no templates yet.
    private const string Lagging =
        """[{"type":"qemu","vmid":9050,"node":"pve","status":"unknown"},{"type":"qemu","vmid":9100,"node":"pve","status":"unknown"},{"type":"qemu","vmid":9101,"node":"pve","status":"running"}]""";

    [TestCase(false)]
    [TestCase(true)]
    public async Task Older_builds_are_found_in_their_own_configurations(bool lagging)
    {
        using var server = new RecordedServer("rocky-9-again-keep-1");
        server.AtTheEnd("GET", "/cluster/resources?type=vm");
        if (lagging)
        {
            server.Instead("GET", "/cluster/resources?type=vm", ScriptedServer.Data(Lagging));
        }

        using var client = server.Client(new FastTime());
        var retention = new Retention(client, new ListLog());
        var older = await retention.OlderAsync("rocky-9", 9101, 1);
        Assert.That(older.Select(b => b.Vmid), Is.EqualTo(new[] { 9100 }));
        Assert.That(await retention.DestroyAsync(older[0]), Is.Null);
        Assert.That(server.Unknown, Is.Empty);
    }

    [Test]
    public async Task A_cloud_init_drive_that_was_refused_is_read_in_the_failed_task()
    {
        using var server = new RecordedServer("cloud-init-drive-refused");
        using var client = server.Client(new FastTime());
        server.Instead("GET", "/nodes/pve/tasks?limit=200&source=all&vmid=9100", ScriptedServer.Data("[]"), ScriptedServer.Data(
            """[{"upid":"UPID:pve:00001000:00002000:6A000000:qmconfig:9100:packer@pve!build:","type":"qmconfig","id":"9100","user":"packer@pve","status":"403 Permission check failed (/vms/9100, VM.Config.Cloudinit)","endtime":1,"starttime":1}]"""));
        var watch = await BuildWatch.BeginAsync(client, "pve", 9100);
        var failed = (await watch.FailedTasksAsync()).Single();
        Assert.That(MissingPrivilege.Find(failed.Reason), Is.EqualTo(new MissingPrivilege("/vms/9100", "VM.Config.Cloudinit")));
        Assert.That(failed.LastLines[^1], Does.Contain("VM.Config.Cloudinit"));
        Assert.That(server.Unknown, Is.Empty);
    }

    [Test]
    public async Task What_a_task_warned_of_is_told()
    {
        const string Upid = "UPID:pve:00001000:00002000:6A000000:qmclone:9100:packer@pve!build:";
        var log = new ListLog();
        using var server = new ScriptedServer(r => ScriptedServer.Data(r.Target.Contains("/log", StringComparison.Ordinal)
            ? """[{"n":1,"t":"create full clone"},{"n":2,"t":"WARN: no efidisk configured! Using temporary efivars disk."},{"n":3,"t":"TASK WARNINGS: 1"}]"""
            : """{"status":"stopped","exitstatus":"WARNINGS: 1"}"""));
        using var client = Clients.WithToken(server, new ProxmoxClientOptions { Time = new FastTime(), Log = log });
        await client.WaitForTaskAsync(Upid);
        Assert.That(log.Lines.Single(), Is.EqualTo((EventLevel.Warning, "The task qmclone of 9100 on pve warned: WARN: no efidisk configured! Using temporary efivars disk.")));
        Assert.That(TaskStatusEntry.IsWarning("OK"), Is.False);
    }

    [TestCase("POST", "/nodes/pve/qemu", "VM.Allocate on the pool")]
    [TestCase("POST", "/nodes/pve/qemu/9100/clone", "VM.Clone on the template")]
    [TestCase("POST", "/nodes/pve/storage/local/download-url", "Sys.AccessNetwork on the node")]
    public void A_refusal_without_a_privilege_says_which_it_is(string method, string path, string words)
    {
        var error = new ProxmoxApiException(method, path, 403, "Permission check failed", new Dictionary<string, string>());
        Assert.That(ProxmoxFailure.From(error, "It failed").Message, Does.Contain(words).And.Contain("Init"));
    }
}
