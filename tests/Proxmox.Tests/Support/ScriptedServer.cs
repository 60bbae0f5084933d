using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Proxmox.Tests.Support;

/// <summary>One request as it was on the wire.</summary>
internal sealed record RawRequest(string Method, string Target, Dictionary<string, string> Headers, string Body)
{
    public string Line => $"{Method} {Target}";
}

/// <summary>
/// A server whose every answer a test writes byte by byte, reason phrase included; it can also hang up in the middle. It
/// speaks plain HTTP on the loopback, which the client allows there alone.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    /// <summary>The answer that is none: the connection is closed after the request was read.</summary>
    public const string HangUp = "";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<RawRequest, string?> answer;

    /// <param name="answer">The bytes to answer (Latin-1), <see cref="HangUp"/>, or null for silence.</param>
    public ScriptedServer(Func<RawRequest, string?> answer)
    {
        this.answer = answer;
        listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    public Uri Url { get; }

    public ConcurrentQueue<RawRequest> Requests { get; } = new();

    /// <summary>An answer with a JSON body.</summary>
    public static string Json(string body, string status = "200 OK") =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n"
        + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(body));

    /// <summary>A successful answer with this data.</summary>
    public static string Data(string data) => Json("{\"data\":" + data + "}");

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = client.GetStream();
            while (await ReadAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                switch (answer(request))
                {
                    case null:
                        await Task.Delay(Timeout.Infinite, stop.Token);
                        break;
                    case HangUp:
                        return;
                    case var text:
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), stop.Token);
                        break;
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client has hung up, or the test is over.
        }
    }

    private async Task<RawRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(h => h[0], h => h[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, stop.Token);
        var first = lines[0].Split(' ');
        return new RawRequest(first[0], first[1], headers, Encoding.Latin1.GetString(body));
    }
}
