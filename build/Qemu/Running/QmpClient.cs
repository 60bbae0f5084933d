using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Qemu.Running;

/// <summary>
/// QEMU's monitor (QMP, <c>docs/interop/qmp-spec</c>): one JSON object a line, answers found by their id, events told to who
/// asked for them.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    // An answer is some kilobytes; what is longer comes from something broken.
    private const int LongestLine = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Socket socket;
    private readonly NetworkStream stream;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode?>> asked = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly CancellationTokenSource closing = new();
    private Task reading = Task.CompletedTask;
    private int number;

    private QmpClient(Socket socket) => (this.socket, stream) = (socket, new NetworkStream(socket));

    /// <summary>Is told each event: its name and data.</summary>
    public event Action<string, JsonNode?>? Event;

    /// <summary>QEMU's version, such as <c>10.1.2</c>.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Connects to the monitor's socket.</summary>
    public static async Task<QmpClient> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            var client = new QmpClient(socket);
            var greeting = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
            client.asked["greeting"] = greeting;
            client.reading = Task.Run(client.ReadAsync, CancellationToken.None);
            var version = (await greeting.Task.WaitAsync(Patience, cancellation))?["version"]?["qemu"];
            client.Version = $"{version?["major"]}.{version?["minor"]}.{version?["micro"]}";
            await client.DoAsync("qmp_capabilities", null, cancellation);
            return client;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Gives a command and waits for its answer.</summary>
    /// <exception cref="QemuException">QEMU refuses, does not answer within the time, or has gone.</exception>
    public async Task<JsonNode?> DoAsync(string command, JsonObject? arguments, CancellationToken cancellation, TimeSpan? within = null)
    {
        var id = Interlocked.Increment(ref number).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[id] = answer;
        try
        {
            var message = new JsonObject { ["execute"] = command, ["id"] = id };
            if (arguments is not null)
            {
                message["arguments"] = arguments;
            }

            await writing.WaitAsync(cancellation);
            try
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"), cancellation);
            }
            finally
            {
                writing.Release();
            }

            return await answer.Task.WaitAsync(within ?? Patience, cancellation);
        }
        catch (TimeoutException)
        {
            throw new QemuException($"qmp command '{command}' failed - got timeout");
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw new QemuException($"qmp command '{command}' failed - QEMU has gone", e);
        }
        finally
        {
            asked.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        socket.Dispose();
        await reading;
        await stream.DisposeAsync();
        writing.Dispose();
        closing.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            using var lines = new LineReader(stream, LongestLine);
            while (await lines.ReadAsync(closing.Token) is { } line)
            {
                Take(JsonNode.Parse(line) as JsonObject ?? []);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or JsonException or InvalidDataException)
        {
            // Whoever waits is told below.
        }

        foreach (var waiting in asked.Values)
        {
            waiting.TrySetException(new QemuException("QEMU has gone"));
        }
    }

    private void Take(JsonObject message)
    {
        if (message["QMP"] is { } greeting)
        {
            if (asked.TryRemove("greeting", out var hello))
            {
                hello.TrySetResult(greeting.DeepClone());
            }
        }
        else if (message["event"] is { } name)
        {
            Event?.Invoke(name.GetValue<string>(), message["data"]?.DeepClone());
        }
        else if (message["id"]?.GetValue<string>() is { } id && asked.TryRemove(id, out var waiting))
        {
            if (message["error"]?["desc"] is { } error)
            {
                waiting.TrySetException(new QemuException(error.GetValue<string>()));
            }
            else
            {
                waiting.TrySetResult(message["return"]?.DeepClone());
            }
        }
    }
}

/// <summary>Reads lines that end with a line feed, of a limited length.</summary>
internal sealed class LineReader(Stream stream, int longest) : IDisposable
{
    private readonly MemoryStream line = new();
    private readonly byte[] buffer = new byte[8192];
    private int at;
    private int end;

    /// <summary>The next line without its end, or null when the stream has ended.</summary>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (at < end)
            {
                var next = buffer[at++];
                if (next == '\n')
                {
                    var text = Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).TrimEnd('\r');
                    line.SetLength(0);
                    return text;
                }

                // The agent's answers are set off by a byte that is in no text.
                if (next == 0xFF)
                {
                    line.SetLength(0);
                    continue;
                }

                if (line.Length >= longest)
                {
                    throw new InvalidDataException("a line is too long");
                }

                line.WriteByte(next);
            }

            (at, end) = (0, await stream.ReadAsync(buffer, cancellation));
            if (end == 0)
            {
                return null;
            }
        }
    }

    public void Dispose() => line.Dispose();
}
