using System.Net;
using System.Text;

namespace Guest.Network;

/// <summary>
/// An HTTP proxy (RFC 9110 §9.3.6, RFC 9112 §3.2.2): CONNECT, and requests in absolute form, which the guest's own
/// server answers; that server closes the connection after one, as the next request may be for another guest.
/// </summary>
internal static class HttpProxy
{
    public static async Task OpenAsync(Stream stream, Connector connect, CancellationToken cancellation)
    {
        var head = await HttpHead.ReadAsync(stream, cancellation);
        if (head is null)
        {
            await AnswerAsync("400 Bad Request", "This is the HTTP proxy of the sandbox's guest network.");
            return;
        }

        var tunnel = head.Method == "CONNECT";
        if (!Uri.TryCreate(tunnel ? "tcp://" + head.Target : head.Target, UriKind.Absolute, out var target)
            || !(tunnel || target.Scheme == Uri.UriSchemeHttp)
            || !IPAddress.TryParse(target.Host, out var address) || target.Port < 0)
        {
            await AnswerAsync("403 Forbidden", "This proxy leads only to guests of the sandbox, by address.");
            return;
        }

        var service = await connect(address, target.Port);
        if (service is null)
        {
            await AnswerAsync("502 Bad Gateway", $"Connection refused: nothing listens at {address}:{target.Port}.");
            return;
        }

        if (tunnel)
        {
            await stream.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellation);
        }

        await service.ServeAsync(new PrefixedStream(tunnel ? head.Rest : [.. head.Raw, .. head.Rest], stream), cancellation);

        async Task AnswerAsync(string status, string why) => await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {why.Length + 1}\r\nConnection: close\r\n\r\n{why}\n"),
            cancellation);
    }
}
