using Newtonsoft.Json.Linq;

namespace Packer.Tests.Hcl;

/// <summary>What source "proxmox-iso" of the plugin takes, from <c>Data/</c>.</summary>
internal static class PluginFacts
{
    private static readonly JObject Facts = JObject.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "packer-plugin-proxmox-1.2.4.json")));

    /// <summary>What validation adds, in words; <see cref="PluginRules"/> has them as code.</summary>
    public static IReadOnlyList<string> Rules { get; } = [.. Facts["rules"]!.Select(r => (string)r!)];

    /// <summary>What is wrong with the names and types of a configuration.</summary>
    public static IEnumerable<string> Misfits(JObject configuration) => Misfits(configuration, (JObject)Facts["attributes"]!, "");

    /// <summary>Whether there is such an attribute (<c>disks.format</c>) or block (<c>disks</c>).</summary>
    public static bool Has(string path, bool isBlock)
    {
        JToken? fact = Facts;
        foreach (var name in path.Split('.'))
        {
            fact = fact["attributes"]?[name];
            if (fact is null)
            {
                return false;
            }
        }

        return isBlock == (fact["block"] is not null);
    }

    private static IEnumerable<string> Misfits(JObject configuration, JObject attributes, string prefix)
    {
        foreach (var (name, value) in configuration)
        {
            var path = prefix + name;
            if (attributes[name] is not JObject fact)
            {
                yield return $"{path}: the plugin does not know it";
            }
            else if (fact["block"] is { } block)
            {
                var blocks = value as JArray ?? [];
                if (blocks.Count > 1 && (string)block! == "one")
                {
                    yield return $"{path}: there may be one";
                }

                foreach (var misfit in blocks.OfType<JObject>().SelectMany(b => Misfits(b, (JObject)fact["attributes"]!, path + ".")))
                {
                    yield return misfit;
                }
            }
            else if (!Fits(value!, (string)fact["type"]!))
            {
                yield return $"{path}: {value!.ToString(Newtonsoft.Json.Formatting.None)} is no {fact["type"]}";
            }
        }
    }

    // A text is taken for a number, and the other way round, as HCL converts them.
    private static bool Fits(JToken value, string type) => type switch
    {
        "string" => value.Type is JTokenType.String or JTokenType.Integer or JTokenType.Float or JTokenType.Boolean,
        "number" => value.Type is JTokenType.Integer or JTokenType.Float || decimal.TryParse((string?)value, out _),
        "bool" => value.Type is JTokenType.Boolean,
        "list(string)" => value is JArray list && list.All(v => Fits(v, "string")),
        "list(number)" => value is JArray numbers && numbers.All(v => Fits(v, "number")),
        "map(string)" => value is JObject map && map.Values().All(v => Fits(v, "string")),
        _ => false,
    };
}
