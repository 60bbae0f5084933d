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

    private readonly EscapedRune.Spellings[] spellings;
    private readonly bool mayWrap;

    /// <summary>A text of at least four characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mayWrap">Whether it may go on in another line, as base64 does, behind what a log puts there.</param>
    public SecretText(string text, bool mayWrap = false)
    {
        spellings = [.. text.EnumerateRunes().Select(EscapedRune.Of)];
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
        var (rune, plain) = SkipPlain(data, at);
        if (rune < 0)
        {
            return Verdict.No;
        }

        var undecided = false;
        List<int> ends = [plain];
        List<int> next = [];
        for (; rune < spellings.Length; rune++)
        {
            if (mayWrap && rune > 0)
            {
                undecided |= LineBreak.AddContinuations(data, ends, final);
            }

            next.Clear();
            foreach (var position in ends)
            {
                var rest = data[position..];
                foreach (var spelling in spellings[rune].All)
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

    /// <summary>
    /// The first character that has more than one spelling, or at which a line or the bytes may end, and its place; less
    /// than 0 when the text cannot stand here. Most places with an anchor end here, and nothing has to be remembered.
    /// </summary>
    private (int Rune, int Place) SkipPlain(ReadOnlySpan<byte> data, int at)
    {
        var rune = 0;
        for (; rune < spellings.Length && at < data.Length; rune++)
        {
            if (mayWrap && rune > 0 && LineBreak.MayBegin(data[at]))
            {
                break;
            }

            if (!spellings[rune].MayBegin(data[at]))
            {
                return (-1, at);
            }

            if (spellings[rune].All is not [[_]])
            {
                break;
            }

            at++;
        }

        return (rune, at);
    }

    private void Collect(int rune, byte[] begun, HashSet<uint> anchors)
    {
        if (begun.Length >= AnchorLength)
        {
            anchors.Add(BinaryPrimitives.ReadUInt32LittleEndian(begun));
            return;
        }

        foreach (var spelling in spellings[rune].All)
        {
            Collect(rune + 1, [.. begun, .. spelling], anchors);
        }
    }
}
