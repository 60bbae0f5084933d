using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Qemu.Running;

/// <summary>
/// The agent in a guest, through its socket (<c>qemu-ga</c>; <c>docs/interop/qemu-ga-ref</c>). It is found again before each
/// command, because what was asked before the guest restarted is answered by nobody. What it says is hostile: limited in length
/// and time.
/// </summary>
internal sealed class GuestAgent(string socketPath) : IDisposable
{
    // The longest file-read of the server is 16 MiB, in base64.
    private const int LongestAnswer = 24 << 20;
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>How long the server waits for a command's answer (<c>PVE::QMPClient</c>).</summary>
    public static TimeSpan PatienceOf(string command) => command switch
    {
        "guest-fsfreeze-freeze" => TimeSpan.FromHours(1),
        "guest-fsfreeze-thaw" => TimeSpan.FromMinutes(3),
        "guest-fstrim" or "guest-shutdown" => TimeSpan.FromMinutes(10),
        "guest-ping" => TimeSpan.FromSeconds(3),
        _ => TimeSpan.FromSeconds(5),
    };

    /// <summary>Gives a command and waits for its answer.</summary>
    /// <param name="command">The command, such as <c>guest-ping</c>.</param>
    /// <param name="arguments">Its arguments, or null.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="QemuException">Nobody answers, or the agent refuses.</exception>
    public async Task<JsonNode?> DoAsync(string command, JsonObject? arguments, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(PatienceOf(command));
        try
        {
            await one.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(command);
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), limit.Token);
            await using var stream = new NetworkStream(socket);
            using var lines = new LineReader(stream, LongestAnswer);
            await SyncAsync(stream, lines, limit.Token);
            var message = new JsonObject { ["execute"] = command };
            if (arguments is not null)
            {
                message["arguments"] = arguments.DeepClone();
            }

            await WriteAsync(stream, message, limit.Token);

            // A guest that was asked to shut down may be gone before it has answered.
            var answer = await lines.ReadAsync(limit.Token);
            if (answer is null && command == "guest-shutdown")
            {
                return new JsonObject();
            }

            var json = answer is null ? throw Silent(command) : JsonNode.Parse(answer) as JsonObject ?? throw Silent(command);
            return json["error"]?["desc"] is JsonValue error ? throw new AgentException($"Agent error: {Printable(error.ToString())}") : json["return"]?.DeepClone();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return command == "guest-shutdown" ? new JsonObject() : throw Silent(command);
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new QemuException(Silent(command).Message, e);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private static QemuException Silent(string command) => new($"VM qga command '{command}' failed - got timeout");

    private static string Printable(string text) => new([.. text.Take(500).Select(c => char.IsControl(c) ? ' ' : c)]);

    private static async Task SyncAsync(NetworkStream stream, LineReader lines, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(SyncPatience);
        var id = RandomNumberGenerator.GetInt32(1, int.MaxValue);
        await stream.WriteAsync(new byte[] { 0xFF }, limit.Token);
        await WriteAsync(stream, new JsonObject { ["execute"] = "guest-sync-delimited", ["arguments"] = new JsonObject { ["id"] = id } }, limit.Token);
        while (await lines.ReadAsync(limit.Token) is { } line)
        {
            // Answers to what was asked before, and complaints about the byte in front, come first.
            if (TryParse(line)?["return"] is JsonValue value && value.TryGetValue<long>(out var got) && got == id)
            {
                return;
            }
        }

        throw new IOException("the agent's channel is closed");
    }

    private static JsonObject? TryParse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task WriteAsync(NetworkStream stream, JsonObject message, CancellationToken cancellation) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"), cancellation).AsTask();
}

/// <summary>The agent answered that it does not do what it was asked.</summary>
public sealed class AgentException(string message) : Exception(message);
