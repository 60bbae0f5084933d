namespace Foundation.Masking;

/// <summary>A range of bytes to mask, found at a place at or before its start.</summary>
internal readonly record struct SecretRange(int At, int Start, int End);

/// <summary>Finds every occurrence of a set of secrets, and of the shapes, in bytes. Immutable.</summary>
internal sealed class SecretMatcher
{
    private readonly AnchorFinder finder;
    private readonly ISecretPattern[][] byAnchor;

    /// <summary>Prepares the search for these secrets.</summary>
    public SecretMatcher(IReadOnlyList<string> secrets)
    {
        var patterns = new Dictionary<uint, List<ISecretPattern>>();
        foreach (var pattern in secrets.SelectMany(SecretForms.Of).Concat(SecretShapes.All))
        {
            foreach (var anchor in pattern.Anchors)
            {
                if (!patterns.TryGetValue(anchor, out var list))
                {
                    patterns[anchor] = list = [];
                }

                list.Add(pattern);
            }
        }

        finder = new AnchorFinder([.. patterns.Keys]);
        byAnchor = [.. patterns.Values.Select(v => v.ToArray())];
    }

    /// <summary>
    /// Finds what begins in the bytes; the ranges may overlap. Returns how many of the bytes are settled: whatever
    /// is to be masked in them is among the ranges. The others have to be seen again with what follows.
    /// </summary>
    public int Find(ReadOnlySpan<byte> data, bool final, List<SecretRange> ranges)
    {
        var settled = final ? data.Length : data.Length - finder.OpenEnd(data);
        for (var at = finder.Next(data, 0, out var anchor); at >= 0; at = finder.Next(data, at + 1, out anchor))
        {
            foreach (var pattern in byAnchor[anchor])
            {
                var verdict = pattern.Judge(data, at, final, out var start, out var end);
                if (verdict == Verdict.Yes)
                {
                    ranges.Add(new SecretRange(at, start, end));
                }
                else if (verdict == Verdict.Undecided)
                {
                    settled = Math.Min(settled, at);
                }
            }

            if (settled <= at)
            {
                break;
            }
        }

        // A range that starts behind what is settled is found again from its place.
        for (var i = ranges.Count - 1; i >= 0; i--)
        {
            settled = ranges[i].At < settled && ranges[i].Start >= settled ? ranges[i].At : settled;
        }

        var limit = settled;
        ranges.RemoveAll(r => r.At >= limit);
        ranges.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        return settled;
    }
}
