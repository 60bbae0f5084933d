using Foundation;
using Records.Model;
using Records.Verification;

namespace Records.Sealing;

/// <summary>What the records of a subject that are there mean for the next one.</summary>
internal static class Chain
{
    /// <summary>The newest record's stamp; null when there is none.</summary>
    public static UtcStamp? NewestStamp(string folder) => NewestFirst(folder).Select(s => (UtcStamp?)s).FirstOrDefault();

    /// <summary>
    /// The newest record that is what its signer wrote; null when there is none. Whatever else lies there, a folder that
    /// somebody made or a record that was damaged, is not followed: that would make it part of the chain for ever. Logs are
    /// not read.
    /// </summary>
    public static CheckedRecord? NewestAuthentic(RecordRoot root, RecordSubject subject) => Newest(root, subject).FirstOrDefault(record => record.IsAuthentic);

    /// <summary>The same, for a record that is to follow it.</summary>
    /// <exception cref="FailureException">A newer program wrote the newest: it would be passed over, and the chain would fork.</exception>
    public static CheckedRecord? ToFollow(RecordRoot root, RecordSubject subject)
    {
        foreach (var record in Newest(root, subject))
        {
            if (record.IsAuthentic)
            {
                return record;
            }

            if (record.Signer is not null && record.Findings.Find(f => f.Name == FindingName.UnknownVersion) is { } unknown)
            {
                throw new FailureException(
                    FailureKind.Task, $"No record of {subject} can follow {subject}/{record.Name}", unknown.Message, "Update this program to the one that wrote that record");
            }
        }

        return null;
    }

    private static IEnumerable<CheckedRecord> Newest(RecordRoot root, RecordSubject subject)
    {
        var folder = root.FolderOf(subject);
        var check = new RecordCheck(root, SignersFile.Load(root), new RunSchemas(), readsLogs: false);
        return NewestFirst(folder).Select(stamp => check.Check(Path.Combine(folder, stamp.ToString()), subject.Name, default));
    }

    /// <summary>The stamps of the record folders. Only those that are asked for are looked at: there may be thousands.</summary>
    internal static IEnumerable<UtcStamp> NewestFirst(string folder)
    {
        var stamps = new List<UtcStamp>();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateDirectories(folder))
            {
                if (UtcStamp.TryParse(Path.GetFileName(path), out var stamp))
                {
                    stamps.Add(stamp);
                }
            }
        }

        stamps.Sort();
        return Enumerable.Reverse(stamps).Where(stamp => !IsLink(Path.Combine(folder, stamp.ToString())));
    }

    /// <summary>
    /// The other ends of branches, when the record to be followed is one of several ends that a signed statement joins:
    /// the next record names them as well, so that none of them can be taken away together with the statement.
    /// </summary>
    public static IReadOnlyList<PreviousRecord>? JoinedWith(RecordRoot root, RecordSubject subject, CheckedRecord? previous)
    {
        if (previous is null)
        {
            return null;
        }

        var ends = Joins(root, SignersFile.Load(root)).With(subject.Name, previous.SumsSha256!);
        return ends.Count == 0 ? null : [.. ends.Select(e => new PreviousRecord(e.Record, e.Sha256))];
    }

    /// <summary>The statements that join branches.</summary>
    /// <exception cref="IOException">They cannot be read: what is written without them would leave out what they join.</exception>
    public static Joins Joins(RecordRoot root, SignersList signers)
    {
        var wrong = new List<RecordVerdict>();
        var joins = JoinCheck.Load(root, signers, wrong);
        RequireReadable(wrong);
        return joins;
    }

    /// <exception cref="IOException">A folder could not be read.</exception>
    public static void RequireReadable(IEnumerable<RecordVerdict> verdicts)
    {
        if (verdicts.SelectMany(v => v.Findings).FirstOrDefault(f => f.Name == FindingName.Unreadable) is { } unreadable)
        {
            throw new IOException(unreadable.Message);
        }
    }

    private static bool IsLink(string path) => File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint);
}
