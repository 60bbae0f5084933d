using System.Diagnostics;
using System.Text.RegularExpressions;
using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>
/// What fails loses nothing else: records that cannot be signed or written are known early or leave no VM and no secret, and
/// a template that fails leaves the others alone.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class LossTests(InstalledPacker installed)
{
    [Test]
    public void A_signing_key_that_cannot_be_used_is_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--signing-key=" + Path.Combine(bench.Folder, "no-key"));
        AssertFailed(bench, result, 2, "no-key");
        Assert.That(result.All, Does.Not.Contain("PackerBuild").And.Not.Contain("Creating VM"));
    }

    [Test, Platform("Linux")]
    public void A_key_whose_agent_does_not_sign_is_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        var key = Path.Combine(bench.Folder, "key");
        var socket = Path.Combine(bench.Folder, "agent");

        // An agent that asks its owner each time, and an owner who never agrees.
        var start = new ProcessStartInfo("ssh-agent", ["-D", "-a", socket]) { RedirectStandardOutput = true };
        (start.Environment["SSH_ASKPASS"], start.Environment["SSH_ASKPASS_REQUIRE"]) = ("/bin/false", "force");
        using var agent = Process.Start(start)!;
        try
        {
            Assert.That(agent.StandardOutput.ReadLine(), Does.Contain(socket));
            bench.Set("SSH_AUTH_SOCK", socket);
            var add = new ProcessStartInfo("sh", ["-c", "ssh-keygen -q -t ed25519 -N '' -f \"$1\" && ssh-add -q -c \"$1\"", "sh", key]);
            add.Environment["SSH_AUTH_SOCK"] = socket;
            using var adding = Process.Start(add)!;
            adding.WaitForExit();
            Assert.That(adding.ExitCode, Is.Zero);
            // The record of Init has been signed by another.
            Assert.That(bench.Run("--target=Init").ExitCode, Is.Zero);
            var result = Build(bench, $"--signing-key={key}.pub");
            Assert.That(result.ExitCode, Is.EqualTo(1), result.All);
            Assert.That(result.Error, Does.Contain("The record cannot be signed with the key SHA256:"));
            Assert.That(result.All, Does.Match(@"Validate failed after").And.Not.Contain("Creating VM"));
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
        }
        finally
        {
            agent.Kill();
        }
    }

    [Test]
    public void Records_that_cannot_be_written_are_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        Directory.CreateDirectory(bench.SandboxRecords);
        File.WriteAllText(Path.Combine(bench.SandboxRecords, "builds"), "");
        var result = Build(bench);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.All);
        Assert.That(result.All, Does.Contain("is a file").And.Not.Contain("PackerBuild"));
    }

    [Test]
    public void The_disk_is_full_when_the_record_is_written()
    {
        using var bench = installed.Bench();
        Assume.That(Tmpfs.TryMount(bench.Records, "64k"), Is.True, "mounting needs root");
        try
        {
            AssertFailed(bench, Build(bench), 1, "space");
        }
        finally
        {
            Tmpfs.Unmount(bench.Records);
        }
    }

    [Test]
    public async Task What_cannot_be_written_at_the_end_is_in_the_way_of_no_VM_and_of_no_secret()
    {
        using var bench = installed.Bench();
        var secrets = Directory.CreateDirectory(Path.Combine(bench.Folder, "secrets")).FullName;
        bench.Set("XDG_RUNTIME_DIR", secrets);
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04", "--parallel=2", "--sandbox-fault=agent:silent");
        foreach (var template in new[] { "rocky-9", "ubuntu-24.04" })
        {
            await running.WaitForAsync(template, "Waiting for SSH");
            // A folder in the place of the file: not even an administrator can write it then.
            var log = new DirectoryInfo(Path.Combine(bench.Runtime, "logs", "packer", template)).EnumerateDirectories().First(d => d.LinkTarget is null);
            Directory.CreateDirectory(Path.Combine(log.FullName, "result.json"));
        }

        foreach (var packer in Processes.Below(running.Id).Where(p => p.Name.StartsWith("packer", StringComparison.Ordinal)))
        {
            Processes.Signal(packer.Id, "KILL");
        }

        var result = running.WaitForEnd();
        var told = result.Output.Split('\n').Concat(result.Error.Split('\n')).Where(l => l.Contains("result.json", StringComparison.Ordinal)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
            Assert.That(Directory.EnumerateFileSystemEntries(secrets), Is.Empty, "the secrets are gone");
            AssertNoMachines(bench);
            Assert.That(told, Has.Count.EqualTo(2).And.One.Contains("rocky-9").And.One.Contains("ubuntu-24.04"), result.All);
            Assert.That(result.All, Does.Not.Contain("   at "), "no stack trace");
        });
    }

    [Test]
    public void One_failed_template_of_several_does_not_lose_the_others()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Workbench.Change(kickstart, "^timezone ", "timezoone ");
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
            Assert.That(bench.RecordsOf("ubuntu-24.04"), Has.Count.EqualTo(1));
        });
    }

    [TestCase("os/rocky/ks.cfg.scriban", "^timezone ", "{{ for }}\ntimezone ", "ks.cfg")]
    [TestCase("templates/rocky-9/template.json", "\"login_timeout\": \"45m\"", "\"login_timeout\": \"45 minutes\"", "minutes")]
    public void A_template_that_cannot_be_staged_does_not_lose_the_others_on_a_new_sandbox(string file, string pattern, string replacement, string word)
    {
        using var bench = installed.Bench();
        Workbench.Change(Path.Combine(bench.CopyTemplates(), file), pattern, replacement);
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04");
        var init = Directory.EnumerateFiles(Path.Combine(bench.SandboxRecords, "init"), "run.json", SearchOption.AllDirectories).First();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(result.All, Does.Match($"rocky-9 is not in the init record.*{Regex.Escape(word)}"));
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
            Assert.That(bench.RecordsOf("ubuntu-24.04"), Has.Count.EqualTo(1));
            Assert.That(File.ReadAllText(init), Does.Contain("ubuntu-24.04/").And.Not.Contain("rocky-9/"));
            Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero, "the records verify");
        });
    }

    [Test]
    public void A_template_that_cannot_be_staged_fails_alone_and_fails_an_Init_that_was_asked_for()
    {
        using var bench = installed.Bench();
        Workbench.Change(Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban"), "^timezone ", "{{ for }}\ntimezone ");
        AssertFailed(bench, Build(bench), 3, "ks.cfg");
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero, "the record of Init, which has no template, verifies");
        var init = bench.Run("--target=Init");
        Assert.That(init.ExitCode, Is.EqualTo(3), init.All);
        Assert.That(init.Error, Does.Contain("ks.cfg"));
    }
}
