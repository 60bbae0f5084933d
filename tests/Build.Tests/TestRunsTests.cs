using Build.Testing;
using EndToEnd.Tests;

namespace Build.Tests;

internal sealed class TestRunsTests
{
    [Test]
    public void Each_test_project_runs_in_one_process_and_the_end_to_end_tests_beside_all_others()
    {
        var runs = TestRuns.Commands(Repository.Root, "results", null);
        var projects = runs.Select(r => r.Where(a => a.EndsWith(".dll", StringComparison.Ordinal)).Select(a => Path.GetFileNameWithoutExtension(a)!).ToList()).ToList();
        var solution = File.ReadAllLines(Path.Combine(Repository.Root, "packer-build-records.slnx")).Where(l => l.Contains("\"tests/", StringComparison.Ordinal)).Select(l => l.Split('/')[1]);
        Assert.Multiple(() =>
        {
            Assert.That(projects.SelectMany(p => p), Is.EquivalentTo(solution));
            Assert.That(projects, Has.Count.EqualTo(2).And.Some.EqualTo(new[] { "EndToEnd.Tests" }));
            Assert.That(runs.Select(r => r.Single(a => a.StartsWith("trx", StringComparison.Ordinal))), Is.Unique, "results of one do not overwrite those of the other");
            Assert.That(runs.SelectMany(r => r), Has.None.EqualTo("--filter"));
            Assert.That(projects.Single(p => p.Count > 1)[^1], Is.EqualTo("Build.Tests"), "the one with a real machine");
        });
    }

    [Test]
    public void A_filter_holds_for_both() =>
        Assert.That(TestRuns.Commands(Repository.Root, "results", "TestCategory=RealMachine").Select(r => r[^1]), Is.EqualTo(new[] { "TestCategory=RealMachine", "TestCategory=RealMachine" }));
}
