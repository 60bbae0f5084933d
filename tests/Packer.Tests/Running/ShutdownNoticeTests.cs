using Foundation;
using Packer.Running;

namespace Packer.Tests.Running;

/// <summary>A guest that ignores the shutdown keeps Packer busy for minutes, of which Packer says nothing.</summary>
public sealed class ShutdownNoticeTests
{
    [Test]
    public void What_is_waited_for_is_said_when_a_shutdown_takes_long()
    {
        var time = new Alarms();
        var told = new Told();
        using var notice = new ShutdownNotice(told, time);
        notice.Take(PackerUi.StepOf("==> proxmox-iso.vm: Stopping VM"));
        Assert.That((told.Lines.Count, time.Set.Count, time.Set[0].Due), Is.EqualTo((0, 1, ShutdownNotice.Usual)));
        time.Set[0].Ring();
        Assert.That(told.Lines.Single(), Does.Contain("three times, 190 s in all"));
    }

    [Test]
    public void A_guest_that_shuts_down_in_time_is_not_spoken_of()
    {
        var time = new Alarms();
        var told = new Told();
        using var notice = new ShutdownNotice(told, time);
        foreach (var line in new[] { "==> proxmox-iso.vm: Provisioning with shell script: a.sh", "==> proxmox-iso.vm: Stopping VM", "==> proxmox-iso.vm: Converting VM to template" })
        {
            notice.Take(PackerUi.StepOf(line));
        }

        time.Set.Single().Ring();
        Assert.That(told.Lines, Is.Empty);
    }

    private sealed class Told : IRunLog
    {
        public List<string> Lines { get; } = [];

        public void Write(string stage, EventLevel level, string message) => Lines.Add(message);
    }

    /// <summary>A clock whose timers fire when a test says so, unless they were disposed of.</summary>
    private sealed class Alarms : TimeProvider
    {
        public List<Alarm> Set { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Set.Add(new Alarm(callback, state, dueTime));
            return Set[^1];
        }
    }

    private sealed class Alarm(TimerCallback callback, object? state, TimeSpan due) : ITimer
    {
        private bool off;

        public TimeSpan Due => due;

        public void Ring()
        {
            if (!off)
            {
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => off = true;

        public ValueTask DisposeAsync()
        {
            off = true;
            return ValueTask.CompletedTask;
        }
    }
}
