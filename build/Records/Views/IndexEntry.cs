using Newtonsoft.Json;
using Records.Model;

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

    public int? Vmid { get; init; }

    public string? Node { get; init; }

    public string? OsType { get; init; }

    public string? Packer { get; init; }

    public string? Test { get; init; }

    public string? Iso { get; init; }

    public string? TokenId { get; init; }

    /// <summary>The facts that the index shows.</summary>
    public static IndexEntry Of(RunRecord run, string fingerprint, string sumsSha256, string signer) => new()
    {
        Fingerprint = fingerprint,
        SumsSha256 = sumsSha256,
        LogSha256 = run.LogSha256!,
        Signer = signer,
        PreviousRecord = run.Previous?.Record,
        PreviousSha256 = run.Previous?.Sha256,
        Vmid = run.Vmid,
        Node = run.Node,
        OsType = run.VmFacts?.OsType,
        Packer = run.Packer?.Version,
        Test = run.ValidationTest?.Status,
        Iso = run.Iso?.File,
        TokenId = run.TokenId,
    };
}

/// <summary>The entries of the last regeneration, in <c>.state/</c>; losing them costs only time.</summary>
internal static class IndexCache
{
    private const int Version = 1;

    public static Dictionary<string, IndexEntry> Load(RecordRoot root)
    {
        try
        {
            var path = PathOf(root);
            var kept = File.Exists(path) ? JsonConvert.DeserializeObject<Kept>(File.ReadAllText(path)) : null;
            return kept is { Version: Version, Entries: not null }
                ? kept.Entries.Where(e => e.Value is not null).ToDictionary(StringComparer.Ordinal)
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
