using System.Text;
using System.Threading.Channels;
using Foundation;
using Foundation.Masking;

namespace Packer.Running;

/// <summary>
/// Carries Packer's two streams into one log, masked, in order of arrival, whole lines at a time, and the lines of
/// the first stream to whoever reads them. Reading never waits for the reader of the lines.
/// </summary>
internal sealed class LogPump
{
    // A line that is longer is let go in pieces.
    private const int LongestLine = 1024 * 1024;
    private const int QueuedLines = 4096;

    private readonly Lock gate = new();
    private readonly LogWriter log;
    private readonly SecretSet secrets;
    private readonly Channel<string> lines = Channel.CreateBounded<string>(QueuedLines);
    private int skipped;
    private bool closed;

    /// <summary>Creates a pump into a log.</summary>
    public LogPump(LogWriter log, SecretSet secrets)
    {
        this.log = log;
        this.secrets = secrets;
    }

    /// <summary>The lines of the first stream, as far as somebody keeps up with them.</summary>
    public ChannelReader<string> Lines => lines.Reader;

    /// <summary>What becomes of a line of the first stream before somebody is told it; the log has it as it was. Null: it stays as it is.</summary>
    public Func<string, string>? Edit { get; init; }

    /// <summary>Told what a line of the first stream has so far, each time that the stream pauses within one.</summary>
    public Action<string>? OnPart { get; init; }

    /// <summary>Told each line of the first stream before it is queued, dropped or not. It must be quick.</summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>Told the text of the second stream, whole lines at a time. It must be quick.</summary>
    public LogText? OnLog { get; init; }

    /// <summary>How many lines were left out since this was last asked.</summary>
    public int TakeSkipped() => Interlocked.Exchange(ref skipped, 0);

    /// <summary>Carries both streams on threads of their own until they end.</summary>
    public Task RunAsync(Stream first, Stream second)
    {
        var done = new[] { Carry(first, true), Carry(second, false) };
        return Task.WhenAll(done).ContinueWith(_ => lines.Writer.TryComplete(), TaskScheduler.Default);
    }

    /// <summary>Ends the log and returns its SHA-256; what a stream may still bring is dropped.</summary>
    public string Close()
    {
        lock (gate)
        {
            closed = true;
            return log.Complete();
        }
    }

    /// <summary>No more lines: for when a stream never ends because a stray process holds it open.</summary>
    public void Abandon() => lines.Writer.TryComplete();

    private Task Carry(Stream stream, bool isFirst)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Carry(stream, new Whole(this, isFirst));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The stream was closed under it: nothing more comes.
            }
            finally
            {
                ended.TrySetResult();
            }
        })
        {
            IsBackground = true,
            Name = isFirst ? "packer stdout" : "packer stderr",
        };
        thread.Start();
        return ended.Task;
    }

    private void Carry(Stream stream, Whole lines)
    {
        var masking = new MaskingBuffer(secrets);
        MaskedOutput output = lines.Take;
        for (; ; )
        {
            var read = stream.Read(masking.Free.Span);
            if (read == 0)
            {
                break;
            }

            masking.Advance(read, output);
            lines.Settle();
        }

        masking.Complete(output);
        lines.End();
    }

    /// <summary>Collects the bytes of one stream until a line is whole.</summary>
    private sealed class Whole(LogPump pump, bool isFirst)
    {
        private byte[] pending = new byte[MaskingBuffer.ReadSize];
        private int count;

        public void Take(ReadOnlySpan<byte> bytes)
        {
            var end = bytes.LastIndexOf((byte)'\n') + 1;
            if (end == 0 && count + bytes.Length < LongestLine)
            {
                Keep(bytes);
                return;
            }

            end = end == 0 ? bytes.Length : end;
            lock (pump.gate)
            {
                if (!pump.closed)
                {
                    pump.log.Append(pending.AsSpan(0, count));
                    pump.log.Append(bytes[..end]);
                }
            }

            if (isFirst)
            {
                Tell(bytes[..end]);
            }
            else
            {
                pump.OnLog?.Invoke(bytes[..end]);
            }

            count = 0;
            Keep(bytes[end..]);
        }

        public void Settle()
        {
            lock (pump.gate)
            {
                if (!pump.closed)
                {
                    pump.log.Post();
                }
            }

            if (isFirst && count > 0)
            {
                pump.OnPart?.Invoke(Encoding.UTF8.GetString(pending, 0, count));
            }
        }

        public void End()
        {
            if (count > 0)
            {
                Take("\n"u8);
            }

            Settle();
        }

        private void Tell(ReadOnlySpan<byte> bytes)
        {
            if (count > 0)
            {
                bytes = (byte[])[.. pending.AsSpan(0, count), .. bytes];
            }

            foreach (var range in bytes.Split((byte)'\n'))
            {
                if (range.Start.Value == bytes.Length)
                {
                    break;
                }

                var line = Encoding.UTF8.GetString(bytes[range].TrimEnd((byte)'\r'));
                line = pump.Edit?.Invoke(line) ?? line;
                pump.OnLine?.Invoke(line);
                if (!pump.lines.Writer.TryWrite(line))
                {
                    Interlocked.Increment(ref pump.skipped);
                }
            }
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            if (pending.Length < count + bytes.Length)
            {
                Array.Resize(ref pending, Math.Max(pending.Length * 2, count + bytes.Length));
            }

            bytes.CopyTo(pending.AsSpan(count));
            count += bytes.Length;
        }
    }
}

/// <summary>Takes a piece of a log.</summary>
internal delegate void LogText(ReadOnlySpan<byte> text);
