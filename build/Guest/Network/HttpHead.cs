using System.Text;

namespace Guest.Network;

/// <summary>The request line and header fields of an HTTP/1.1 request.</summary>
internal sealed class HttpHead
{
    private const int MostBytes = 32 << 10;
    private readonly Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);

    private HttpHead(string method, string target, byte[] raw, byte[] rest) => (Method, Target, Raw, Rest) = (method, target, raw, rest);

    public string Method { get; }

    public string Target { get; }

    /// <summary>The head's own bytes, up to and with the empty line.</summary>
    public byte[] Raw { get; }

    /// <summary>What was read after it.</summary>
    public byte[] Rest { get; }

    /// <summary>A field's value, or null.</summary>
    public string? this[string field] => fields.GetValueOrDefault(field);

    /// <summary>Reads a head; null when the stream ends before one is complete, or it is malformed or over 32 KiB.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="before">Bytes that were read earlier (<see cref="Rest"/> of the request before, less its body).</param>
    public static async Task<HttpHead?> ReadAsync(Stream stream, CancellationToken cancellation, ReadOnlyMemory<byte> before = default)
    {
        var buffer = new byte[MostBytes];
        if (before.Length > MostBytes)
        {
            return null;
        }

        before.CopyTo(buffer);
        var filled = before.Length;
        while (true)
        {
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return Parse(buffer.AsSpan(0, filled), end + 4);
            }

            var read = filled == MostBytes ? 0 : await stream.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
            {
                return null;
            }

            filled += read;
        }
    }

    private static HttpHead? Parse(ReadOnlySpan<byte> bytes, int length)
    {
        var lines = Encoding.Latin1.GetString(bytes[..(length - 4)]).Split("\r\n");
        var request = lines[0].Split(' ');
        if (request.Length != 3 || !request[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return null;
        }

        var head = new HttpHead(request[0], request[1], bytes[..length].ToArray(), bytes[length..].ToArray());
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return null;
            }

            head.fields[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return head;
    }
}
