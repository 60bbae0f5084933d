using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Installer.Tests;

/// <summary>A web server for one test on a free port.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IReadOnlyDictionary<string, string> files;

    internal TestServer(IReadOnlyDictionary<string, string> files)
    {
        this.files = files;
        listener.Start();
        _ = Task.Run(Serve);
    }

    internal ConcurrentQueue<string> Requests { get; } = new();

    internal string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public void Dispose() => listener.Dispose();

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                var path = (await reader.ReadLineAsync() ?? "").Split(' ')[1];
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                }

                Requests.Enqueue(path);
                var found = files.TryGetValue(path, out var body);
                var bytes = Encoding.UTF8.GetBytes(found ? body! : "not found");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {(found ? "200 OK" : "404 Not Found")}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(bytes);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}
