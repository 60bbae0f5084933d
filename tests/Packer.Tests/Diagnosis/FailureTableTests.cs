using Packer.Diagnosis;
using Proxmox;
using Proxmox.Machines;

namespace Packer.Tests.Diagnosis;

/// <summary>A row of the decision table for each test case, and that the earlier row wins where two apply.</summary>
public sealed class FailureTableTests
{
    private const long Installed = 2L << 30;

    private static readonly BuildFacts Nothing = new() { Words = "Build was halted.", Vmid = 9100, Bridge = "vmbr0", Storage = "local-lvm" };

    private static readonly BuildFacts TimedOut = Nothing with
    {
        Words = "Timeout waiting for SSH.", TimedOut = true, HttpAddress = "http://10.0.0.9:8716", HttpReachable = null,
    };

    private static FailedTask Task(string reason, params string[] lines) => new("qmcreate", reason, lines);

    private static IEnumerable<TestCaseData> Rows =>
    [
        Row("privilege", Nothing with { MissingPrivilege = new MissingPrivilege("/vms/9100", "VM.Config.CDROM") }, "VM.Config.CDROM on /vms/9100"),
        Row("vm-gone", Nothing with { Destroyed = true, FailedTasks = [Task("no space left")] }, "VM 9100", "not by this build"),
        Row("storage-full", Nothing with { Words = "500 can't activate LV: No space left on device" }, "local-lvm", "--keep"),
        Row("storage-full", Nothing with { FailedTasks = [Task("exit code 5", "volume group has insufficient free space")] }, "insufficient free space"),
        Row("task-slow", Nothing with { Words = "error creating VM: Wait timeout for:UPID:pve:00001000:00002000:6A000000:qmcreate:9100:packer@pve!build:" }, "qmcreate", "VM 9100", "task_timeout"),
        Row("connection-lost", Nothing with { Words = "Error running boot command: Put \"https://pve:8006/api2/json/nodes/pve/qemu/9100/sendkey\": EOF" }, "sendkey", "Run it again"),
        Row("connection-lost", Nothing with { Words = "Get https://pve:8006/api2/json/version: dial tcp 10.0.0.2:8006: connect: connection refused" }, "connection refused"),
        Row("task-warned", Nothing with { Words = "Can't convert Vm to template:WARNINGS: 1", WarnedTasks = [new FailedTask("qmtemplate", "WARNINGS: 1", ["WARN: no efidisk"])] }, "qmtemplate", "WARN: no efidisk"),
        Row("login-unreachable", TimedOut with { Login = "WinRM", AgentAnswered = true, DiskWritten = Installed }, "nothing answers WinRM", "--http-proxy"),
        Row("login-unreachable", TimedOut with { AgentAnswered = true, Tried = ["172.17.0.1"], Told = [new("docker0", "172.17.0.1"), new("eth0", "10.0.0.7")] }, "tried: 172.17.0.1", "told: docker0 172.17.0.1, eth0 10.0.0.7", "vm_interface"),
        Row("no-usable-address", TimedOut with { DiskWritten = Installed, Told = [new("eth0", "2001:db8::7")] }, "told: eth0 2001:db8::7", "IPv4", "vm_interface"),
        Row("shutdown-ignored", Nothing with { FailedTasks = [new("qmshutdown", "VM quit/powerdown failed - got timeout", [])] }, "three times, 190 s", "VM quit/powerdown failed", "VM 9100"),
        Row("task-failed", Nothing with { FailedTasks = [Task("start failed: QEMU exited with code 1", "kvm: no such device")] }, "qmcreate", "QEMU exited", "kvm: no such device"),
        Row("task-failed", Nothing with { Words = "Error running boot command", FailedTasks = [new("qmstart", "KVM virtualisation configured, but not available", [])] }, "the node did not start VM 9100", "KVM virtualisation"),
        Row("refused", TimedOut with { AgentAnswered = true, Connected = true, Refused = true, DiskWritten = Installed }, "refuses the build user", "key"),
        Row("refused", TimedOut with { Login = "WinRM", AgentAnswered = true, Connected = true, Refused = true }, "WinRM", "password"),
        Row("refused", Nothing with { AgentAnswered = true, Connected = true, Refused = true }, "refuses the build user"),
        Row("login-protocol", TimedOut with { AgentAnswered = true, Connected = true, DiskWritten = Installed }, "no login came about"),
        Row("login-unreachable", TimedOut with { AgentAnswered = true, DiskWritten = Installed }, "nothing answers SSH", "vmbr0"),
        Row("http-unreachable", TimedOut with { HttpReachable = false, DiskWritten = 0 }, "http://10.0.0.9:8716", "--http-bind-address"),
        Row("never-installed", TimedOut with { DiskWritten = 3 << 20 }, "3 MiB written", "http://10.0.0.9:8716", "VM 9100"),
        Row("never-installed", TimedOut with { HttpAddress = null, DiskWritten = 0 }, "image with its file", "unattended_label"),
        Row("agent-silent", TimedOut with { DiskWritten = Installed }, "2048 MiB written", "qemu-guest-agent"),
        Row("agent-silent", TimedOut, "never told an address"),
    ];

