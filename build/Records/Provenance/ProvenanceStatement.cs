using System.Globalization;
using System.Security.Cryptography;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Model;

namespace Records.Provenance;

/// <summary>What the provenance tells beyond <c>run.json</c>. What is not known stays out of the statement.</summary>
public sealed record ProvenanceDetails
{
    /// <summary>The SHA-256 of the Packer executable.</summary>
    public string? PackerSha256 { get; init; }

    /// <summary>The SHA-256 of the Proxmox plugin's executable.</summary>
    public string? PluginSha256 { get; init; }

    /// <summary>Where the repository is, such as its origin's URL without credentials.</summary>
    public string? RepositoryUrl { get; init; }

    /// <summary>What the operator chose: variables and options of the command line. No secrets.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>Further media that were attached: name on the storage, URL and SHA-256.</summary>
    public IReadOnlyList<IsoFacts>? AdditionalIsos { get; init; }

    /// <summary>This program's version.</summary>
    public string? ProgramVersion { get; init; }
}

/// <summary>
/// <c>provenance.intoto.json</c>: an in-toto Statement v1 with a SLSA Provenance v1 predicate
/// (https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1).
/// </summary>
internal static class ProvenanceStatement
{
    public const string StatementType = "https://in-toto.io/Statement/v1";
    public const string PredicateType = "https://slsa.dev/provenance/v1";
    private const string BuildTypeBase = "https://packer-build-records.invalid/build-types/";
    private const string BuilderId = "https://packer-build-records.invalid/builders/";

    public static string Render(RunRecord record, ProvenanceDetails details)
    {
        var statement = new JObject
        {
            ["_type"] = StatementType,
            ["subject"] = new JArray(Subject(record)),
            ["predicateType"] = PredicateType,
            ["predicate"] = new JObject
            {
                ["buildDefinition"] = new JObject
                {
                    ["buildType"] = $"{BuildTypeBase}{(record.Type == RecordType.Init ? "init" : "proxmox-template")}/v1",
                    ["externalParameters"] = ExternalParameters(record, details),
                    ["internalParameters"] = InternalParameters(record),
                    ["resolvedDependencies"] = new JArray(Dependencies(record, details)),
                },
                ["runDetails"] = RunDetails(record, details),
            },
        };
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var json = new JsonTextWriter(text) { Formatting = Formatting.Indented, CloseOutput = false })
        {
            statement.WriteTo(json);
        }

        text.Write('\n');
        return text.ToString();
    }

    /// <summary>
    /// A template lies on the cluster and has no file to hash; its digest is that of the facts that the API reads
    /// back (<c>vm_facts</c> with node and VMID, as JSON without blanks), which a reviewer can ask for again.
    /// </summary>
    private static JObject Subject(RunRecord record)
    {
        var facts = new JObject
        {
            ["node"] = record.Node,
            ["vmid"] = record.Vmid,
            ["vm_facts"] = record.VmFacts is null ? JValue.CreateNull() : JObject.FromObject(record.VmFacts),
        };
        var digest = Convert.ToHexStringLower(SHA256.HashData(RunRecordJson.Bytes(facts.ToString(Formatting.None))));
        var name = record.Type == RecordType.Init ? "init" : $"template/{record.Template}";
        return Descriptor(name, record.Type == RecordType.Init ? null : ClusterUri(record), digest, new JObject
        {
            ["cluster"] = record.Proxmox?.Url,
            ["node"] = record.Node,
            ["vmid"] = record.Vmid,
            ["vm_name"] = record.VmFacts?.Name,
            ["digest_of"] = "node, vmid and vm_facts of run.json as JSON without blanks",
        });
    }

    private static string? ClusterUri(RunRecord record) =>
        record is { Vmid: { } vmid, Node: { } node } && Uri.TryCreate(record.Proxmox?.Url, UriKind.Absolute, out var url)
            ? $"{url.GetLeftPart(UriPartial.Authority)}/api2/json/nodes/{Uri.EscapeDataString(node)}/qemu/{vmid}"
            : null;

    private static JObject ExternalParameters(RunRecord record, ProvenanceDetails details)
    {
        var parameters = new JObject { ["environment"] = record.Environment };
        if (record.Template is not null)
        {
            parameters["template"] = record.Template;
        }

        if (details.Parameters is { Count: > 0 } chosen)
        {
            parameters["options"] = new JObject(
                chosen.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new JProperty(p.Key, p.Value)));
        }

        return parameters;
    }

    private static JObject InternalParameters(RunRecord record) => new()
    {
        ["proxmox"] = record.Proxmox is null ? JValue.CreateNull() : JObject.FromObject(record.Proxmox),
        ["packer"] = record.Packer is null ? JValue.CreateNull() : JObject.FromObject(record.Packer),
    };

    private static IEnumerable<JObject> Dependencies(RunRecord record, ProvenanceDetails details)
    {
        foreach (var iso in new[] { record.Iso }.Concat(details.AdditionalIsos ?? []))
        {
            if (iso?.Sha256 is not null)
            {
                yield return Descriptor(iso.File, iso.Url, iso.Sha256);
            }
        }

        foreach (var file in (record.Inputs ?? []).Concat(record.RenderedAssets ?? []))
        {
            yield return Descriptor(file.Path, null, file.Sha256);
        }

        if (details.PackerSha256 is not null)
        {
            yield return Descriptor("packer", null, details.PackerSha256, new JObject { ["version"] = record.Packer?.Version });
        }

        if (details.PluginSha256 is not null)
        {
            yield return Descriptor(
                "packer-plugin-proxmox", null, details.PluginSha256, new JObject { ["version"] = record.Packer?.PluginVersion });
        }

        if (record.Source?.Commit is { } commit)
        {
            yield return new JObject
            {
                ["name"] = "source",
                ["uri"] = details.RepositoryUrl is null ? $"git+commit:{commit}" : $"git+{details.RepositoryUrl}@{commit}",
                ["digest"] = new JObject { ["gitCommit"] = commit },
                ["annotations"] = new JObject { ["dirty"] = record.Source.Dirty },
            };
        }
    }

    private static JObject RunDetails(RunRecord record, ProvenanceDetails details)
    {
        var builder = new JObject { ["id"] = $"{BuilderId}{record.Environment}" };
        var versions = new JObject();
        Add(versions, "packer-build-records", details.ProgramVersion);
        Add(versions, "packer", record.Packer?.Version);
        Add(versions, "packer-plugin-proxmox", record.Packer?.PluginVersion);
        Add(versions, "proxmox-ve", record.Proxmox?.Version);
        builder["version"] = versions;
        var metadata = new JObject();
        Add(metadata, "invocationId", record.ChainId);
        Add(metadata, "startedOn", record.StartedUtc is { } started ? UtcSecondConverter.Text(started) : null);
        Add(metadata, "finishedOn", record.FinishedUtc is { } finished ? UtcSecondConverter.Text(finished) : null);
        return new JObject
        {
            ["builder"] = builder,
            ["metadata"] = metadata,
            ["byproducts"] = new JArray(Descriptor(record.LogFile, null, record.LogSha256!)),
        };
    }

    private static JObject Descriptor(string? name, string? uri, string sha256, JObject? annotations = null)
    {
        var descriptor = new JObject();
        Add(descriptor, "name", name);
        Add(descriptor, "uri", uri);
        descriptor["digest"] = new JObject { ["sha256"] = sha256 };
        if (annotations is not null)
        {
            descriptor["annotations"] = annotations;
        }

        return descriptor;
    }

    private static void Add(JObject target, string name, string? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}
