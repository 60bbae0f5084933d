namespace Templates;

/// <summary>Finds what somebody who mistyped a name may have meant.</summary>
internal static class NearMiss
{
    /// <summary>The candidates that are close to a name, closest first.</summary>
    internal static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates)
    {
        // A long text is no mistyped name, and the comparison costs the product of the lengths.
        if (name.Length is 0 or > 100)
        {
            return [];
        }

        var allowed = Math.Max(2, name.Length / 3);
        return [.. candidates
            .Select(c => (Name: c, Distance: c.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name.ToLowerInvariant(), c.ToLowerInvariant())))
            .Where(c => c.Distance <= allowed)
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => c.Name)];
    }

    /// <summary>Levenshtein's distance: how many characters have to be inserted, removed or replaced.</summary>
    internal static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[other.Length];
    }
}
