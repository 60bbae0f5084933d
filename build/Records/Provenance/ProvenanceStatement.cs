using System.Globalization;
using System.Security.Cryptography;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Model;

namespace Records.Provenance;

/// <summary>
/// The statement in a record's envelope: an in-toto Statement v1 with a SLSA Provenance v1 predicate
/// (https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1). It says nothing that <c>run.json</c> does not.
/// </summary>
internal static class ProvenanceStatement
{
    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string PredicateType = "https://slsa.dev/provenance/v1";
    private const string BuildTypeBase = "https://packer-build-records.invalid/build-types/";
    private const string BuilderId = "https://packer-build-records.invalid/builders/";

    /// <summary>The statement's text.</summary>
    /// <param name="record">What <c>run.json</c> says.</param>
    /// <param name="files">The SHA-256 of each file of the record that is there before the envelope, by its name.</param>
    public static string Render(RunRecord record, IReadOnlyDictionary<string, string> files)
    {
        var statement = new JObject
        {
            ["_type"] = StatementType,
            ["subject"] = new JArray(files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => Descriptor(f.Key, null, f.Value)).Prepend(Built(record))),
            ["predicateType"] = PredicateType,
            ["predicate"] = new JObject
            {
                ["buildDefinition"] = new JObject
                {
                    ["buildType"] = $"{BuildTypeBase}{(record.Type == RecordType.Init ? "init" : "proxmox-template")}/v2",
                    ["externalParameters"] = ExternalParameters(record),
                    ["internalParameters"] = InternalParameters(record),
                    ["resolvedDependencies"] = new JArray(Dependencies(record)),
                },
                ["runDetails"] = RunDetails(record),
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
    private static JObject Built(RunRecord record)
    {
        var facts = new JObject
        {
            ["node"] = record.Node,
            ["vmid"] = record.Vmid,
            ["vm_facts"] = Facts(record.VmFacts),
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

    private static JObject ExternalParameters(RunRecord record)
    {
        var parameters = new JObject { ["environment"] = record.Environment };
        if (record.Template is not null)
        {
            parameters["template"] = record.Template;
        }

        if (record.Parameters is { Count: > 0 } given)
        {
            var options = new JObject();
            foreach (var parameter in given)
            {
                options[parameter.Name] = parameter.Value;
            }

            parameters["options"] = options;
        }

        if (record.Allowed is { Count: > 0 } allowed)
        {
            parameters["allowed"] = new JArray(allowed);
        }

        return parameters;
    }

    private static JObject InternalParameters(RunRecord record) => new()
    {
        ["chain_id"] = record.ChainId,
        ["host"] = record.Host,
        ["invocation"] = Facts(record.Invocation),
        ["proxmox"] = Facts(record.Proxmox),
        ["packer"] = Facts(record.Packer),
        ["provisioning"] = record.Provisioning is null ? JValue.CreateNull() : JArray.FromObject(record.Provisioning),
    };

    private static JToken Facts(object? facts) => facts is null ? JValue.CreateNull() : JObject.FromObject(facts);

    private static IEnumerable<JObject> Dependencies(RunRecord record)
    {
        if (record.Iso is { Sha256: { } iso })
        {
            yield return Descriptor(record.Iso.File, record.Iso.Url, iso);
        }

        foreach (var medium in record.Media ?? [])
        {
            if (medium.Sha256 is not null)
            {
                yield return Descriptor(medium.Volume, null, medium.Sha256, new JObject { ["attached_as"] = medium.Device });
            }
        }

        foreach (var file in record.Inputs ?? [])
        {
            yield return Descriptor(file.Path, null, file.Sha256, file.Source is null ? null : new JObject { ["source"] = file.Source });
        }

        foreach (var file in record.RenderedAssets ?? [])
        {
            yield return Descriptor(file.Path, null, file.Sha256);
        }

        if (record.Packer?.Sha256 is { } packer)
        {
            yield return Descriptor("packer", null, packer, new JObject { ["version"] = record.Packer.Version });
        }

        if (record.Packer?.PluginSha256 is { } plugin)
        {
            yield return Descriptor("packer-plugin-proxmox", null, plugin, new JObject { ["version"] = record.Packer.PluginVersion });
        }

        if (record.Source?.Commit is { } commit)
        {
            yield return new JObject
            {
                ["name"] = "source",
                ["uri"] = record.Source.Repository is null ? $"git+commit:{commit}" : $"git+{record.Source.Repository}@{commit}",
                ["digest"] = new JObject { ["gitCommit"] = commit },
                ["annotations"] = new JObject { ["dirty"] = record.Source.Dirty },
            };
        }
    }

    private static JObject RunDetails(RunRecord record)
    {
        var builder = new JObject { ["id"] = record.Invocation?.Builder ?? $"{BuilderId}{record.Environment}" };
        var versions = new JObject();
        Add(versions, "packer-build-records", record.ProgramVersion);
        Add(versions, "packer", record.Packer?.Version);
        Add(versions, "packer-plugin-proxmox", record.Packer?.PluginVersion);
        Add(versions, "proxmox-ve", record.Proxmox?.Version);
        builder["version"] = versions;
        var metadata = new JObject();
        Add(metadata, "invocationId", record.Invocation?.Url ?? record.ChainId);
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
