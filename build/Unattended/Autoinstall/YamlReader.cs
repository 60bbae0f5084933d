using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Unattended.Autoinstall;

/// <summary>
/// Reads one YAML document with limits: a document may come from anywhere, and nested aliases can make a few hundred
/// bytes into billions of nodes.
/// </summary>
internal sealed class YamlReader
{
    private const int DeepestLevel = 40;
    private const int MostNodes = 50_000;

    private readonly Parser parser;
    private readonly Dictionary<string, Node> anchors = [];
    private int nodes;

    private YamlReader(Scanner scanner) => parser = new Parser(scanner);

    /// <summary>
    /// Reads the first document; null when it is empty or no YAML (then the finding says where and why, with
    /// <paramref name="consequence"/>).
    /// </summary>
    internal static Node? Read(string text, string consequence, FindingList findings)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: true);
        try
        {
            var reader = new YamlReader(scanner);
            reader.parser.Consume<StreamStart>();
            if (!reader.parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            var root = reader.ReadNode(0);
            reader.parser.Consume<DocumentEnd>();
            return root;
        }
        catch (YamlException error)
        {
            // What goes wrong while scanning is reported with the place of the surrounding structure.
            var at = error.Message.StartsWith("While scanning", StringComparison.Ordinal) && scanner.CurrentPosition.Line > error.Start.Line
                ? scanner.CurrentPosition
                : error.Start;
            findings.Error("yaml-syntax", (int)at.Line, $"{Reason(error)}: {consequence}", (int)at.Column);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException or OverflowException)
        {
            // YamlDotNet's scanner throws these on some broken input instead of a YamlException.
            findings.Error("yaml-syntax", 0, $"the YAML cannot be read ({error.Message}): {consequence}");
        }

        return null;
    }

    private Node ReadNode(int depth)
    {
        if (depth > DeepestLevel || ++nodes > MostNodes)
        {
            var mark = parser.Current?.Start ?? Mark.Empty;
            throw new YamlException(mark, mark, depth > DeepestLevel ? $"nested deeper than {DeepestLevel} levels" : $"more than {MostNodes} values");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            // The alias is the same node again: sharing it costs nothing, so that a bomb stays small. What is still
            // being read is not in the table, so that there are no loops.
            return anchors.TryGetValue(alias.Value.Value, out var target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"found undefined alias '{alias.Value.Value}'");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Named(scalar.Anchor, new ScalarNode(
                (int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty));
        }

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<Node>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return Named(sequence.Anchor, new SequenceNode((int)sequence.Start.Line, (int)sequence.Start.Column, items));
        }

        var mapping = parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<ScalarNode, Node>>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = ReadNode(depth + 1);
            if (keyNode is not ScalarNode key)
            {
                var mark = new Mark(0, Math.Max(1, keyNode.Line), Math.Max(1, keyNode.Column));
                throw new YamlException(mark, mark, "found unhashable key");
            }

            var value = ReadNode(depth + 1);

            // PyYAML takes the last of several entries with one key.
            entries.RemoveAll(e => e.Key.Text == key.Text);
            entries.Add(new(key, value));
        }

        return Named(mapping.Anchor, new MappingNode((int)mapping.Start.Line, (int)mapping.Start.Column, entries));
    }

    private Node Named(AnchorName anchor, Node node)
    {
        if (!anchor.IsEmpty)
        {
            anchors[anchor.Value] = node;
        }

        return node;
    }

    private static string Reason(YamlException error)
    {
        var reason = (error.InnerException ?? error).Message;
        var colon = reason.StartsWith('(') ? reason.IndexOf("): ", StringComparison.Ordinal) : -1;
        return (colon < 0 ? reason : reason[(colon + 3)..]).TrimEnd('.');
    }
}
