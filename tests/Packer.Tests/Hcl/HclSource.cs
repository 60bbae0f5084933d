using Newtonsoft.Json.Linq;

namespace Packer.Tests.Hcl;

/// <summary>A source block as Packer gives it to the plugin: variables put in, dynamic blocks made.</summary>
internal static class HclSource
{
    /// <summary>The one source block of a file.</summary>
    public static HclBlock Of(HclBody file) => file.Blocks.Single(b => b.Type == "source");

    /// <summary>Its attributes by name, and its blocks as lists; what is null is left out.</summary>
    public static JObject Evaluate(HclBody body, JObject scope)
    {
        var result = new JObject();
        foreach (var attribute in body.Attributes)
        {
            var value = attribute.Value.Value(scope);
            if (value.Type != JTokenType.Null)
            {
                result[attribute.Name] = value;
            }
        }

        foreach (var block in body.Blocks)
        {
            var name = block.Type == "dynamic" ? block.Labels[0] : block.Type;
            var list = result[name] as JArray;
            if (list is null)
            {
                result[name] = list = [];
            }

            if (block.Type != "dynamic")
            {
                list.Add(Evaluate(block.Body, scope));
                continue;
            }

            var iterator = block.Body.Attributes.SingleOrDefault(a => a.Name == "iterator")?.Value is Name other ? other.Identifier : name;
            foreach (var (item, i) in ((JArray)block.Body.Attributes.Single(a => a.Name == "for_each").Value.Value(scope)).Select((item, i) => (item, i)))
            {
                list.Add(Evaluate(block.Body.Blocks.Single(b => b.Type == "content").Body, new JObject(scope) { [iterator] = new JObject { ["key"] = i, ["value"] = item } }));
            }
        }

        return result;
    }

    /// <summary>Every attribute and block that a body can set, dynamic ones included, by its path such as <c>disks.format</c>.</summary>
    public static IEnumerable<(string Path, bool IsBlock)> Names(HclBody body, string prefix = "")
    {
        foreach (var attribute in body.Attributes)
        {
            yield return (prefix + attribute.Name, false);
        }

        foreach (var block in body.Blocks)
        {
            var (name, content) = block.Type == "dynamic" ? (block.Labels[0], block.Body.Blocks.Single(b => b.Type == "content").Body) : (block.Type, block.Body);
            yield return (prefix + name, true);
            foreach (var inner in Names(content, $"{prefix}{name}."))
            {
                yield return inner;
            }
        }
    }
}
