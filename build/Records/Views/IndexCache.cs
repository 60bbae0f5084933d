using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foundation;
using Records.Model;
using Records.Verification;

namespace Records.Views;

/// <summary>The entries of the last regeneration, in <c>.state/</c>; losing them costs only time.</summary>
internal static partial class IndexCache
{
    private const int Version = 4;
    private const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>The entries by the records' names; none where nothing usable was kept.</summary>
    public static Dictionary<string, IndexEntry> Load(RecordRoot root)
    {
        try
        {
            var path = PathOf(root);
            var content = File.Exists(path) ? SafeFile.Read(path, MaxBytes) : null;
            var kept = content is null ? null : JsonSerializer.Deserialize(content, Format.Default.Kept);
            return kept is { Version: Version } ? kept.Entries.Where(e => e.Value is not null).ToDictionary(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    public static void Save(RecordRoot root, Dictionary<string, IndexEntry> entries) =>
        AtomicFile.Write(PathOf(root), JsonSerializer.Serialize(new Kept(Version, entries), Format.Default.Kept));

    public static void RemoveUnfinished(RecordRoot root) => FileSystemCalls.RemoveUnfinished(PathOf(root));

    /// <summary>Changes when a file of the record is added, removed, or written. Null when the folder cannot be read.</summary>
    public static string? Fingerprint(string folder, string signersSha256)
    {
        try
        {
            var text = new StringBuilder(signersSha256);
            foreach (var file in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                var length = file is FileInfo plain ? plain.Length : -1;
                text.Append(CultureInfo.InvariantCulture, $"|{file.Name}:{length}:{file.LastWriteTimeUtc.Ticks}:{(int)file.Attributes}");
            }

            return Convert.ToHexStringLower(SHA256.HashData(RunRecordJson.Bytes(text.ToString())));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string PathOf(RecordRoot root) => Path.Combine(root.State, "index.json");

    private sealed record Kept(int Version, Dictionary<string, IndexEntry> Entries);

    // Generated when this is compiled: the first use of a serializer that looks at the types costs as much as everything else here.
    [JsonSerializable(typeof(Kept))]
    [JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    private sealed partial class Format : JsonSerializerContext;
}
