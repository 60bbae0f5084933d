using System.Text.Json;
using Foundation;

namespace Records.Verification;

/// <summary>
/// The statements under <c>joins/</c>: each is signed and names the records of one subject that were the ends of
/// branches when these were merged, so that an inserted record differs from a merged one.
/// </summary>
internal static class JoinCheck
{
    private const int MaxBytes = 64 * 1024;
    private const string Purpose = "packer-build-record";
    private const string OnlyStatements = "only statements that join branches have their place here";
    private const string NotSigned = "it has no signature of an allowed signer";

    public static Joins Load(RecordRoot root, SignersList signers, List<RecordVerdict> verdicts)
    {
        var joins = new Joins();
        var folder = Path.Combine(root.Path, "joins");
        if (SafeFile.IsLink(folder))
        {
            verdicts.Add(Place("joins", FindingName.LinkNotAllowed, "it must be a folder"));
        }
        else if (File.Exists(folder))
        {
            verdicts.Add(Place("joins", FindingName.UnexpectedFile, "it must be a folder"));
        }
        else if (Directory.Exists(folder))
        {
            foreach (var entry in Entries(folder, verdicts).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                if (Wrong(entry, signers, joins) is { } wrong)
                {
                    verdicts.Add(wrong);
                }
            }
        }

        return joins;
    }

    private static FileSystemInfo[] Entries(string folder, List<RecordVerdict> verdicts)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            verdicts.Add(Place("joins", FindingName.Unreadable, e.Message));
            return [];
        }
    }

    private static RecordVerdict? Wrong(FileSystemInfo entry, SignersList signers, Joins joins)
    {
        var path = $"joins/{entry.Name}";
        if (SafeFile.IsLink(entry))
        {
            return Place(path, FindingName.LinkNotAllowed, "a link is not followed");
        }

        if (entry is DirectoryInfo)
        {
            return Place(path, FindingName.UnexpectedFolder, OnlyStatements);
        }

        if (entry.Name.EndsWith(".json", StringComparison.Ordinal))
        {
            return Error(entry.FullName, signers, joins) is { } error ? Verdict(entry.Name, error) : null;
        }

        // A run that dies while it writes a statement leaves its signature alone, or a file that was not yet renamed.
        var isOurs = entry.Name.EndsWith(".json.sig", StringComparison.Ordinal) || (entry.Name[0] == '.' && entry.Name.EndsWith(".tmp", StringComparison.Ordinal));
        return isOurs ? null : Place(path, FindingName.UnexpectedFile, OnlyStatements);
    }

    private static RecordVerdict Place(string path, string finding, string message) => new(path, VerdictKind.Place, null, [new(finding, null, message)]);

    internal static RecordVerdict Verdict(string file, string error) =>
        new($"joins/{file}", VerdictKind.Place, null, [new(FindingName.JoinInvalid, null, error)]);

    private static string? Error(string path, SignersList signers, Joins joins)
    {
        try
        {
            var content = SafeFile.Read(path, MaxBytes);
            var signature = File.Exists(path + ".sig") ? SafeFile.Read(path + ".sig", SignatureCheck.MaxBytes) : null;
            var key = content is null || signature is null ? null : SignatureCheck.Signer(signature, content, Purpose);
            if (key is null || signers.NamesOf(key, at: null).Count == 0)
            {
                return NotSigned;
            }

            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 8 });
            var subject = document.RootElement.GetProperty("subject").GetString()!;
            var ends = document.RootElement.GetProperty("ends");
            if (ends.GetArrayLength() < 2)
            {
                // One end alone would excuse a record that was inserted.
                return "it joins nothing: it has fewer than two ends";
            }

            var named = ends.EnumerateArray().Select(e => (Record: e.GetProperty("record").GetString()!, Sha256: e.GetProperty("sha256").GetString()!)).ToList();
            if (named.FirstOrDefault(e => !UtcStamp.TryParse(e.Record, out _)).Record is { } nameless)
            {
                return $"it joins '{nameless}', which is no name of a record";
            }

            // A statement has no time of its own; its key must have counted when the newest of its ends was sealed.
            var newest = named.Select(e => UtcStamp.TryParse(e.Record, out var stamp) ? stamp.Moment : DateTimeOffset.MinValue).Max();
            if (signers.NamesOf(key, newest).Count == 0)
            {
                return NotSigned;
            }

            foreach (var (record, sha256) in named)
            {
                joins.Add(subject, record, sha256, Path.GetFileName(path));
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentNullException)
        {
            return "it is not a join statement";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

/// <summary>The ends of branches that were joined.</summary>
internal sealed class Joins
{
    private readonly List<(string Subject, string Record, string Sha256, string File)> ends = [];

    public void Add(string subject, string record, string sha256, string file) => ends.Add((subject, record, sha256, file));

    /// <summary>The ends that statements join with a record, which is one of their ends.</summary>
    public IReadOnlyList<(string Record, string Sha256)> With(string subject, string sha256)
    {
        var files = ends.Where(e => e.Subject == subject && e.Sha256 == sha256).Select(e => e.File).ToHashSet(StringComparer.Ordinal);
        return [.. ends.Where(e => files.Contains(e.File) && e.Sha256 != sha256).Select(e => (e.Record, e.Sha256)).Distinct().OrderBy(e => e.Record, StringComparer.Ordinal)];
    }

    /// <summary>Each record that was joined must still be there as it was.</summary>
    public void CheckPresence(string subject, IReadOnlyList<CheckedRecord> records, List<RecordVerdict> verdicts)
    {
        foreach (var end in ends.Where(e => e.Subject == subject))
        {
            if (!records.Any(r => r.Name == end.Record && r.SumsSha256 == end.Sha256))
            {
                verdicts.Add(JoinCheck.Verdict(end.File, $"the record {end.Subject}/{end.Record} that it joins is gone or changed"));
            }
        }
    }
}
