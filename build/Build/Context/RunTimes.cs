using Foundation;

namespace Build.Context;

/// <summary>When something began, by the calendar and by a clock that nobody sets.</summary>
internal sealed class RunTimes(TimeProvider time, UtcStamp started)
{
    private readonly long since = time.GetTimestamp();

    /// <summary>Begins now.</summary>
    public RunTimes(TimeProvider time)
        : this(time, UtcStamp.From(time.GetUtcNow()))
    {
    }

    /// <summary>The second in which it began.</summary>
    public UtcStamp Started { get; } = started;

    /// <summary>The time since then.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(since);

    /// <summary>
    /// When it ended. Where the clock went back, or the start was moved on because another run had that second, what
    /// passed is measured without the clock: nothing ends before it starts, or takes no time because of that.
    /// </summary>
    /// <param name="now">The end by the calendar.</param>
    public DateTimeOffset Finished(UtcStamp now) => now > Started ? now.Moment : Started.Moment.AddSeconds(Math.Floor(Elapsed.TotalSeconds));
}
