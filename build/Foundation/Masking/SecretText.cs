using System.Buffers.Binary;

namespace Foundation.Masking;

/// <summary>
/// One text to find, each of its characters in any spelling of <see cref="EscapedRune"/>. The search is driven by
/// <see cref="Anchors"/>: the first four bytes that an occurrence can begin with.
/// </summary>
internal sealed class SecretText : ISecretPattern
{
    /// <summary>How many bytes an anchor has.</summary>
    public const int AnchorLength = 4;

    private readonly byte[][][] spellings;
    private readonly bool mayWrap;

    /// <summary>A text of at least four characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mayWrap">Whether it may go on in another line, as base64 does, behind what a log puts there.</param>
    public SecretText(string text, bool mayWrap = false)
    {
        spellings = [.. text.EnumerateRunes().Select(EscapedRune.Spellings)];
        this.mayWrap = mayWrap;
    }

    /// <inheritdoc/>
    public IEnumerable<uint> Anchors
    {
        get
        {
            var anchors = new HashSet<uint>();
            Collect(0, [], anchors);
            return anchors;
        }
    }

    /// <inheritdoc/>
    public Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end)
    {
        start = at;
        end = -1;
        var undecided = false;
        List<int> ends = [at];
        List<int> next = [];
        for (var rune = 0; rune < spellings.Length; rune++)
        {
            if (mayWrap && rune > 0)
            {
                undecided |= LineBreak.AddContinuations(data, ends, final);
            }

            next.Clear();
            foreach (var position in ends)
            {
                var rest = data[position..];
                foreach (var spelling in spellings[rune])
                {
                    if (rest.StartsWith(spelling))
                    {
                        if (!next.Contains(position + spelling.Length))
                        {
                            next.Add(position + spelling.Length);
                        }
                    }
                    else if (!final && rest.Length < spelling.Length && spelling.AsSpan().StartsWith(rest))
                    {
                        undecided = true;
                    }
                }
            }

            (ends, next) = (next, ends);
            if (ends.Count == 0)
            {
                return undecided ? Verdict.Undecided : Verdict.No;
            }
        }

        end = ends.Max();
        return undecided ? Verdict.Undecided : Verdict.Yes;
    }

    private void Collect(int rune, byte[] begun, HashSet<uint> anchors)
    {
        if (begun.Length >= AnchorLength)
        {
            anchors.Add(BinaryPrimitives.ReadUInt32LittleEndian(begun));
            return;
        }

        foreach (var spelling in spellings[rune])
        {
            Collect(rune + 1, [.. begun, .. spelling], anchors);
        }
    }
}
