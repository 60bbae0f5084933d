using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Records.Verification;

/// <summary>
/// Whether the provenance is an in-toto statement with SLSA provenance, with the fields that their definitions
/// require, and says what <c>run.json</c> says.
/// </summary>
internal static class ProvenanceCheck
{
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>The unsigned statement that records of version 1 have.</summary>
    public const string FileOfVersion1 = "provenance.intoto.json";

    private const string Builders = "https://packer-build-records.invalid/builders/";

    /// <summary>What is wrong; null when nothing is.</summary>
    /// <param name="content">The statement.</param>
    /// <param name="run">What <c>run.json</c> says.</param>
    /// <param name="files">The SHA-256 of each file of the record that is a subject as well; null for a record of version 1, whose only subject is the template.</param>
    public static string? Error(byte[] content, RunFacts run, IReadOnlyDictionary<string, string>? files = null)
    {
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false });
            return Check(document.RootElement, run, files);
        }
        catch (JsonException e)
        {
            return $"it is not valid JSON: {e.Message}";
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return "it lacks a field that in-toto Statement v1 or SLSA Provenance v1 requires";
        }
    }

    private static string? Check(JsonElement statement, RunFacts run, IReadOnlyDictionary<string, string>? files)
    {
        if (statement.GetProperty("_type").GetString() != "https://in-toto.io/Statement/v1"
            || statement.GetProperty("predicateType").GetString() != "https://slsa.dev/provenance/v1")
        {
            return "it is not an in-toto Statement v1 with SLSA Provenance v1";
        }

        var predicate = statement.GetProperty("predicate");
        var definition = predicate.GetProperty("buildDefinition");
        var details = predicate.GetProperty("runDetails");
        var parameters = definition.GetProperty("externalParameters");
        if (!Uri.IsWellFormedUriString(definition.GetProperty("buildType").GetString(), UriKind.Absolute)
            || !Uri.IsWellFormedUriString(details.GetProperty("builder").GetProperty("id").GetString(), UriKind.Absolute))
        {
            return "buildType and builder.id must be URIs";
        }

        var subjects = statement.GetProperty("subject");
        if (subjects.GetArrayLength() != 1 + (files?.Count ?? 0) || Sha256(subjects[0]) != SubjectDigest(run))
        {
            return files is null ? "its subject is not the template that run.json describes" : "its subjects are not the template that run.json describes and the files of this record";
        }

        if (files is not null && subjects.EnumerateArray().Skip(1).Select(s => Text(s, "name")).Distinct().Count() != files.Count)
        {
            return "it names a file twice";
        }

        if (subjects.EnumerateArray().Skip(1).FirstOrDefault(s => !(Text(s, "name") is { } name && files!.GetValueOrDefault(name) == Sha256(s))) is { ValueKind: JsonValueKind.Object } other)
        {
            return $"its subject {Text(other, "name")} is not that file of this record";
        }

        if (parameters.GetProperty("environment").GetString() != run.Environment
            || (run.Template is not null && parameters.GetProperty("template").GetString() != run.Template))
        {
            return "its external parameters name another template or environment";
        }

        var byproduct = details.GetProperty("byproducts")[0];
        if (Sha256(byproduct) != run.LogSha256)
        {
            return "its byproduct is not the log that run.json describes";
        }

        var metadata = details.GetProperty("metadata");
        if (Text(metadata, "invocationId") != (run.Field("invocation.url") is { ValueKind: JsonValueKind.String } address ? address : run.Root.GetProperty("chain_id")).GetString()
            || Text(metadata, "startedOn") != run.Root.GetProperty("started_utc").GetString()
            || Text(metadata, "finishedOn") != run.Root.GetProperty("finished_utc").GetString())
        {
            return "it describes another run";
        }

        if (run.Version > 1 && details.GetProperty("builder").GetProperty("id").GetString() != (Builder(run) ?? $"{Builders}{run.Environment}"))
        {
            return "its builder is not the one of run.json";
        }

        var inside = definition.GetProperty("internalParameters");
        foreach (var field in (string[])["proxmox", "packer", .. run.Version > 1 ? ["chain_id", "host", "invocation", "provisioning"] : Array.Empty<string>()])
        {
            if (!JsonElement.DeepEquals(inside.GetProperty(field), run.Root.GetProperty(field)))
            {
                return $"its internal parameter {field} is not the one of run.json";
            }
        }

        var annotations = subjects[0].GetProperty("annotations");
        foreach (var field in (string[])["node", "vmid"])
        {
            if (!JsonElement.DeepEquals(annotations.GetProperty(field), run.Root.GetProperty(field)))
            {
                return $"its subject has another {field} than run.json";
            }
        }

        var dependencies = definition.GetProperty("resolvedDependencies");
        if (run.Field("source.commit")?.GetString() is { } commit
            && !dependencies.EnumerateArray().Any(d => d.TryGetProperty("digest", out var digest) && Text(digest, "gitCommit") == commit))
        {
            return $"the commit {commit} is not among its dependencies";
        }

        if (run.Field("iso.sha256")?.GetString() is { } medium
            && !dependencies.EnumerateArray().Any(d => Sha256(d) == medium && Text(d, "uri") == run.Field("iso.url")?.GetString()))
        {
            return "its installation medium is not the one of run.json";
        }

        var resolved = dependencies.EnumerateArray().Select(Sha256).ToHashSet();
        var missing = Inputs(run).FirstOrDefault(sha => !resolved.Contains(sha));
        return missing is null ? null : $"the input with the SHA-256 {missing} is not among its dependencies";
    }

    private static string? Builder(RunFacts run) => run.Field("invocation.builder") is { ValueKind: JsonValueKind.String } builder ? builder.GetString() : null;

    private static IEnumerable<string> Inputs(RunFacts run) => run.Files("inputs").Concat(run.Files("rendered_assets")).Select(f => f.Sha256)
        .Concat(run.Field("media") is { ValueKind: JsonValueKind.Array } media ? media.EnumerateArray().Select(m => m.GetProperty("sha256").GetString()).OfType<string>() : [])
        .Concat(((string[])["packer.sha256", "packer.plugin_sha256"]).Select(f => run.Field(f)?.GetString()).OfType<string>());

    private static string SubjectDigest(RunFacts run)
    {
        var text = $$"""{"node":{{Compact("node")}},"vmid":{{Compact("vmid")}},"vm_facts":{{Compact("vm_facts")}}}""";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

        string Compact(string field) => WithoutBlanks(run.Root.GetProperty(field).GetRawText());
    }

    private static string WithoutBlanks(string json)
    {
        var text = new StringBuilder(json.Length);
        var quoted = false;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (quoted && c == '\\')
            {
                text.Append(c).Append(json[++i]);
                continue;
            }

            quoted ^= c == '"';
            if (quoted || !char.IsWhiteSpace(c))
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    private static string? Sha256(JsonElement descriptor) =>
        descriptor.TryGetProperty("digest", out var digest) && digest.TryGetProperty("sha256", out var sha) ? sha.GetString() : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
