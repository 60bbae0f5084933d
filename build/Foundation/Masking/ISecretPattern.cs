namespace Foundation.Masking;

/// <summary>What a pattern says about a place.</summary>
internal enum Verdict
{
    /// <summary>No occurrence begins here.</summary>
    No,

    /// <summary>An occurrence begins here.</summary>
    Yes,

    /// <summary>The bytes end before it can be told.</summary>
    Undecided,
}

/// <summary>Something to mask.</summary>
internal interface ISecretPattern
{
    /// <summary>Every four bytes that an occurrence may begin with, each as a little-endian number.</summary>
    IEnumerable<uint> Anchors { get; }

    /// <summary>Says whether there is an occurrence at a place that begins with one of the anchors.</summary>
    /// <param name="data">The bytes at hand.</param>
    /// <param name="at">The place.</param>
    /// <param name="final">Whether no bytes will follow.</param>
    /// <param name="start">Where to begin masking: the place or behind it.</param>
    /// <param name="end">The first byte that is not masked.</param>
    Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end);
}

/// <summary>Bytes that stand for themselves, such as a secret in UTF-16.</summary>
internal sealed class SecretBytes(byte[] bytes) : ISecretPattern
{
    /// <inheritdoc/>
    public IEnumerable<uint> Anchors => [System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes)];

    /// <inheritdoc/>
    public Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end)
    {
        start = at;
        end = at + bytes.Length;
        var rest = data[at..];
        return rest.StartsWith(bytes) ? Verdict.Yes
            : !final && rest.Length < bytes.Length && bytes.AsSpan().StartsWith(rest) ? Verdict.Undecided
            : Verdict.No;
    }
}
