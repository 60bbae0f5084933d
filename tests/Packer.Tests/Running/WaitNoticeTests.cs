using System.Text;
using Foundation;
using Packer.Running;

namespace Packer.Tests.Running;

/// <summary>A wait of Packer's is never silent for longer than a minute, and ends where the answer is final.</summary>
public sealed class WaitNoticeTests
{
    private const string NoRoute = "2026/11/29 21:00:00 packer-plugin: [DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.0.7:22: connect: no route to host\n";
    private const string Unreachable = "2026/11/29 21:00:00 [DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.0.7:22: connect: network is unreachable\n";

    private static void Take(WaitNotice notice, string log) => notice.Take(Encoding.UTF8.GetBytes(log));

    [Test]
    public void Each_minute_says_what_is_waited_for_and_what_the_last_attempt_was_answered()
    {
        var time = new Clock();
        var told = new Told();
        using var notice = new WaitNotice(told, time);
        notice.Take("Waiting for SSH to become available");
        Take(notice, NoRoute);
        time.Pass(TimeSpan.FromSeconds(59));
        Assert.That(told.Lines, Is.Empty);
        time.Pass(TimeSpan.FromSeconds(1));
        time.Pass(TimeSpan.FromMinutes(1));
        Assert.That(told.Lines, Is.EqualTo(new[]
        {
            "Still busy with \"Waiting for SSH to become available\" after 1 min; the last attempt was answered: dial tcp 10.0.0.7:22: connect: no route to host",
            "Still busy with \"Waiting for SSH to become available\" after 2 min; the last attempt was answered: dial tcp 10.0.0.7:22: connect: no route to host",
        }));
    }

    [Test]
    public void A_new_step_begins_anew()
    {
        var time = new Clock();
        var told = new Told();
        using var notice = new WaitNotice(told, time);
        Take(notice, NoRoute);
        time.Pass(TimeSpan.FromSeconds(50));
        notice.Take("Provisioning with shell script: update.sh");
        time.Pass(TimeSpan.FromSeconds(10));
        Assert.That(told.Lines, Is.Empty, "a step that has just begun");
        time.Pass(TimeSpan.FromMinutes(1));
        Assert.That(told.Lines.Single(), Does.Contain("update.sh").And.Not.Contain("10.0.0.7"));
    }

    [Test]
    public void No_way_to_the_guest_from_this_machine_is_final_after_some_minutes()
    {
        var time = new Clock();
        using var notice = new WaitNotice(new Told(), time);
        notice.Take("Waiting for SSH to become available");
        Take(notice, Unreachable);
        time.Pass(WaitNotice.Patience - TimeSpan.FromSeconds(1));
        Take(notice, Unreachable);
        Assert.That(notice.GivenUp.IsCompleted, Is.False);
        time.Pass(TimeSpan.FromSeconds(1));
        Take(notice, Unreachable);
        Assert.That(notice.GivenUp.Result, Does.Contain("no way to the guest").And.Contain("--ssh-proxy"));
    }

    [Test]
    public void Another_answer_in_between_is_not_final()
    {
        var time = new Clock();
        using var notice = new WaitNotice(new Told(), time);
        Take(notice, Unreachable);
        time.Pass(WaitNotice.Patience);
        Take(notice, NoRoute);
        Take(notice, Unreachable);
        Assert.That(notice.GivenUp.IsCompleted, Is.False);
    }

    private sealed class Told : IRunLog
    {
        public List<string> Lines { get; } = [];

        public void Write(string stage, EventLevel level, string message) => Lines.Add(message);
    }

    /// <summary>A clock that passes when a test says so.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly List<Alarm> alarms = [];
        private TimeSpan now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            alarms.Add(new Alarm(callback, state, now + dueTime, period));
            return alarms[^1];
        }

        public void Pass(TimeSpan time)
        {
            now += time;
            foreach (var alarm in alarms.Where(a => a.Due <= now))
            {
                alarm.Ring();
            }
        }
    }

    private sealed class Alarm(TimerCallback callback, object? state, TimeSpan due, TimeSpan period) : ITimer
    {
        public TimeSpan Due { get; private set; } = due;

        public void Ring()
        {
            Due += period;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan again) => false;

        public void Dispose() => Due = TimeSpan.MaxValue;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
