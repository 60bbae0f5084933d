namespace Guest.WinRm;

internal sealed class WinRmServer(GuestState guest, WinRmListener listener) : IDisposable
{
    public Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        _ = (guest, listener);
        stream.Close();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
