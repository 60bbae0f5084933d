using System.Diagnostics;
using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>Ctrl-C, SIGTERM and a terminal that goes away: nothing of the build stays behind.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class InterruptionTests(InstalledPacker installed)
{
    [Test]
    public async Task Ctrl_C_destroys_the_VM()
    {
        using var bench = installed.Bench();
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent");
        await running.WaitForAsync("Waiting for SSH");
        running.Interrupt();
        var result = running.WaitForEnd();
        AssertFailed(bench, result, 130, "interrupted");
        Assert.That(result.All, Does.Contain("Interrupting Packer; then its VM is destroyed"), "whoever waits is told for what");
    }

    [Test]
    public async Task Ctrl_C_twice_does_not_wait_for_a_Packer_that_does_not_answer()
    {
        using var bench = installed.Bench();
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent");
        await running.WaitForAsync("Waiting for SSH");
        foreach (var packer in Processes.Below(running.Id).Where(p => p.Name.StartsWith("packer", StringComparison.Ordinal)))
        {
            Processes.Signal(packer.Id, "STOP");
        }

        // The same signal twice may arrive as one.
        running.Interrupt();
        running.Terminate();
        AssertFailed(bench, running.WaitForEnd(), 130, "interrupted");
        var events = Directory.EnumerateFiles(Path.Combine(bench.Runtime, "logs"), "events.jsonl", SearchOption.AllDirectories).Select(File.ReadAllText);
        Assert.That(events, Has.Some.Contains("Interrupted a second time"), "it did not wait for Packer's time to be up");
    }

    [Test]
    public async Task A_hang_up_destroys_the_VM()
    {
        using var bench = installed.Bench();
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent");
        await running.WaitForAsync("Waiting for SSH");
        running.HangUp();
        AssertFailed(bench, running.WaitForEnd(), 130, "interrupted");
    }

    [Test, Platform("Linux")]
    public void A_terminal_that_is_gone_leaves_neither_VM_nor_secrets()
    {
        using var bench = installed.Bench();
        var secrets = Directory.CreateDirectory(Path.Combine(bench.Folder, "secrets")).FullName;
        bench.Set("XDG_RUNTIME_DIR", secrets);
        var result = bench.RunAtTerminal(["--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent"], ["Waiting for SSH", null]);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
            Assert.That(Directory.EnumerateFileSystemEntries(secrets), Is.Empty, "the secrets are gone");
            Assert.That(Directory.EnumerateFiles(Path.Combine(bench.Runtime, "logs"), "result.json", SearchOption.AllDirectories).Select(File.ReadAllText), Has.Some.Contains("\"interrupted\""));
            AssertNoMachines(bench);
        });
    }

    [Test]
    public async Task A_build_that_nohup_started_goes_on_after_a_hang_up()
    {
        using var bench = installed.Bench();
        using var running = bench.StartByNohup("--target=BuildTemplate", "--template=rocky-9");
        await running.WaitForAsync("Creating VM");
        running.HangUp();
        var result = running.WaitForEnd();
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Ctrl_C_before_Packer_runs_leaves_nothing()
    {
        using var bench = installed.Bench();
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9");
        await running.WaitForAsync("Init");
        running.Interrupt();
        AssertFailed(bench, running.WaitForEnd(), 130);
    }

    [TestCase("Test"), TestCase("Bench"), Platform("Linux")]
    public async Task A_target_that_runs_another_program_ends_with_it_when_it_is_told_to(string target)
    {
        // Tests and measurements that tell who they are and then go on for ever.
        using var bench = installed.Bench();
        bench.CopyTemplates();
        var started = Path.Combine(bench.Folder, "started");
        Process.Start("mkfifo", [started]).WaitForExit();
        var work = $"<Exec Command=\"echo $$ &gt; {started}; exec sleep 600\" />";
        var project = Directory.CreateDirectory(Path.Combine(bench.Root, "bench", "Bench")).FullName;
        File.WriteAllText(Path.Combine(project, "Bench.csproj"), $"<Project><Target Name=\"Restore\">{work}</Target><Target Name=\"VSTest\">{work}</Target></Project>");
        File.WriteAllText(Path.Combine(bench.Root, "packer-build-records.slnx"), "<Solution><Project Path=\"bench/Bench/Bench.csproj\" /></Solution>");
        using var running = bench.Start($"--target={target}");
        var id = (await Task.Run(() => File.ReadAllText(started)).WaitAsync(TimeSpan.FromMinutes(1))).Trim();
        running.Terminate();
        var result = running.WaitForEnd();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
            Assert.That(result.Error, Does.Contain($"{target} was interrupted"));
            Assert.That(File.Exists($"/proc/{id}/cmdline") ? File.ReadAllText($"/proc/{id}/cmdline") : "", Is.Empty, "the other program has ended");
        });
    }
}
