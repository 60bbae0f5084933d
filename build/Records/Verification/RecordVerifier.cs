using System.Collections.Concurrent;
using System.Security.Cryptography;
using Foundation;

namespace Records.Verification;

/// <summary>
/// Verifies records from what lies on the disk and the allowed signers alone. It shares no code with the writing of
/// records, changes nothing, follows no link among them, and reads each byte once in bounded memory.
/// </summary>
public sealed class RecordVerifier
{
    /// <summary>How often records may appear while it looks.</summary>
    private const int Attempts = 100;
    private const string Purpose = "packer-build-record";

    private readonly RunSchemas schemas = new();

    /// <summary>Verifies what the options say; the verdicts are sorted by path.</summary>
    /// <exception cref="FailureException">The template or record that was asked for does not exist.</exception>
    public async Task<IReadOnlyList<RecordVerdict>> VerifyAsync(VerifyOptions options, CancellationToken cancellation = default)
    {
        var root = options.Root;
        if (root.IsSandbox && SafeFile.IsLink(root.Path))
        {
            // It lies inside a records folder; only that folder, which the user chose, may be a link.
            return [new(".", VerdictKind.Place, null, [new(FindingName.LinkNotAllowed, null, "a link is not followed")])];
        }

        for (var attempt = 1;; attempt++)
        {
            var found = RecordFinder.Find(options);
            var verdicts = await JudgeAsync(options, found, cancellation);

            // A build that ends meanwhile publishes a record that was not there when the folders were listed.
            if (attempt == Attempts || verdicts.All(v => v.Kind == VerdictKind.Record) || RecordFinder.Find(options).Records.SequenceEqual(found.Records))
            {
                return [.. verdicts.OrderBy(v => v.Path, StringComparer.Ordinal)];
            }
        }
    }

    private async Task<IReadOnlyList<RecordVerdict>> JudgeAsync(VerifyOptions options, FoundRecords found, CancellationToken cancellation)
    {
        var root = options.Root;
        var verdicts = new List<RecordVerdict>(found.Strangers);
        var signers = Signers(options, verdicts);
        var check = new RecordCheck(root, signers, schemas);
        var records = new ConcurrentBag<CheckedRecord>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancellation };
        await Parallel.ForEachAsync(found.Records, parallel, (place, token) =>
        {
            records.Add(check.Check(place.Folder, place.Subject, token));
            return ValueTask.CompletedTask;
        });

        var joins = JoinCheck.Load(root, signers, verdicts);
        var pending = PendingPublications.Load(root, signers, verdicts);
        var destroyed = DestroyedCheck.Load(root, signers, verdicts, pending);
        verdicts.AddRange(KeyCheck.Check(root));
        var bySubject = records.ToLookup(r => r.Subject, StringComparer.Ordinal);
        foreach (var subject in Subjects(options, bySubject))
        {
            CheckSubject(options, subject, [.. bySubject[subject]], joins, pending, verdicts);
        }

        DestroyedCheck.CheckRecords(destroyed, records, verdicts);
        if (options is { Template: null, RecordPath: null } && IndexCheck.Check(root, [.. records], pending, destroyed, isWhole: verdicts.Count == 0) is { Count: > 0 } wrong)
        {
            verdicts.Add(new("README.md", VerdictKind.Index, null, wrong));
        }

        verdicts.AddRange(records.Select(r => new RecordVerdict(r.Path, VerdictKind.Record, r.Signer, r.Findings) { Fingerprint = r.Fingerprint }));
        return verdicts;
    }

    private static SignersList Signers(VerifyOptions options, List<RecordVerdict> verdicts)
    {
        if (options.AllowedSigners is { } named)
        {
            return Named(named);
        }

        var path = options.Root.AllowedSigners;
        Finding wrong;
        try
        {
            if (!SafeFile.IsLink(path))
            {
                return SignersList.Load(path, Purpose);
            }

            wrong = new(FindingName.LinkNotAllowed, null, "a link is not followed: no signature counts");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            wrong = new(FindingName.Unreadable, null, $"{e.Message.TrimEnd('.')}: no signature counts");
        }

        // In its place, a link has been found already where the whole folder was looked at.
        var name = Path.GetFileName(path);
        verdicts.RemoveAll(v => v.Path == name);
        verdicts.Add(new(name, VerdictKind.Place, null, [wrong]));
        return SignersList.Nobody;
    }

    /// <summary>The file that the user named. It did not come with the records, and may be a link.</summary>
    private static SignersList Named(string path)
    {
        try
        {
            return SignersList.Load(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, Purpose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, $"The allowed signers {path} cannot be read", e.Message, cause: e);
        }
    }

    /// <summary>Also those of which no record is left: what was joined or is pointed at is missed.</summary>
    private static SortedSet<string> Subjects(VerifyOptions options, ILookup<string, CheckedRecord> records)
    {
        var subjects = new SortedSet<string>(records.Select(r => r.Key), StringComparer.Ordinal);
        var builds = Path.Combine(options.Root.Path, "builds");
        if (options.Template is { } template)
        {
            subjects.Add($"builds/{template}");
        }
        else if (options.RecordPath is null && Directory.Exists(builds) && !SafeFile.IsLink(builds))
        {
            subjects.UnionWith(Folders(builds).Where(f => !SafeFile.IsLink(f)).Select(f => $"builds/{Path.GetFileName(f)}"));
            subjects.Add("init");
        }

        return subjects;
    }

    /// <summary>Where it cannot be read, none: that is a finding already.</summary>
    private static string[] Folders(string path)
    {
        try
        {
            return Directory.GetDirectories(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void CheckSubject(
        VerifyOptions options, string subject, IReadOnlyList<CheckedRecord> records, Joins joins, PendingPublications pending, List<RecordVerdict> verdicts)
    {
        if (options.RecordPath is not null)
        {
            CheckLinksAlone(records[0]);
            return;
        }

        ChainCheck.Check(records, joins);
        joins.CheckPresence(subject, records, verdicts);
        if (subject != "init" && LatestCheck.Check(Path.Combine([options.Root.Path, .. subject.Split('/')]), records, pending.Of(subject)) is { } wrong)
        {
            verdicts.Add(new($"{subject}/latest", VerdictKind.Latest, null, [wrong]));
        }
    }

    private static void CheckLinksAlone(CheckedRecord record)
    {
        foreach (var link in ChainCheck.Before(record))
        {
            var folder = Path.Combine(Path.GetDirectoryName(record.Folder)!, link.Record);
            var before = new Dictionary<string, CheckedRecord>(StringComparer.Ordinal);
            if (Directory.Exists(folder))
            {
                before[link.Record] = new(folder, link.Record, record.Subject) { SumsSha256 = SumsSha256(folder) };
            }

            ChainCheck.CheckLink(record, link, before);
        }
    }

    private static string? SumsSha256(string folder)
    {
        try
        {
            var content = SafeFile.IsLink(folder) ? null : SafeFile.Read(Path.Combine(folder, "SHA256SUMS"), ChecksumList.MaxBytes);
            return content is null ? null : Convert.ToHexStringLower(SHA256.HashData(content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
