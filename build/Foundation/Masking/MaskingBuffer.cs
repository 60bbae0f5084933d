namespace Foundation.Masking;

/// <summary>Takes masked bytes; the span is valid only during the call.</summary>
public delegate void MaskedOutput(ReadOnlySpan<byte> bytes);

/// <summary>
/// Masks a stream of bytes: every occurrence of a secret, in any of the forms that <see cref="SecretSet"/> lists,
/// becomes <see cref="SecretSet.Mask"/>, also where it is split over two reads, and every other byte passes
/// unchanged. Occurrences that overlap become one mask. What may be the beginning of a secret is held back until
/// more bytes come; the memory is bounded by the read size and the longest secret. Secrets that are added while the
/// stream runs are found in what follows. Not for use by several threads.
/// </summary>
public sealed class MaskingBuffer
{
    /// <summary>The room that <see cref="Free"/> always has, in bytes.</summary>
    public const int ReadSize = 64 * 1024;

    private static readonly byte[] Mask = [.. System.Text.Encoding.ASCII.GetBytes(SecretSet.Mask)];

    private readonly SecretSet secrets;
    private readonly List<SecretRange> ranges = [];
    private byte[] buffer = new byte[2 * ReadSize];
    private int count;
    private int covered;

    /// <summary>Masks the secrets of a set.</summary>
    public MaskingBuffer(SecretSet secrets) => this.secrets = secrets;

    /// <summary>Where to read the next bytes to, so that they need not be copied.</summary>
    public Memory<byte> Free
    {
        get
        {
            if (buffer.Length - count < ReadSize)
            {
                Array.Resize(ref buffer, Math.Max(buffer.Length * 2, count + ReadSize));
            }

            return buffer.AsMemory(count);
        }
    }

    /// <summary>Says how many bytes were put into <see cref="Free"/>, and hands on what is settled.</summary>
    public void Advance(int bytes, MaskedOutput output)
    {
        count += bytes;
        Drain(final: false, output);
    }

    /// <summary>Takes bytes from elsewhere, and hands on what is settled.</summary>
    public void Append(ReadOnlySpan<byte> bytes, MaskedOutput output)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, ReadSize)];
            part.CopyTo(Free.Span);
            Advance(part.Length, output);
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Hands on the rest: no more bytes come.</summary>
    public void Complete(MaskedOutput output) => Drain(final: true, output);

    private void Drain(bool final, MaskedOutput output)
    {
        var data = buffer.AsSpan(0, count);
        ranges.Clear();
        var settled = secrets.Matcher.Find(data, final, ranges);
        var at = Math.Min(covered, settled);
        foreach (var range in ranges)
        {
            if (range.Start >= covered)
            {
                Emit(data[at..range.Start], output);
                output(Mask);
            }

            covered = Math.Max(covered, range.End);
            at = Math.Min(covered, settled);
        }

        Emit(data[at..settled], output);
        data[settled..].CopyTo(buffer);
        count -= settled;
        covered = Math.Max(0, covered - settled);
    }

    private static void Emit(ReadOnlySpan<byte> bytes, MaskedOutput output)
    {
        if (!bytes.IsEmpty)
        {
            output(bytes);
        }
    }
}
