using Build.Stages;
using Foundation;

namespace Build.Tests;

/// <summary>What a record says of times; the end-to-end tests have the rest.</summary>
public sealed class BuildEvidenceTests
{
    [TestCase(90, 90, Description = "the clock went on")]
    [TestCase(0, 61, Description = "the clock went back to the start")]
    [TestCase(-3600, 61, Description = "the clock went back by an hour")]
    public void A_run_ends_after_the_time_that_passed(int clock, int seconds)
    {
        var start = UtcStamp.From(DateTimeOffset.UnixEpoch);
        var ended = BuildEvidence.Ended(start, UtcStamp.From(start.Moment.AddSeconds(clock)), TimeSpan.FromSeconds(61.9));
        Assert.That(ended, Is.EqualTo(start.Moment.AddSeconds(seconds)));
    }
}
