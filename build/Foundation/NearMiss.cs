namespace Foundation;

/// <summary>Finds what somebody who made a typing error probably meant.</summary>
public static class NearMiss
{
    /// <summary>
    /// The candidates that are close to the text, closest first: at most a third of the letters differ
    /// (Levenshtein distance, ignoring case), or one begins with the other.
    /// </summary>
    public static IReadOnlyList<string> Find(string text, IEnumerable<string> candidates) =>
        [.. candidates
            .Select(candidate => (candidate, distance: Distance(text.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(c => c.distance <= Math.Max(1, Math.Max(text.Length, c.candidate.Length) / 3)
                || (text.Length >= 3 && c.candidate.StartsWith(text, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(c => c.distance)
            .ThenBy(c => c.candidate, StringComparer.Ordinal)
            .Select(c => c.candidate)
            .Take(3)];

    /// <summary>A sentence that names the near misses, or all candidates when there is none.</summary>
    public static string Suggestion(string text, IEnumerable<string> candidates)
    {
        var all = candidates.ToList();
        var near = Find(text, all);
        return near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}?" : $"There are: {string.Join(", ", all)}";
    }

    /// <summary>Levenshtein's distance: how many characters have to be inserted, removed or replaced.</summary>
    internal static int Distance(string a, string b)
    {
        // Nobody mistypes a name into something this long; the product of the lengths is the cost.
        if (a.Length > 100 || b.Length > 100)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
