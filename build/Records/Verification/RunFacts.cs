using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Foundation;

namespace Records.Verification;

/// <summary>What verification needs of a <c>run.json</c> that satisfies the schema.</summary>
internal sealed class RunFacts : IDisposable
{
    public const int MaxBytes = 8 * 1024 * 1024;
    private const int MaxDepth = 16;
    private readonly JsonDocument document;

    private RunFacts(JsonDocument document) => this.document = document;

    public JsonElement Root => document.RootElement;

    /// <summary>The version of the format.</summary>
    public int Version => Root.GetProperty("schema_version").GetInt32();

    public string Timestamp => Root.GetProperty("timestamp_utc").GetString()!;

    public string Environment => Root.GetProperty("environment").GetString()!;

    public string? Template => Root.GetProperty("template").GetString();

    public long? Vmid => Root.GetProperty("vmid") is { ValueKind: JsonValueKind.Number } vmid ? vmid.GetInt64() : null;

    public string LogFile => Root.GetProperty("log_file").GetString()!;

    public string LogSha256 => Root.GetProperty("log_sha256").GetString()!;

    public long LogBytes => Root.GetProperty("log_bytes").GetInt64();

    public string SignerName => Root.GetProperty("signer").GetProperty("name").GetString()!;

    public string SignerFingerprint => Root.GetProperty("signer").GetProperty("fingerprint").GetString()!;

    /// <summary>The subject that the record says it belongs to: <c>builds/rocky-9</c> or <c>init</c>.</summary>
    public string Subject => Template is null ? "init" : $"builds/{Template}";

    public (string Record, string Sha256)? Previous => Root.GetProperty("previous") is { ValueKind: JsonValueKind.Object } previous
        ? (previous.GetProperty("record").GetString()!, previous.GetProperty("sha256").GetString()!)
        : null;

    /// <summary>The facts that the index shows.</summary>
    /// <param name="shared">The one string for all records that say the same.</param>
    public IndexFacts ForIndex(Func<string, string> shared)
    {
        return new()
        {
            Vmid = Vmid,
            Node = Of("node"),
            OsType = Of("vm_facts.os_type"),
            Packer = Of("packer.version"),
            Test = Of("validation_test.status"),
            Iso = Of("iso.file"),
            TokenId = Of("token_id"),
            ChainId = Word("chain_id"),
        };

        string? Of(string path) => Word(path) is { } word ? shared(word) : null;
    }

    /// <summary>A field by its path, such as <c>iso.sha256</c>; null where it, or what it lies in, is null or not there.</summary>
    public JsonElement? Field(string path)
    {
        var element = Root;
        foreach (var name in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }

    /// <summary>A list of files with their hashes; empty where it is null.</summary>
    public IEnumerable<(string Path, string Sha256, string? Source)> Files(string field) => Field(field) is { ValueKind: JsonValueKind.Array } files
        ? files.EnumerateArray().Select(f => (f.GetProperty("path").GetString()!, f.GetProperty("sha256").GetString()!, f.TryGetProperty("source", out var source) ? source.GetString() : null))
        : [];

    /// <summary>The other ends of the branches that were joined before this record.</summary>
    public IReadOnlyList<(string Record, string Sha256)> Joined => Field("joined") is { ValueKind: JsonValueKind.Array } ends
        ? [.. ends.EnumerateArray().Select(e => (e.GetProperty("record").GetString()!, e.GetProperty("sha256").GetString()!))]
        : [];

    /// <summary>The files of the record that it tells of, beside itself and the README.</summary>
    public IEnumerable<string> OtherFiles
    {
        get
        {
            if (Version == 1)
            {
                return [LogFile, ProvenanceCheck.FileOfVersion1];
            }

            var named = ((string?[])[LogFile, Word("build_log"), Word("attestation.envelope"), Word("attestation.bundle")]).OfType<string>();
            return named.Concat(Unattended.Select(u => u.File));
        }
    }

    /// <summary>The unattended files: the name in the record, and the SHA-256 of the file that lies there.</summary>
    public IEnumerable<(string File, string Sha256)> Unattended => Field("unattended") is { ValueKind: JsonValueKind.Array } files
        ? files.EnumerateArray().Select(f => (f.GetProperty("file").GetString()!, f.GetProperty("sha256").GetString()!))
        : [];

    /// <summary>Reads and checks; null with the reasons when it is not a right <c>run.json</c>.</summary>
    /// <param name="content">The file.</param>
    /// <param name="schemas">The schemas.</param>
    /// <param name="errors">What is wrong.</param>
    /// <param name="unknown">The version of the format, when it is one that this program does not know; then nothing else is judged.</param>
    public static RunFacts? Parse(byte[] content, RunSchemas schemas, out IReadOnlyList<string> errors, out string? unknown)
    {
        unknown = null;
        if (!Utf8.IsValid(content))
        {
            errors = ["it is not valid UTF-8"];
            return null;
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            var version = document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("schema_version", out var stated) ? stated : default;
            var schema = version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) ? schemas.Of(number) : null;
            if (schema is null && version.ValueKind == JsonValueKind.Number)
            {
                unknown = version.GetRawText();
            }

            errors = (schema ?? schemas.Of(2)!).Errors(document.RootElement);
            if (unknown is null && errors.Count == 0)
            {
                RequireText(document.RootElement);
                var facts = new RunFacts(document);
                errors = [.. facts.ImpossibleMoments()];
                if (errors.Count == 0)
                {
                    return facts;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            errors = [$"it is not valid JSON: {e.Message}"];
        }

        document?.Dispose();
        return null;
    }

    /// <summary>JSON can escape half a surrogate, which is no text: whoever reads that field later would fail there.</summary>
    /// <exception cref="InvalidOperationException">There is such a string.</exception>
    private static void RequireText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    RequireText(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    RequireText(member.Value);
                }

                break;
        }
    }

    // A pattern cannot tell that there is no 30th of February.
    private IEnumerable<string> ImpossibleMoments()
    {
        var names = Joined.Select(e => ("joined", e.Record)).Append(("timestamp_utc", Timestamp)).Concat(Previous is { } p ? [("previous.record", p.Record)] : []);
        var moments = ((string[])["started_utc", "finished_utc"]).Select(f => (f, Word(f)));
        return names.Where(n => !UtcStamp.TryParse(n.Item2, out _))
            .Concat(moments.Where(m => m.Item2 is { } text && !DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                .Select(m => (m.f, m.Item2!)))
            .Select(m => $"run.{m.Item1} is '{m.Item2}', and there is no such moment");
    }

    private string? Word(string path) => Field(path) is { ValueKind: JsonValueKind.String } field ? field.GetString() : null;

    public void Dispose() => document.Dispose();
}

/// <summary>What the index shows of a record beside its place, its signer and its log's hash; null where it is not recorded.</summary>
internal sealed record IndexFacts
{
    public long? Vmid { get; init; }

    public string? Node { get; init; }

    public string? OsType { get; init; }

    public string? Packer { get; init; }

    public string? Test { get; init; }

    public string? Iso { get; init; }

    public string? TokenId { get; init; }

    /// <summary>By which a statement of what was destroyed names the build.</summary>
    public string? ChainId { get; init; }
}
