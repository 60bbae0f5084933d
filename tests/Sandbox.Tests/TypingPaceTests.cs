using CsCheck;
using Sandbox.Machines.Real;

namespace Sandbox.Tests;

/// <summary>A guest on a busy machine is given the next key when it has had the time that whoever types has waited.</summary>
public sealed class TypingPaceTests
{
    /// <summary>A clock that goes on when somebody waits, and by hand.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Now += dueTime;
            callback(state);
            return new Timer(_ => { });
        }
    }

    [Test]
    public async Task A_guest_that_had_all_its_time_waits_for_nothing()
    {
        var time = new SteppedTime();
        var pace = new TypingPace(time, () => TimeSpan.Zero);
        await pace.CatchUpAsync(CancellationToken.None);
        time.Now = TimeSpan.FromSeconds(24);
        await pace.CatchUpAsync(CancellationToken.None);
        Assert.That(time.Now, Is.EqualTo(TimeSpan.FromSeconds(24)));
    }

    [Test]
    public async Task The_first_key_is_given_when_it_comes_because_a_menu_does_not_wait()
    {
        var time = new SteppedTime();
        var pace = new TypingPace(time, () => time.Now / 2);
        time.Now = TimeSpan.FromSeconds(24);
        await pace.CatchUpAsync(CancellationToken.None);
        Assert.That(time.Now, Is.EqualTo(TimeSpan.FromSeconds(24)));
    }

    [Test]
    public void Whatever_part_of_the_time_a_guest_has_it_has_had_what_was_waited_before_the_next_key() =>
        Gen.Select(Gen.Int[30, 100], Gen.Int[0, 8000].Array[1, 5]).Sample((percent, waits) =>
        {
            var time = new SteppedTime();
            var pace = new TypingPace(time, () => time.Now * (100 - percent) / 100);
            pace.CatchUpAsync(CancellationToken.None).GetAwaiter().GetResult();
            var had = time.Now * percent / 100;
            foreach (var wait in waits)
            {
                time.Now += TimeSpan.FromMilliseconds(wait);
                pace.CatchUpAsync(CancellationToken.None).GetAwaiter().GetResult();
                var now = time.Now * percent / 100;
                Assert.That(now - had, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(wait) - TimeSpan.FromMilliseconds(1)));
                Assert.That(now - had, Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(wait + 100)), "and not much more");
                had = now;
            }
        });

    [Test]
    public async Task A_guest_that_never_runs_gets_its_key_after_a_minute()
    {
        var time = new SteppedTime();
        var pace = new TypingPace(time, () => time.Now);
        await pace.CatchUpAsync(CancellationToken.None);
        time.Now = TimeSpan.FromSeconds(2);
        await pace.CatchUpAsync(CancellationToken.None);
        Assert.That(time.Now, Is.InRange(TimeSpan.FromSeconds(62), TimeSpan.FromSeconds(63)));
    }
}
