using System.Globalization;

namespace Qemu.Running;

/// <summary>How long a program waited for a processor of this machine that other programs had.</summary>
public static class ProcessorWait
{
    /// <summary>The time that the busiest thread of a process has stood in the queue since it began.</summary>
    /// <param name="process">The process' number.</param>
    /// <returns>Zero where the process has gone, or where the system does not tell: Linux alone does.</returns>
    /// <remarks>
    /// <c>/proc/&lt;pid&gt;/task/&lt;tid&gt;/schedstat</c> has three numbers: nanoseconds on a processor, nanoseconds in the queue, and
    /// how often it ran (Linux, <c>Documentation/scheduler/sched-stats.rst</c>).
    /// </remarks>
    public static TimeSpan Of(int process)
    {
        try
        {
            var busiest = Directory.EnumerateDirectories($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/task")
                .Select(thread => File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' '))
                .Select(n => (Ran: long.Parse(n[0], CultureInfo.InvariantCulture), Queued: long.Parse(n[1], CultureInfo.InvariantCulture)))
                .DefaultIfEmpty().MaxBy(t => t.Ran);
            return TimeSpan.FromMicroseconds(busiest.Queued / 1000);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return TimeSpan.Zero;
        }
    }
}
