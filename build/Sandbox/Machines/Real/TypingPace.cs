namespace Sandbox.Machines.Real;

/// <summary>
/// Lets a guest catch up before it is given the next key. Whoever types waits by the clock for what the guest does meanwhile,
/// such as a boot loader that loads a kernel and hears no key; on a busy machine the guest has a part of that time only. What
/// it stood in the queue for a processor does not count as waited. The first key is given when it comes: until one is pressed,
/// the time of a boot loader's menu runs out, by the clock.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="queued">How long the guest has stood in the queue since its start.</param>
internal sealed class TypingPace(TimeProvider time, Func<TimeSpan> queued)
{
    // A client waits for its answer: one that has no more patience would lose the key.
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private long? before;
    private TimeSpan queuedBefore;

    /// <summary>Waits until the guest has had the time that has passed since the key before.</summary>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        if (before is { } last)
        {
            var asked = time.GetTimestamp();
            var meant = time.GetElapsedTime(last, asked);
            while (time.GetElapsedTime(last) - (queued() - queuedBefore) < meant && time.GetElapsedTime(asked) < Most)
            {
                await Task.Delay(Look, time, cancellation);
            }
        }

        (before, queuedBefore) = (time.GetTimestamp(), queued());
    }
}
