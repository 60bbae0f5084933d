namespace Foundation.Masking;

/// <summary>
/// A stream that masks what is written to it and passes it on to another stream; see <see cref="MaskingBuffer"/>.
/// Disposing it writes what was held back and leaves the other stream open. <see cref="Flush"/> does not release
/// bytes that may be the beginning of a secret.
/// </summary>
public sealed class MaskingStream : Stream
{
    private readonly MaskingBuffer buffer;
    private readonly Stream inner;
    private bool disposed;

    /// <summary>Masks the secrets of a set on the way to <paramref name="inner"/>.</summary>
    public MaskingStream(Stream inner, SecretSet secrets)
    {
        this.inner = inner;
        buffer = new MaskingBuffer(secrets);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => this.buffer.Append(buffer, inner.Write);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            buffer.Complete(inner.Write);
            inner.Flush();
        }

        base.Dispose(disposing);
    }
}
