using Build.Context;
using Foundation;

namespace Build.Tests;

public sealed class RunTimesTests
{
    [TestCase(90, 90, Description = "the clock went on")]
    [TestCase(0, 61, Description = "the clock went back to the start")]
    [TestCase(-3600, 61, Description = "the clock went back by an hour")]
    public void A_run_ends_after_the_time_that_passed(int clock, int seconds)
    {
        var time = new Clock();
        var times = new RunTimes(time);
        time.Passed = TimeSpan.FromSeconds(61.9);
        Assert.That(times.Finished(UtcStamp.From(times.Started.Moment.AddSeconds(clock))), Is.EqualTo(times.Started.Moment.AddSeconds(seconds)));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
