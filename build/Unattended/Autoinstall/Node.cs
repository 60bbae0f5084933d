using System.Text.RegularExpressions;

namespace Unattended.Autoinstall;

/// <summary>A node of a YAML document with its place in the text.</summary>
internal abstract record Node(int Line, int Column)
{
    /// <summary>The type's name as JSON Schema has it.</summary>
    internal abstract string TypeName { get; }
}

/// <summary>A mapping. The keys' places are kept for the findings.</summary>
internal sealed record MappingNode(int Line, int Column, IReadOnlyList<KeyValuePair<ScalarNode, Node>> Entries) : Node(Line, Column)
{
    internal override string TypeName => "object";

    internal Node? this[string key] => Entries.FirstOrDefault(e => e.Key.Text == key).Value;

    internal string? Text(string key) => this[key] is ScalarNode { TypeName: not "null" } scalar ? scalar.Text : null;

    internal MappingNode? Mapping(string key) => this[key] as MappingNode;

    internal IEnumerable<Node> Items(string key) => this[key] is SequenceNode sequence ? sequence.Items : [];

    /// <summary>A truth value; null when the key is absent or something else.</summary>
    internal bool? Flag(string key) => this[key] is ScalarNode { TypeName: "boolean" } scalar ? scalar.IsTrue : null;
}

/// <summary>A sequence.</summary>
internal sealed record SequenceNode(int Line, int Column, IReadOnlyList<Node> Items) : Node(Line, Column)
{
    internal override string TypeName => "array";
}

/// <summary>A scalar.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Text">The text.</param>
/// <param name="Plain">Whether it was written without quotation marks, so that its type depends on its text.</param>
internal sealed partial record ScalarNode(int Line, int Column, string Text, bool Plain) : Node(Line, Column)
{
    /// <summary>The type by YAML 1.1's rules, by which PyYAML reads cloud-init's files.</summary>
    internal override string TypeName => !Plain ? "string" : Text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => "null",
        "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "true" or "True" or "TRUE" or "false" or "False" or "FALSE"
            or "on" or "On" or "ON" or "off" or "Off" or "OFF" => "boolean",
        _ when Integer().IsMatch(Text) => "integer",
        _ when Number().IsMatch(Text) => "number",
        _ when Date().IsMatch(Text) => "date",
        _ => "string",
    };

    // PyYAML's resolver: octal, hexadecimal, binary and sexagesimal numbers too.
    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Date();

    internal bool IsTrue => Text.ToUpperInvariant() is "YES" or "TRUE" or "ON";
}
