namespace Installer;

/// <summary>
/// A boot command tried on the simulated machine without any waiting, up to where the installer has its answers: what
/// the sandbox would say of it after minutes of typing is known before anything runs.
/// </summary>
public static class Rehearsal
{
    /// <summary>Whether a medium of this name is one whose boot loader is known.</summary>
    public static bool Knows(string fileName) => Media.MediumCatalogue.ByFileName(fileName) is not null;

    /// <summary>QEMU's name of the key that types a character on a US keyboard, or null for one that none types.</summary>
    public static string? KeyOf(char character) => Boot.KeyPress.NameOf(character);

    /// <summary>Switches the machine on, types the keys and lets all waiting pass.</summary>
    /// <param name="request">The machine; its clock and log are not used.</param>
    /// <param name="keys">QEMU's names of the keys, in their order.</param>
    /// <returns>Where it ends, and how many keys had been typed when the boot loader handed over (all of them when it never did).</returns>
    public static (InstallationOutcome Outcome, int Keys) Run(InstallationRequest request, IReadOnlyList<string> keys)
    {
        var clock = new Clock();
        using var installation = new Installation(request with { Time = clock, Log = null, ReadsAnswers = false });
        var typed = 0;
        foreach (var key in keys)
        {
            installation.TypeKey(key);
            typed += installation.HasBooted ? 0 : 1;
        }

        // Nothing in here waits for anything but the clock, and that passes at once.
        while (!installation.Completion.Wait(TimeSpan.FromMilliseconds(1)))
        {
            clock.Pass();
        }

        return (installation.Completion.Result, typed);
    }

    /// <summary>A clock whose timers all fire when it is told so.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly Lock gate = new();
        private readonly List<Timer> timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state));
            timer.Change(dueTime, period);
            lock (gate)
            {
                timers.Add(timer);
            }

            return timer;
        }

        internal void Pass()
        {
            List<Timer> due;
            lock (gate)
            {
                due = [.. timers];
            }

            due.ForEach(t => t.Fire());
        }

        private sealed class Timer(Action callback) : ITimer
        {
            private int armed;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Interlocked.Exchange(ref armed, dueTime == Timeout.InfiniteTimeSpan ? 0 : 1);
                return true;
            }

            public void Dispose() => Interlocked.Exchange(ref armed, 0);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }

            internal void Fire()
            {
                if (Interlocked.Exchange(ref armed, 0) == 1)
                {
                    callback();
                }
            }
        }
    }
}
