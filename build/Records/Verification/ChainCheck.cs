namespace Records.Verification;

/// <summary>
/// Checks the chain of one subject's records. Each names the one before it with the hash of its checksums; records
/// that are not authentic are no part of it (they have findings of their own), but one that is gone or changed is
/// missed by its successor.
/// </summary>
internal static class ChainCheck
{
    /// <param name="records">All records of the subject.</param>
    /// <param name="joins">The ends of branches that signed statements join.</param>
    public static void Check(IReadOnlyList<CheckedRecord> records, Joins joins)
    {
        var byName = records.ToDictionary(r => r.Name, StringComparer.Ordinal);
        var chained = records.Where(r => r is { IsAuthentic: true, Stamp: not null }).OrderBy(r => r.Stamp).ToList();
        var followed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in chained)
        {
            foreach (var before in Before(record))
            {
                followed.Add(before.Record);
                CheckLink(record, before, byName);
            }
        }

        // Without forks only the newest record is followed by none, and only the oldest follows none. A damaged record
        // may have been the follower: it has a finding of its own, and the one before it is not to blame. A statement counts
        // only while the newest record is one of its ends; the next record names the others, and follows them in its stead.
        // With an older one, whoever has a key that counted then could excuse a record that he inserts today.
        var lastDamaged = records.Where(r => !r.IsAuthentic).Max(r => r.Stamp);
        var joined = chained is [.., var newest] ? joins.With(newest.Subject, newest.SumsSha256!).Select(e => e.Sha256).ToHashSet(StringComparer.Ordinal) : [];
        foreach (var record in chained.SkipLast(1))
        {
            if (!followed.Contains(record.Name) && !joined.Contains(record.SumsSha256!) && !(record.Stamp < lastDamaged))
            {
                record.Findings.Add(new(
                    FindingName.ChainForked, "run.json",
                    "no later record follows it: it was inserted, or two branches were merged and PublishLatest has not joined them yet"));
            }
        }
    }

    /// <summary>The records that a record names as those before it: the preceding one, and ends of branches that were joined.</summary>
    public static IEnumerable<(string Record, string Sha256)> Before(CheckedRecord record) =>
        record.Previous is { } previous ? record.Joined.Prepend(previous) : record.Joined;

    /// <summary>Checks one of a record's links.</summary>
    public static void CheckLink(
        CheckedRecord record, (string Record, string Sha256) previous, IReadOnlyDictionary<string, CheckedRecord> byName)
    {
        string? wrong = null;
        if (string.CompareOrdinal(previous.Record, record.Name) >= 0)
        {
            wrong = $"the preceding record {previous.Record} is not older";
        }
        else if (!byName.TryGetValue(previous.Record, out var before))
        {
            wrong = $"the preceding record {previous.Record} is not there";
        }
        else if (before.SumsSha256 != previous.Sha256)
        {
            wrong = $"the preceding record {previous.Record} is not the one that was there: its SHA256SUMS has changed";
        }

        if (wrong is not null)
        {
            record.Findings.Add(new(FindingName.ChainBroken, "run.json", wrong));
        }
    }
}
