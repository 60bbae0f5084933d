using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;

namespace Guest.Ssh;

/// <summary>
/// The transport of one SSH connection (RFC 4253), server's side: versions, packets, key exchanges (also those that
/// the client asks for later) and disconnecting. One reader, any number of writers.
/// </summary>
/// <param name="stream">The connection.</param>
/// <param name="host">The guest's key.</param>
/// <param name="ending">Ends writes: nothing less may, since half a packet would spoil all that follow.</param>
internal sealed class SshTransport(Stream stream, HostKey host, CancellationToken ending) : IDisposable
{
    public const string Version = "SSH-2.0-SandboxGuest";
    private const int LongestPacket = 256 << 10;
    private readonly PipeReader reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 32 << 10, leaveOpen: true));
    private readonly SemaphoreSlim sending = new(1);
    private PacketCipher incoming = PacketCipher.None;
    private PacketCipher outgoing = PacketCipher.None;
    private string clientVersion = "";
    private byte[]? session;
    private uint received;
    private bool strict;

    /// <summary>The session identifier, which signatures of user keys contain.</summary>
    public ReadOnlySpan<byte> Session => session;

    /// <summary>The client's software, for the log.</summary>
    public string Client => clientVersion.Length > 8 ? clientVersion[8..] : clientVersion;

    /// <summary>Exchanges versions and the first keys.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Version + "\r\n"), cancellation);
        clientVersion = await ReadVersionAsync(cancellation);
        var strictBegin = received;
        var exchange = new KeyExchange(first: true);
        await WritePacketAsync(exchange.Offer);
        byte[] init;
        do
        {
            init = await ReceivePacketAsync(cancellation);
        }
        while (init[0] is SshMessage.Ignore or SshMessage.Debug);

        if (init[0] != SshMessage.KexInit)
        {
            throw new SshException(SshDisconnect.ProtocolError, "Expected the client's key exchange offer.");
        }

        await ExchangeAsync(exchange, init, first: true, alone: received == strictBegin + 1, cancellation);
    }

    /// <summary>The next message that is not the transport's own business.</summary>
    public async Task<byte[]> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var message = await ReceivePacketAsync(cancellation);
            switch (message[0])
            {
                case SshMessage.Ignore or SshMessage.Debug or SshMessage.Unimplemented or SshMessage.ExtInfo:
                    continue;
                case SshMessage.Disconnect:
                    throw new EndOfStreamException("The client disconnected.");
                case SshMessage.KexInit:
                    await RekeyAsync(message, cancellation);
                    continue;
                case SshMessage.ServiceRequest or (>= SshMessage.UserAuthRequest and < 128):
                    return message;
                default:
                    await RefuseAsync(cancellation);
                    continue;
            }
        }
    }

    /// <summary>Says that the last message is not known here.</summary>
    public Task RefuseAsync(CancellationToken cancellation) =>
        SendAsync(new SshWriter(SshMessage.Unimplemented).UInt32(received - 1), cancellation);

    public Task SendAsync(SshWriter message, CancellationToken cancellation) => SendAsync(message.Written, cancellation);

    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        await sending.WaitAsync(cancellation);
        try
        {
            await WritePacketAsync(message);
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Says the last word.</summary>
    public async Task DisconnectAsync(SshDisconnect reason, string why, CancellationToken cancellation)
    {
        await sending.WaitAsync(cancellation);
        var message = new SshWriter(SshMessage.Disconnect).UInt32((uint)reason).Text(why).Text("");
        await stream.WriteAsync(outgoing.Seal(message.Written.Span), cancellation);
    }

    public void Dispose()
    {
        incoming.Dispose();
        outgoing.Dispose();
        sending.Dispose();
    }

    private async Task RekeyAsync(byte[] clientInit, CancellationToken cancellation)
    {
        // Nothing else may be sent between the offer and the new keys, so the writers wait (RFC 4253 §7.1).
        await sending.WaitAsync(cancellation);
        try
        {
            var exchange = new KeyExchange(first: false);
            await WritePacketAsync(exchange.Offer);
            await ExchangeAsync(exchange, clientInit, first: false, alone: true, cancellation);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task ExchangeAsync(KeyExchange exchange, byte[] clientInit, bool first, bool alone, CancellationToken cancellation)
    {
        exchange.Accept(clientInit);
        if (first)
        {
            strict = exchange.Strict;
            if (strict && !alone)
            {
                throw new SshException(SshDisconnect.ProtocolError, "Strict key exchange: something came before the offer.");
            }
        }

        if (exchange.WrongGuess)
        {
            await ReceivePacketAsync(cancellation);
        }

        var (reply, keys) = exchange.Answer(await ReceiveForExchangeAsync(first, cancellation), clientVersion, Version, host, session);
        session = keys.Session;
        await WritePacketAsync(reply);
        await WritePacketAsync(new byte[] { SshMessage.NewKeys });
        outgoing.Dispose();
        outgoing = keys.ServerToClient();
        if (first && exchange.ExtInfo)
        {
            await WritePacketAsync(
                new SshWriter(SshMessage.ExtInfo).UInt32(1).Text("server-sig-algs").Text(string.Join(',', PublicKey.SignatureAlgorithms)).Written);
        }

        if ((await ReceiveForExchangeAsync(first, cancellation))[0] != SshMessage.NewKeys)
        {
            throw new SshException(SshDisconnect.KeyExchangeFailed, "Expected the client's switch to the new keys.");
        }

        incoming.Dispose();
        incoming = keys.ClientToServer();
        received = strict ? 0 : received;
    }

    private async Task<byte[]> ReceiveForExchangeAsync(bool first, CancellationToken cancellation)
    {
        byte[] message;
        do
        {
            message = await ReceivePacketAsync(cancellation);
        }
        while (!(first && strict) && message[0] is SshMessage.Ignore or SshMessage.Debug);

        return message[0] == SshMessage.Disconnect ? throw new EndOfStreamException("The client disconnected.") : message;
    }

    private async Task WritePacketAsync(ReadOnlyMemory<byte> message) => await stream.WriteAsync(outgoing.Seal(message.Span), ending);

    private async Task<byte[]> ReceivePacketAsync(CancellationToken cancellation)
    {
        var buffer = await ReadAsync(4, cancellation);
        var length = Length(buffer);
        var aligned = length + incoming.AlignedHeader;
        if (length < 12 || length > LongestPacket || aligned % incoming.BlockSize != 0)
        {
            throw new SshException(SshDisconnect.ProtocolError, $"A packet's length of {length} bytes is not allowed.");
        }

        reader.AdvanceTo(buffer.Start);
        var whole = 4 + (int)length + incoming.TagSize;
        buffer = await ReadAsync(whole, cancellation);
        var packet = buffer.Slice(0, whole).ToArray();
        reader.AdvanceTo(buffer.GetPosition(whole));
        received++;
        return incoming.Open(packet);

        static uint Length(ReadOnlySequence<byte> buffer)
        {
            Span<byte> length = stackalloc byte[4];
            buffer.Slice(0, 4).CopyTo(length);
            return BinaryPrimitives.ReadUInt32BigEndian(length);
        }
    }

    private async Task<ReadOnlySequence<byte>> ReadAsync(int length, CancellationToken cancellation)
    {
        var result = await reader.ReadAtLeastAsync(length, cancellation);
        return result.Buffer.Length >= length ? result.Buffer : throw new EndOfStreamException("The client went away.");
    }

    private async Task<string> ReadVersionAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var end = result.Buffer.PositionOf((byte)'\n');
            if (end is null && (result.IsCompleted || result.Buffer.Length > 255))
            {
                throw new EndOfStreamException("The client did not say its version.");
            }

            if (end is null)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            var line = Encoding.ASCII.GetString(result.Buffer.Slice(0, end.Value)).TrimEnd('\r');
            reader.AdvanceTo(result.Buffer.GetPosition(1, end.Value));
            return line.StartsWith("SSH-2.0-", StringComparison.Ordinal) && line.Length <= 253
                ? line
                : throw new SshException(SshDisconnect.VersionNotSupported, "Only SSH 2.0 is spoken here.");
        }
    }
}
