using System.Buffers;
using System.IO.Pipelines;

namespace Guest.Ssh;

/// <summary>
/// A session channel (RFC 4254 §5) as a stream: reading gives what the client sent until its EOF, writing respects
/// its window and packet size. What is received and not yet read is bounded by the own window.
/// </summary>
internal sealed class SshChannel : DuplexStream
{
    /// <summary>How much a client may send ahead.</summary>
    public const uint Window = 1 << 20;

    /// <summary>The largest data packet.</summary>
    public const uint LargestData = 32 << 10;

    private readonly SshTransport transport;
    private readonly Pipe input = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly CancellationTokenSource closed;
    private readonly Lock gate = new();
    private readonly uint theirId;
    private readonly int theirLargest;
    private long theirWindow;
    private TaskCompletionSource widened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long ownWindow = Window;
    private uint consumed;
    private bool inputEnded;
    private bool closeSent;

    public SshChannel(SshTransport transport, uint id, uint theirId, uint theirWindow, uint theirLargest, CancellationToken connection)
    {
        (this.transport, Id, this.theirId, this.theirWindow) = (transport, id, theirId, theirWindow);
        this.theirLargest = (int)Math.Clamp(theirLargest, 1, LargestData);
        closed = CancellationTokenSource.CreateLinkedTokenSource(connection);
        Closed = closed.Token;
    }

    public uint Id { get; }

    /// <summary>Whether a shell, command or subsystem runs in it already: there can be only one.</summary>
    public bool Started { get; set; }

    /// <summary>The work in the channel.</summary>
    public Task Running { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when either side closed it or the connection ended.</summary>
    public CancellationToken Closed { get; }

    /// <summary>Takes data from the client.</summary>
    public void Receive(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            ownWindow -= data.Length;
            if (ownWindow < 0 || inputEnded)
            {
                throw new SshException(SshDisconnect.ProtocolError, "Data beyond the channel's window or end.");
            }
        }

        input.Writer.Write(data);
        _ = input.Writer.FlushAsync(CancellationToken.None).AsTask();
    }

    /// <summary>The client sends no more.</summary>
    public void ReceiveEof()
    {
        inputEnded = true;
        input.Writer.Complete();
    }

    /// <summary>The client takes more.</summary>
    public void Widen(uint bytes)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            theirWindow = Math.Min(theirWindow + bytes, uint.MaxValue);
            (wake, widened) = (widened, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        wake.SetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed);
        var result = await input.Reader.ReadAsync(either.Token);
        var length = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, length);
        taken.CopyTo(buffer.Span);
        input.Reader.AdvanceTo(taken.End);
        consumed += (uint)length;
        if (consumed >= Window / 2)
        {
            var more = consumed;
            consumed = 0;
            lock (gate)
            {
                ownWindow += more;
            }

            await transport.SendAsync(new SshWriter(SshMessage.ChannelWindowAdjust).UInt32(theirId).UInt32(more), either.Token);
        }

        return length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        WriteAsync(buffer, error: false);

    /// <summary>Writes to the client's standard output or standard error.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, bool error)
    {
        while (data.Length > 0)
        {
            int length;
            Task wider;
            lock (gate)
            {
                length = (int)Math.Min(Math.Min(data.Length, theirLargest), theirWindow);
                theirWindow -= length;
                wider = widened.Task;
            }

            if (length == 0)
            {
                await wider.WaitAsync(Closed);
                continue;
            }

            var message = error
                ? new SshWriter(SshMessage.ChannelExtendedData).UInt32(theirId).UInt32(1)
                : new SshWriter(SshMessage.ChannelData).UInt32(theirId);
            await transport.SendAsync(message.Bytes(data.Span[..length]), Closed);
            data = data[length..];
        }
    }

    /// <summary>Answers a channel request.</summary>
    public Task AnswerAsync(bool success, CancellationToken cancellation) => transport.SendAsync(
        new SshWriter(success ? SshMessage.ChannelSuccess : SshMessage.ChannelFailure).UInt32(theirId), cancellation);

    /// <summary>Says how the work ended, and closes the own side.</summary>
    public async Task ExitAsync(int code, CancellationToken cancellation)
    {
        await transport.SendAsync(new SshWriter(SshMessage.ChannelEof).UInt32(theirId), cancellation);
        await transport.SendAsync(
            new SshWriter(SshMessage.ChannelRequest).UInt32(theirId).Text("exit-status").Bool(false).UInt32((uint)code), cancellation);
        await CloseAsync(cancellation);
    }

    /// <summary>Closes the own side, once; stops the work.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (closeSent)
            {
                return;
            }

            closeSent = true;
        }

        await transport.SendAsync(new SshWriter(SshMessage.ChannelClose).UInt32(theirId), cancellation);
        await closed.CancelAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            closed.Dispose();
        }

        base.Dispose(disposing);
    }
}
