using System.Text.Json;
using System.Text.Unicode;

namespace Records.Verification;

/// <summary>What verification needs of a <c>run.json</c> that satisfies the schema.</summary>
internal sealed class RunFacts : IDisposable
{
    public const int MaxBytes = 8 * 1024 * 1024;
    private const int MaxDepth = 16;
    private readonly JsonDocument document;

    private RunFacts(JsonDocument document) => this.document = document;

    public JsonElement Root => document.RootElement;

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

    /// <summary>Reads and checks; null with the reasons when it is not a right <c>run.json</c>.</summary>
    public static RunFacts? Parse(byte[] content, SchemaCheck schema, out IReadOnlyList<string> errors)
    {
        if (!Utf8.IsValid(content))
        {
            errors = ["it is not valid UTF-8"];
            return null;
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            errors = schema.Errors(document.RootElement);
            if (errors.Count == 0)
            {
                return new(document);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            errors = [$"it is not valid JSON: {e.Message}"];
        }

        document?.Dispose();
        return null;
    }

    public void Dispose() => document.Dispose();
}