    private static TestCaseData Row(string link, BuildFacts facts, params string[] words) => new(link, facts, words);

    [TestCaseSource(nameof(Rows))]
    public void A_row_names_the_link_and_what_to_look_at(string link, BuildFacts facts, string[] words)
    {
        var found = FailureTable.Find(facts)!;
        Assert.That(found.Link, Is.EqualTo(link));
        Assert.That(words, Is.All.Matches<string>(word => word is not null && (found.Why + " " + found.Remedy).Contains(word, StringComparison.Ordinal)), $"{found.Why} / {found.Remedy}");
    }

    [Test]
    public void Every_row_is_tested() =>
        Assert.That(Rows.Select(r => (string)r.Arguments[0]!).Distinct(), Is.EquivalentTo(FailureTable.Links));

    [Test]
    public void Where_nothing_is_known_Packer_s_words_stand() => Assert.That(FailureTable.Find(Nothing), Is.Null);

    [Test]
    public void A_missing_privilege_outweighs_what_it_caused() =>
        Assert.That(
            FailureTable.Find(TimedOut with { MissingPrivilege = new("/vms/9100", "VM.Audit"), FailedTasks = [Task("no space left")] })!.Link,
            Is.EqualTo("privilege"));

    [Test]
    public void What_Packer_says_comes_before_what_the_login_lacks_besides()
    {
        var also = new Proxmox.Access.NeededPrivilege("/pool/packer", "VM.Console", "type the boot command");
        var script = FailureTable.Find(Nothing with { Words = "Script exited with non-zero exit status: 1", AlsoMissing = also })!;
        Assert.That(script.Why, Is.EqualTo("Script exited with non-zero exit status: 1; the login lacks the privilege VM.Console on /pool/packer (type the boot command)"));
        var refused = FailureTable.Find(Nothing with { AlsoMissing = also, MissingPrivilege = new("/vms/9100", "VM.Console") })!;
        Assert.That(refused.Why, Is.EqualTo("the login lacks the privilege VM.Console on /vms/9100"));
        var gone = FailureTable.Find(Nothing with { Words = "403 Permission check failed (/vms/9100, VM.Audit)", Destroyed = true })!;
        Assert.That((gone.Link, gone.Why), Is.EqualTo(("vm-gone", "VM 9100 was destroyed while Packer was building in it, and not by this build (403 Permission check failed (/vms/9100, VM.Audit))")));
        Assert.That(FailureTable.Find(Nothing), Is.Null);
    }

    [Test]
    public void The_runbook_explains_every_link()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent!;
        }

        var runbook = File.ReadAllText(Path.Combine(folder.FullName, "docs", "runbooks", "failed-build.md"));
        var sections = System.Text.RegularExpressions.Regex.Matches(runbook, "^## `([a-z-]+)`$", System.Text.RegularExpressions.RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        Assert.That(sections, Is.EqualTo(FailureTable.Links), "in the order in which they are tried, as the page says");
    }
}
