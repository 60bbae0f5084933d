using Foundation;

namespace Unattended.Autoinstall;

/// <summary>
/// A schema of a YAML document, from a table of paths, types and choices (<c>autoinstall.tsv</c>, <c>cloud-config.tsv</c>).
/// </summary>
internal sealed class SchemaTable
{
    private readonly Entry root;

    private SchemaTable(Entry root) => this.root = root;

    /// <summary>The keys of autoinstall version 1.</summary>
    internal static SchemaTable Autoinstall { get; } = Load("autoinstall.tsv", closed: false);

    /// <summary>The keys of cloud-config.</summary>
    internal static SchemaTable CloudConfig { get; } = Load("cloud-config.tsv", closed: true);

    /// <summary>The keys at the top.</summary>
    internal IReadOnlyCollection<string> Keys => root.Properties.Keys;

    /// <summary>What is wrong with a mapping, in the order of the text.</summary>
    internal IEnumerable<SchemaViolation> Check(MappingNode mapping) => Check(mapping, root, "");

    private static IEnumerable<SchemaViolation> Check(Node node, Entry entry, string path)
    {
        if (entry.Types.Length > 0 && !entry.Types.Contains(node.TypeName) && !(node.TypeName == "integer" && entry.Types.Contains("number")))
        {
            yield return new SchemaViolation(path, node, $"{Describe(node)} is not of type {string.Join(" or ", entry.Types)}");
        }
        else if (node is ScalarNode { TypeName: "string" } scalar && entry.Choices.Length > 0 && !entry.Choices.Contains(scalar.Text))
        {
            yield return new SchemaViolation(path, node, $"'{scalar.Text}' is not one of {string.Join(", ", entry.Choices)}");
        }
        else if (node is SequenceNode sequence && entry.Item is { } item)
        {
            foreach (var violation in sequence.Items.SelectMany(i => Check(i, item, path)))
            {
                yield return violation;
            }
        }
        else if (node is MappingNode mapping)
        {
            foreach (var violation in CheckKeys(mapping, entry, path))
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<SchemaViolation> CheckKeys(MappingNode mapping, Entry entry, string path)
    {
        foreach (var (key, value) in mapping.Entries)
        {
            var below = path.Length == 0 ? key.Text : $"{path}.{key.Text}";
            if (entry.Properties.TryGetValue(key.Text, out var property) || (property = entry.Any) is not null)
            {
                foreach (var violation in Check(value, property, below))
                {
                    yield return violation;
                }
            }
            else if (entry.Closed)
            {
                var near = NearMiss.Find(key.Text, entry.Properties.Keys) is [var first, ..] ? $"; perhaps {first} is meant" : "";
                yield return new SchemaViolation(path, key, $"additional properties are not allowed ('{key.Text}' was unexpected{near})") { UnknownKey = key.Text };
            }
        }

        foreach (var (name, property) in entry.Properties)
        {
            if (property.Required && mapping[name] is null)
            {
                yield return new SchemaViolation(path.Length == 0 ? name : path, mapping, $"'{name}' is a required property");
            }
        }
    }

    private static string Describe(Node node) => node is ScalarNode scalar ? $"'{scalar.Text}'" : node.TypeName == "array" ? "a list" : "a mapping";

    private static SchemaTable Load(string name, bool closed)
    {
        var root = new Entry { Closed = closed };
        foreach (var row in DataTable.Read(name))
        {
            var entry = Find(root, row[0]);
            entry.Required = row[1].EndsWith('!');
            entry.Types = row[1] is "any" or "any!" ? [] : row[1].TrimEnd('!').Split('|');
            entry.Closed = row.Length > 2 && row[2] == "closed";
            entry.Choices = row.Length > 3 ? row[3].Split('|') : [];
        }

        return new SchemaTable(root);
    }

    private static Entry Find(Entry root, string path)
    {
        var entry = root;
        foreach (var part in path.Split('.'))
        {
            var name = part.TrimEnd('[', ']');
            entry = name == "*" ? entry.Any ??= new Entry() : Property(entry, name);
            for (var i = name.Length; i < part.Length; i += 2)
            {
                entry = entry.Item ??= new Entry();
            }
        }

        return entry;

        static Entry Property(Entry entry, string name)
        {
            if (!entry.Properties.TryGetValue(name, out var property))
            {
                entry.Properties.Add(name, property = new Entry());
            }

            return property;
        }
    }

    private sealed class Entry
    {
        internal string[] Types { get; set; } = [];

        internal string[] Choices { get; set; } = [];

        internal bool Required { get; set; }

        internal bool Closed { get; set; }

        internal Dictionary<string, Entry> Properties { get; } = new(StringComparer.Ordinal);

        internal Entry? Any { get; set; }

        internal Entry? Item { get; set; }
    }
}

/// <summary>Something that a schema does not allow.</summary>
/// <param name="Path">The place in the document, such as <c>identity.username</c>; empty for the top.</param>
/// <param name="Node">The node.</param>
/// <param name="Why">The reason, in JSON Schema's words.</param>
internal sealed record SchemaViolation(string Path, Node Node, string Why)
{
    /// <summary>The key that is not known where it stands, or null when something else is the matter.</summary>
    internal string? UnknownKey { get; init; }
}
