using System.Diagnostics;
using Proxmox.Machines.Login;

namespace Proxmox.Tests;

/// <summary>What a clone is asked over SSH, and how its answer is read.</summary>
public sealed class CloneScriptTests
{
    private const string Nonce = "0123456789abcdef";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_796_038_540);

    private const string Good = """
        cloud_init=done
        system=running
        time=1796038535
        start=1796038426
        machine_id=1796038441 8157dfedf1614107924d84088f74ee3d
        host_key=1796038484
        build_user=2
        disk=33554432 33552384
        root=17176723456 16891695104
        searched=1
        """;

    private static CloneFindings? Read(string answer) => CloneScript.Read($"motd\nbegin={Nonce}\n{answer}\nend={Nonce}\n", Nonce, "me", Now);

    private static CloneFindings Changed(string line, string with) => Read(Good.Replace(line, with, StringComparison.Ordinal))!;

    [Test]
    public void Finding_nothing_says_nothing_where_not_all_was_sought()
    {
        string Answer(string lines) => $"begin={Nonce}\n{lines}\nend={Nonce}\n";
        Assert.That(CloneScript.Read(Answer("searched=1"), Nonce, "me", Now, soughtAll: false)!.Traces, Is.Null);
        Assert.That(CloneScript.Read(Answer("trace=/etc/a\nsearched=0"), Nonce, "me", Now, soughtAll: false)!.Traces, Is.EqualTo(new[] { "/etc/a" }));
    }

    [Test]
    public void A_clone_that_is_as_it_should_be_has_no_faults()
    {
        var seen = Read(Good)!;
        Assert.Multiple(() =>
        {
            Assert.That((seen.OwnMachineId, seen.OwnHostKeys, seen.BuildUserGone, seen.DiskGrown), Is.EqualTo(((bool?)true, (bool?)true, (bool?)true, (bool?)true)));
            Assert.That((seen.User, seen.CloudInit, seen.System, seen.ClockOffsetSeconds), Is.EqualTo(("me", "done", "running", (long?)-5)));
            Assert.That(seen.Traces, Is.Empty);
            Assert.That(seen.FailedUnits, Is.Empty);
            Assert.That(seen.Faults.Concat(seen.Doubts), Is.Empty);
        });
    }

    [TestCase("machine_id=1796038441", "machine_id=1796030000", "the machine id of the template")]
    [TestCase("8157dfedf1614107924d84088f74ee3d", "uninitialized", "the machine id of the template")]
    [TestCase("host_key=1796038484", "host_key=1796038484\nhost_key=1796030000", "the SSH host keys of the template")]
    [TestCase("build_user=2", "build_user=0", "the user that built it is still there")]
    [TestCase("cloud_init=done", "cloud_init=error", "its status is 'error'")]
    [TestCase("searched=1", "trace=/etc/a\u001b[31m\ntrace=/root/b\nsearched=0", "is in /etc/a?[31m, /root/b")]
    public void What_every_other_clone_would_have_as_well_is_a_fault(string line, string with, string fault) =>
        Assert.That(Changed(line, with).Faults.Single(), Does.Contain(fault));

    [TestCase("system=running", "system=degraded\nfailed=a.service\nfailed=b c", "the system is 'degraded': a.service failed")]
    [TestCase("disk=33554432 33552384", "disk=67108864 33552384", "its root does not take the whole disk")]
    [TestCase("root=17176723456 16891695104", "root=17176723456 891695104", "its root does not take the whole disk")]
    [TestCase("time=1796038535", "time=1796031340", "by -7200 s")]
    public void What_a_template_can_be_used_with_is_a_doubt(string line, string with, string doubt)
    {
        var seen = Changed(line, with);
        Assert.That(seen.Doubts.Single(), Does.Contain(doubt));
        Assert.That(seen.Faults, Is.Empty);
    }

    [Test]
    public void What_the_guest_does_not_tell_is_not_known()
    {
        var seen = Read("searched=124\ncloud_init=\nsystem=$(reboot)\nmachine_id= 8157dfedf1614107924d84088f74ee3d")!;
        Assert.That(seen, Is.EqualTo(new CloneFindings { User = "me", FailedUnits = seen.FailedUnits }));
        Assert.That(seen.Faults.Concat(seen.Doubts), Is.Empty);
    }

    [TestCase("")]
    [TestCase("This account is not available.\n")]
    [TestCase("begin=0123456789abcdef\nsystem=running\n")]
    [TestCase("begin=fedcba9876543210\nend=fedcba9876543210\n")]
    public void What_answers_no_question_is_no_answer(string answer) => Assert.That(CloneScript.Read(answer, Nonce, "me", Now), Is.Null);

    [Test]
    public async Task The_script_is_run_by_a_real_shell_and_its_answer_is_read()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("It asks for what Linux has.");
        }

        var start = new ProcessStartInfo("sh", ["-c", CloneScript.Command(Nonce, "nobody'; touch /tmp/x; '", TimeSpan.FromSeconds(1))]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var shell = Process.Start(start)!;

        // Nothing to search for: an empty list finds nothing.
        shell.StandardInput.Close();
        var answer = await shell.StandardOutput.ReadToEndAsync();
        Assert.That(await shell.StandardError.ReadToEndAsync(), Is.Empty);
        var seen = CloneScript.Read(answer, Nonce, "me", DateTimeOffset.UtcNow);
        Assert.That(seen, Is.Not.Null, answer);
        Assert.That(seen!.ClockOffsetSeconds, Is.InRange(-60, 60));
        Assert.That(seen.BuildUserGone, Is.Null, "A name that no user can have is not asked for.");
    }
}
