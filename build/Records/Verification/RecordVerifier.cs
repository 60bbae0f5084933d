using System.Collections.Concurrent;
using Foundation;

namespace Records.Verification;

/// <summary>
/// Verifies records from what lies on the disk and the allowed signers alone. It shares no code with the writing of
/// records, changes nothing, follows no link, and reads each byte once in bounded memory.
/// </summary>
public sealed class RecordVerifier
{
    private readonly Lazy<SchemaCheck> schema = new(SchemaCheck.ForRun);

    /// <summary>Verifies what the options say; the verdicts are sorted by path.</summary>
    /// <exception cref="FailureException">The template or record that was asked for does not exist.</exception>
    public async Task<IReadOnlyList<RecordVerdict>> VerifyAsync(VerifyOptions options, CancellationToken cancellation = default)
    {
        var root = options.Root;
        SignersList signers;
        try
        {
            signers = SignersList.Load(options.AllowedSigners ?? root.AllowedSigners, "packer-build-record");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, "The allowed signers cannot be read", e.Message, cause: e);
        }

        var found = RecordFinder.Find(options);
        var check = new RecordCheck(root, signers, schema.Value);
        var records = new ConcurrentBag<CheckedRecord>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancellation };
        await Parallel.ForEachAsync(found.Records, parallel, (place, token) =>
        {
            records.Add(check.Check(place.Folder, place.Subject, token));
            return ValueTask.CompletedTask;
        });

        var verdicts = new List<RecordVerdict>(found.Strangers);
        var joins = JoinCheck.Load(root, signers, verdicts);
        foreach (var subject in records.GroupBy(r => r.Subject))
        {
            CheckSubject(options, subject.Key, [.. subject], joins, verdicts);
        }

        if (options is { Template: null, RecordPath: null })
        {
            CheckEmptySubjects(root, records, verdicts);
            if (IndexCheck.Check(root, [.. records]) is { Count: > 0 } wrong)
            {
                verdicts.Add(new("README.md", VerdictKind.Index, null, wrong));
            }
        }

        verdicts.AddRange(records.Select(r => new RecordVerdict($"{r.Subject}/{r.Name}", VerdictKind.Record, r.Signer, r.Findings)));
        return [.. verdicts.OrderBy(v => v.Path, StringComparer.Ordinal)];
    }

    private static void CheckSubject(
        VerifyOptions options, string subject, IReadOnlyList<CheckedRecord> records, Joins joins, List<RecordVerdict> verdicts)
    {
        if (options.RecordPath is not null)
        {
            CheckLinkAlone(records[0]);
            return;
        }

        ChainCheck.Check(records, joins.Of(subject));
        joins.CheckPresence(subject, records, verdicts);
        AddLatest(options.Root, subject, records, verdicts);
    }

    private static void CheckLinkAlone(CheckedRecord record)
    {
        if (record.Previous is not { } previous)
        {
            return;
        }

        var folder = Path.Combine(Path.GetDirectoryName(record.Folder)!, previous.Record);
        var before = new Dictionary<string, CheckedRecord>(StringComparer.Ordinal);
        if (Directory.Exists(folder))
        {
            var sums = Path.Combine(folder, "SHA256SUMS");
            var content = File.Exists(sums) && !SafeFile.IsLink(folder) ? SafeFile.Read(sums, ChecksumList.MaxBytes) : null;
            before[previous.Record] = new(folder, previous.Record, record.Subject)
            {
                SumsSha256 = content is null ? null : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)),
            };
        }

        ChainCheck.CheckLink(record, previous, before);
    }

    private static void CheckEmptySubjects(RecordRoot root, IEnumerable<CheckedRecord> records, List<RecordVerdict> verdicts)
    {
        var builds = Path.Combine(root.Path, "builds");
        if (!Directory.Exists(builds))
        {
            return;
        }

        var filled = records.Select(r => r.Subject).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(builds).Where(f => !SafeFile.IsLink(f)))
        {
            var subject = $"builds/{Path.GetFileName(folder)}";
            if (!filled.Contains(subject))
            {
                AddLatest(root, subject, [], verdicts);
            }
        }
    }

    private static void AddLatest(RecordRoot root, string subject, IReadOnlyList<CheckedRecord> records, List<RecordVerdict> verdicts)
    {
        if (subject != "init" && LatestCheck.Check(Path.Combine([root.Path, .. subject.Split('/')]), records) is { } wrong)
        {
            verdicts.Add(new($"{subject}/latest", VerdictKind.Latest, null, [wrong]));
        }
    }
}
