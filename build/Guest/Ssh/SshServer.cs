namespace Guest.Ssh;

internal sealed class SshServer(GuestState guest) : IDisposable
{
    public Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        _ = guest;
        stream.Close();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
