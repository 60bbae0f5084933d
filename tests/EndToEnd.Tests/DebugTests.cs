namespace EndToEnd.Tests;

/// <summary>Packer's own stepping: <c>--debug</c>.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All)), Platform("Linux")]
internal sealed class DebugTests(InstalledPacker installed)
{
    private static readonly string[] Stepping = ["--target=BuildTemplate", "--template=rocky-9", "--debug"];

    [Test]
    public void Each_step_waits_for_Enter_and_a_build_comes_to_its_end()
    {
        using var bench = installed.Bench();
        var pauses = Enumerable.Range(0, 60).Select(_ => new[] { "ress enter to continue.", "" }).ToArray();
        var result = bench.RunAtTerminal(Stepping, pauses);
        var log = File.ReadAllText(Directory.EnumerateFiles(Path.Combine(bench.Runtime, "logs", "packer", "rocky-9", "latest"), "packer.log").Single());
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(result.Output, Does.Contain("Pausing after run of step 'stepStartVM'. Press enter to continue.").And.Contain("Pausing before cleanup of step 'stepStartVM'"));
            Assert.That(result.Output, Does.Match(@"\d +Typing the boot command\r?\n").And.Not.Match("continue\\. ==>"), "steps are shown as ever");
            Assert.That(log, Does.Contain("==> proxmox-iso.vm: Pausing after run of step 'stepStartVM'").And.Contain("Build 'proxmox-iso.vm' finished"));
            Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void Ctrl_C_at_a_pause_ends_the_build_and_destroys_the_VM()
    {
        using var bench = installed.Bench();
        var result = bench.RunAtTerminal(Stepping,
            [.. Enumerable.Range(0, 60).Select(i => new[] { "ress enter to continue.", i == 5 ? Workbench.CtrlC : "" })]);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
            FailedBuild.AssertNoMachines(bench);
        });
    }

    [TestCase("nobody can be asked", "--template=rocky-9")]
    public void It_is_refused_where_nobody_can_step(string why, params string[] more)
    {
        using var bench = installed.Bench();
        var result = bench.Run(["--target=BuildTemplate", "--debug", .. more]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.Error, Does.Contain("--debug is not possible").And.Contain(why));
    }

    [TestCase("--parallel=2", "--template=rocky-9", "--parallel=2")]
    [TestCase("2 templates", "--template=rocky-9,ubuntu-24.04")]
    public void One_build_at_a_time(string words, params string[] more)
    {
        using var bench = installed.Bench();
        var result = bench.RunAtTerminal(["--target=BuildTemplate", "--debug", .. more]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.All, Does.Contain("--debug is not possible").And.Contain(words).And.Contain("one build at a time"));
    }
}
