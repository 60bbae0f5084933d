using System.Net;

namespace Guest.Network;

/// <summary>Finds the service at an address, waiting for it as the network says; null when the connection is refused.</summary>
internal delegate Task<AttachedService?> Connector(IPAddress address, int port);

/// <summary>A service of a guest with the connections to it.</summary>
internal sealed class AttachedService(Func<Stream, CancellationToken, Task> serve) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly HashSet<Task> running = [];

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        var over = new TaskCompletionSource();
        lock (gate)
        {
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            running.Add(over.Task);
        }

        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, cancellation);
            await serve(stream, both.Token);
        }
        finally
        {
            lock (gate)
            {
                running.Remove(over.Task);
            }

            over.SetResult();
        }
    }

    public async Task StopAsync()
    {
        Task[] all;
        lock (gate)
        {
            stopping.Cancel();
            all = [.. running];
        }

        await Task.WhenAll(all);
    }

    public void Dispose() => stopping.Dispose();
}
