namespace Proxmox.Transport;

/// <summary>Lets requests begin one after another, with a least time between them. Safe for use by several threads.</summary>
/// <param name="spacing">The least time between two; zero for none.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestPace(TimeSpan spacing, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private long? last;

    /// <summary>Waits for the turn.</summary>
    public async Task TurnAsync(CancellationToken cancellation)
    {
        if (spacing <= TimeSpan.Zero)
        {
            return;
        }

        await turn.WaitAsync(cancellation);
        try
        {
            while (last is { } before && spacing - time.GetElapsedTime(before) is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellation);
            }

            last = time.GetTimestamp();
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
