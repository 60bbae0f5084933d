using System.Diagnostics;
using System.Text.RegularExpressions;
using Qemu.Running;

namespace Qemu.Tests;

/// <summary>What Linux tells of programs that want a processor at the same time.</summary>
[Platform("Linux")]
public sealed class ProcessorWaitTests
{
    [Test]
    public void Of_two_programs_that_share_a_processor_one_stands_in_the_queue_while_the_other_runs()
    {
        var processor = Regex.Match(File.ReadAllText("/proc/self/status"), @"Cpus_allowed_list:\s*(\d+)").Groups[1].Value;
        using var one = Busy(processor);
        using var other = Busy(processor);
        try
        {
            var limit = Stopwatch.StartNew();
            while (ProcessorWait.Of(one.Id) < TimeSpan.FromMilliseconds(50) || ProcessorWait.Of(other.Id) < TimeSpan.FromMilliseconds(50))
            {
                Assert.That(limit.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)), "nobody waited");
                Thread.Yield();
            }

            Assert.That(ProcessorWait.Of(one.Id), Is.LessThan(limit.Elapsed + TimeSpan.FromSeconds(1)));
        }
        finally
        {
            one.Kill();
            other.Kill();
        }
    }

    [Test]
    public void A_process_that_has_gone_waits_for_nothing()
    {
        using var gone = Process.Start("true");
        gone.WaitForExit();
        Assert.That(ProcessorWait.Of(gone.Id), Is.EqualTo(TimeSpan.Zero));
    }

    private static Process Busy(string processor) => Process.Start(new ProcessStartInfo("taskset", ["-c", processor, "sh", "-c", "while :; do :; done"]))!;
}
