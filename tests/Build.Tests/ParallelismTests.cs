using Build.Stages;

namespace Build.Tests;

/// <summary>How many builds run at the same time.</summary>
public sealed class ParallelismTests
{
    private const long Gigabyte = 1024L * 1024 * 1024;

    [Test]
    public void What_is_asked_for_is_done_with_or_without_a_terminal()
    {
        Assert.That(Parallelism.Degree(3, isTerminal: false, 4, 0, 0, 4096), Is.EqualTo(3));
        Assert.That(Parallelism.Degree(3, isTerminal: true, 4, 0, 0, 4096), Is.EqualTo(3));
    }

    [Test]
    public void Without_a_terminal_builds_run_one_after_another() =>
        Assert.That(Parallelism.Degree(null, isTerminal: false, 4, 64 * Gigabyte, 64 * Gigabyte, 2048), Is.EqualTo(1));

    [Test]
    public void With_a_terminal_all_builds_run_at_once_where_there_is_memory_for_them() =>
        Assert.That(Parallelism.Degree(null, isTerminal: true, 4, 64 * Gigabyte, 64 * Gigabyte, 2048), Is.EqualTo(4));

    [TestCase(1024L * 1024 * 1024, 64, 2, Description = "512 MiB here for each")]
    [TestCase(64L * 1024 * 1024 * 1024, 13, 3, Description = "4 GiB on the node for each")]
    [TestCase(0L, 64, 1, Description = "one build is always tried")]
    public void The_memory_here_and_on_the_node_limits_them(long freeHere, int freeOnNodeGigabytes, int expected) =>
        Assert.That(Parallelism.Degree(null, isTerminal: true, 8, freeHere, freeOnNodeGigabytes * Gigabyte, 4096), Is.EqualTo(expected));

    [Test]
    public void A_node_that_does_not_tell_its_memory_is_no_limit() =>
        Assert.That(Parallelism.Degree(null, isTerminal: true, 4, 64 * Gigabyte, null, 4096), Is.EqualTo(4));
}
