using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>A VM that a run leaves on the node is named, with what to do about it, until it is gone.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class LeftVmTests(InstalledPacker installed)
{
    [Test, Platform("Linux")]
    public async Task A_killed_program_s_VM_is_named_by_List_and_by_the_next_run()
    {
        using var bench = installed.Bench();
        using (var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent"))
        {
            await running.WaitForAsync("Waiting for SSH");
            Assert.That(bench.Run("--target=List").Output, Does.Not.Contain("VM 9100"), "a run that is at work has left nothing");
            foreach (var process in Processes.Below(running.Id))
            {
                Processes.Signal(process.Id, "KILL");
            }

            Processes.Signal(running.Id, "KILL");
        }

        var list = bench.Run("--target=List");
        var json = bench.Run("--target=List", "--output=json");
        Assert.Multiple(() =>
        {
            AssertNamed(list.Output);
            AssertNamed(json.Error);
            Assert.That(Newtonsoft.Json.Linq.JArray.Parse(json.Output), Is.Not.Empty, "programs still read the list");
        });
        var next = bench.Run("--target=Validate", "--template=rocky-9");
        AssertNamed(next.Output);
        Assert.That(next.ExitCode, Is.Zero, next.All);

        Assert.That(bench.Run("--target=Clean").ExitCode, Is.Zero);
        Assert.That(bench.Run("--target=List").Output, Does.Not.Contain("VM 9100"), "the node's state is gone, and the VM with it");
    }

    [Test]
    public void A_VM_that_could_not_be_destroyed_is_named_with_its_node_at_once_and_by_later_runs_until_it_is_gone()
    {
        using var bench = installed.Bench();
        var result = Build(
            bench, "--sandbox-fault=script:cleanup.sh=1", "--sandbox-fault=api:DELETE /nodes/*/qemu/9100=403 Permission check failed (/vms/9100, VM.Allocate)");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        AssertNamed(result.Error);
        AssertNamed(bench.Run("--target=List").Output);

        var state = Path.Combine(bench.Runtime, "sandbox", "node.json");
        var node = Newtonsoft.Json.Linq.JObject.Parse(File.ReadAllText(state));
        ((Newtonsoft.Json.Linq.JObject)node["Machines"]!).RemoveAll();
        File.WriteAllText(state, node.ToString());
        Assert.That(bench.Run("--target=Validate", "--template=rocky-9").ExitCode, Is.Zero);
        Assert.That(bench.Run("--target=List").Output, Does.Not.Contain("VM 9100"), "a run on that server has seen that it is gone");
    }

    [Test]
    public void A_build_that_succeeds_or_cleans_up_leaves_no_note()
    {
        using var bench = installed.Bench();
        Assert.That(Build(bench, "--sandbox-fault=script:cleanup.sh=1").ExitCode, Is.EqualTo(4));
        Assert.That(Build(bench).ExitCode, Is.Zero);
        Assert.That(bench.Run("--target=List").Output, Does.Not.Contain("VM 910"));
        Assert.That(Directory.EnumerateFiles(bench.Runtime, "*-rocky-9.json", SearchOption.AllDirectories), Is.Empty);
    }

    private static void AssertNamed(string text) =>
        Assert.That(text, Does.Match(@"VM 9100 \(rocky-9-\d{8}t\d{6}z\) on node pve of the sandbox, which run CHAIN-\d{8}T\d{6}Z-rocky-9 made, .*still.* there.*Clean"));
}
