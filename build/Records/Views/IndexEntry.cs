using Foundation;
using Newtonsoft.Json;
using Records.Model;
using Records.Verification;

namespace Records.Views;

/// <summary>
/// What the index needs of one record that verified. Kept on this machine between runs, with a fingerprint of the
/// record's files, so that a new record among thousands costs the reading of that one.
/// </summary>
internal sealed record IndexEntry
{
    public required string Fingerprint { get; init; }

    public required string SumsSha256 { get; init; }

    public required string LogSha256 { get; init; }

    public required string Signer { get; init; }

    public string? PreviousRecord { get; init; }

    public string? PreviousSha256 { get; init; }

    public IReadOnlyList<PreviousRecord> Joined { get; init; } = [];

    public required IndexFacts Facts { get; init; }

    /// <summary>What is kept of a record that verified.</summary>
    public static IndexEntry Of(CheckedRecord record, string fingerprint) => new()
    {
        Fingerprint = fingerprint,
        SumsSha256 = record.SumsSha256!,
        LogSha256 = record.LogSha256!,
        Signer = record.Signer!,
        PreviousRecord = record.Previous?.Record,
        PreviousSha256 = record.Previous?.Sha256,
        Joined = [.. record.Joined.Select(j => new PreviousRecord(j.Record, j.Sha256))],
        Facts = record.ForIndex!,
    };

    /// <summary>The record as it was when it was checked.</summary>
    public CheckedRecord Remembered(string folder, string subject)
    {
        var name = Path.GetFileName(folder);
        return new(folder, name, subject)
        {
            Stamp = UtcStamp.TryParse(name, out var stamp) ? stamp : null,
            Signer = Signer,
            SumsSha256 = SumsSha256,
            LogSha256 = LogSha256,
            IsAuthentic = true,
            Previous = PreviousRecord is null ? null : (PreviousRecord, PreviousSha256!),
            Joined = [.. Joined.Select(j => (j.Record, j.Sha256))],
            ForIndex = Facts,
        };
    }
}

/// <summary>The entries of the last regeneration, in <c>.state/</c>; losing them costs only time.</summary>
internal static class IndexCache
{
    private const int Version = 2;

    public static Dictionary<string, IndexEntry> Load(RecordRoot root)
    {
        try
        {
            var path = PathOf(root);
            var kept = File.Exists(path) ? JsonConvert.DeserializeObject<Kept>(File.ReadAllText(path)) : null;
            return kept is { Version: Version, Entries: not null }
                ? kept.Entries.Where(e => e.Value is { Facts: not null, Joined: not null }).ToDictionary(StringComparer.Ordinal)
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    public static void Save(RecordRoot root, Dictionary<string, IndexEntry> entries) =>
        Foundation.AtomicFile.Write(PathOf(root), JsonConvert.SerializeObject(new Kept(Version, entries)));

    public static void RemoveUnfinished(RecordRoot root) => Sealing.FileSystemCalls.RemoveUnfinished(PathOf(root));

    /// <summary>Changes when a file of the record is added, removed, or written.</summary>
    public static string Fingerprint(string folder, string signersSha256)
    {
        var text = new System.Text.StringBuilder(signersSha256);
        foreach (var file in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            var length = file is FileInfo plain ? plain.Length : -1;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"|{file.Name}:{length}:{file.LastWriteTimeUtc.Ticks}:{(int)file.Attributes}");
        }

        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(RunRecordJson.Bytes(text.ToString())));
    }

    private static string PathOf(RecordRoot root) => Path.Combine(root.State, "index.json");

    private sealed record Kept(int Version, Dictionary<string, IndexEntry>? Entries);
}
