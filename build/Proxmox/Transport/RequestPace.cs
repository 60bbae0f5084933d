namespace Proxmox.Transport;

/// <summary>
/// Lets the requests of all that watches begin one after another, with a least time between them, while somebody builds: a
/// server has other work. At other times it lets everything pass. Safe for use by several threads.
/// </summary>
/// <param name="spacing">The least time between two.</param>
/// <param name="time">The clock.</param>
public sealed class RequestPace(TimeSpan spacing, TimeProvider time)
{
    private readonly Lock gate = new();
    private int builds;
    private DateTimeOffset free;

    /// <summary>Keeps the pace until what it returns is disposed; several builds may keep it at the same time.</summary>
    public IDisposable Keep()
    {
        Interlocked.Increment(ref builds);
        return new Kept(this);
    }

    /// <summary>Waits for the turn.</summary>
    internal async Task TurnAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref builds) == 0)
        {
            return;
        }

        TimeSpan wait;
        lock (gate)
        {
            var now = time.GetUtcNow();
            var turn = free > now ? free : now;
            free = turn + spacing;
            wait = turn - now;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellation);
        }
    }

    private sealed class Kept(RequestPace pace) : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                Interlocked.Decrement(ref pace.builds);
            }
        }
    }
}
