using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Guest.Network;

/// <summary>The server's side of SOCKS 5 (RFC 1928): no authentication, CONNECT to an IPv4 address or its literal.</summary>
internal static class SocksProxy
{
    private const byte Version = 5, NoneAcceptable = 0xFF, Connect = 1, Ipv4 = 1, Domain = 3, Ipv6 = 4;
    private const byte Succeeded = 0, HostUnreachable = 4, Refused = 5, CommandNotSupported = 7, AddressNotSupported = 8;

    public static async Task OpenAsync(Stream stream, Connector connect, CancellationToken cancellation)
    {
        var buffer = new byte[256];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), cancellation);
        if (buffer[0] != Version)
        {
            return;
        }

        var methods = buffer.AsMemory(0, buffer[1]);
        await stream.ReadExactlyAsync(methods, cancellation);
        var open = methods.Span.Contains((byte)0);
        await stream.WriteAsync(new[] { Version, open ? (byte)0 : NoneAcceptable }, cancellation);
        if (!open)
        {
            return;
        }

        await stream.ReadExactlyAsync(buffer.AsMemory(0, 4), cancellation);
        var (version, command, kind) = (buffer[0], buffer[1], buffer[3]);
        if (version != Version)
        {
            return;
        }

        int length = kind switch { Ipv4 => 4, Ipv6 => 16, Domain => -1, _ => 0 };
        if (length == -1)
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), cancellation);
            length = buffer[0];
        }

        if (kind is not (Ipv4 or Ipv6 or Domain))
        {
            await ReplyAsync(AddressNotSupported);
            return;
        }

        var host = new byte[length];
        await stream.ReadExactlyAsync(host, cancellation);
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), cancellation);
        int port = BinaryPrimitives.ReadUInt16BigEndian(buffer);
        if (command != Connect)
        {
            await ReplyAsync(CommandNotSupported);
            return;
        }

        var address = kind == Domain
            ? IPAddress.TryParse(Encoding.ASCII.GetString(host), out var literal) ? literal : null
            : new IPAddress(host);
        if (address is null)
        {
            await ReplyAsync(HostUnreachable);
            return;
        }

        var service = await connect(address, port);
        await ReplyAsync(service is null ? Refused : Succeeded);
        if (service is not null)
        {
            await service.ServeAsync(stream, cancellation);
        }

        async Task ReplyAsync(byte result) =>
            await stream.WriteAsync(new byte[] { Version, result, 0, Ipv4, 0, 0, 0, 0, 0, 0 }, cancellation);
    }
}
