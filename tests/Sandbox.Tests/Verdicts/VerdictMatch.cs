using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox.Tests.Verdicts;

/// <summary>
/// Compares an answer with a recorded one, in which what differs from run to run stands as a word in angle brackets.
/// Recorded data were cut down to the fields that matter, so that further fields of ours are no difference.
/// </summary>
internal static partial class VerdictMatch
{
    // A word in angle brackets that is not here (such as <vm-9100-disk-0>) is what Names() makes of ours.
    private static readonly Dictionary<string, string> Words = new()
    {
        ["<number>"] = @"[0-9.eE+-]+", ["<time>"] = "[0-9A-F]+", ["<process>"] = "[0-9A-F]+", ["<start>"] = "[0-9A-F]+", ["<version>"] = @"[0-9.+a-z]+",
        ["<uuid>"] = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ["<mac>"] = "[0-9A-F]{2}(:[0-9A-F]{2}){5}", ["<sha1>"] = "[0-9a-f]{40}",
        ["<size of x.iso>"] = "[0-9.]+[KMG]?", ["<small>"] = "[0-9.]+[KMG]?", ["<repoid>"] = "[0-9a-f]+", ["<ssl_fingerprint>"] = "[0-9A-F:]+",
        ["<resolver's message>"] = ".+", ["<source line>"] = ".+", ["<path of local>"] = "/[^ ']+?", ["<path of disks>"] = "/[^ ']+?",
        ["<value>"] = ".+", ["<ticket>"] = ".+", ["<fingerprint>"] = ".+",
    };

    /// <summary>Where they differ, or null.</summary>
    public static string? Difference(JsonNode? expected, JsonNode? actual, string where)
    {
        switch (expected)
        {
            case null:
                return actual is null ? null : $"{where}: is {Short(actual)}, not null";
            case JsonObject fields:
                if (actual is not JsonObject own)
                {
                    return $"{where}: is {Short(actual)}, not {Short(expected)}";
                }

                foreach (var (name, value) in fields)
                {
                    if (!own.ContainsKey(name))
                    {
                        return $"{where}.{name}: is missing, not {Short(value)}";
                    }

                    // The recorded file has the lists that are written as one text in the order of their letters.
                    var (one, other) = name == "content" ? (Sorted(value), Sorted(own[name])) : (value, own[name]);
                    if (Difference(one, other, $"{where}.{name}") is { } difference)
                    {
                        return difference;
                    }
                }

                return fields.Count == 0 && own.Count > 0 && where.Contains("data", StringComparison.Ordinal) ? $"{where}: is {Short(actual)}, not empty" : null;
            case JsonArray list:
                return actual is JsonArray items ? Lists(list, items, where) : $"{where}: is {Short(actual)}, not {Short(expected)}";
            default:
                return Value(expected.AsValue(), actual, where);
        }
    }

    /// <summary>An answer of ours without what differs from run to run, to compare two of them.</summary>
    public static JsonNode? Shape(JsonNode? answer) => answer switch
    {
        JsonObject fields => new JsonObject(fields.Where(f => f.Key is not ("digest" or "uptime")).Select(f => KeyValuePair.Create(f.Key, f.Key is "status" ? f.Value?.DeepClone() : Shape(f.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Shape)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Changing().Replace(Names(value.GetValue<string>()), "<changing>"),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => 0,
        _ => answer?.DeepClone(),
    };

    /// <summary>Whether a text is the recorded one.</summary>
    public static bool Matches(string expected, string actual)
    {
        var pattern = Regex.Escape(expected);
        foreach (var (word, stands) in Words)
        {
            pattern = pattern.Replace(Regex.Escape(word), stands, StringComparison.Ordinal);
        }

        return Regex.IsMatch(Names(actual), @"\A" + pattern + @"\z", RegexOptions.Singleline);
    }

    private static JsonNode? Sorted(JsonNode? list) =>
        list is JsonValue value && value.TryGetValue<string>(out var text) ? JsonValue.Create(string.Join(',', text.Split(',').Order(StringComparer.Ordinal))) : list;

    // The server's order of a list is not fixed.
    private static string? Lists(JsonArray expected, JsonArray actual, string where)
    {
        if (expected.Count != actual.Count)
        {
            return $"{where}: has {actual.Count} members, not {expected.Count}: {Short(actual)}";
        }

        var left = actual.ToList();
        foreach (var item in expected)
        {
            if (left.FindIndex(a => Difference(item, a, where) is null) is >= 0 and var found)
            {
                left.RemoveAt(found);
            }
            else
            {
                var nearest = left.Select(a => Difference(item, a, where + "[]")).OrderBy(d => d!.Length).First();
                return left.Count == 1 ? nearest : $"{where}: nothing is {Short(item)} in {Short(new JsonArray([.. left.Select(l => l?.DeepClone())]))}";
            }
        }

        return null;
    }

    private static string? Value(JsonValue expected, JsonNode? actual, string where)
    {
        if (actual is not JsonValue value)
        {
            return $"{where}: is {Short(actual)}, not {Short(expected)}";
        }

        if (where.EndsWith(".uptime", StringComparison.Ordinal))
        {
            return value.GetValueKind() == JsonValueKind.Number ? null : $"{where}: is {Short(actual)}, not a number";
        }

        var measured = expected.GetValueKind() == JsonValueKind.String && (string?)expected is "<number>" or "<time>" or "<process>" or "<start>";
        var same = (measured || expected.GetValueKind() == value.GetValueKind()) && Matches(expected.ToString(), value.ToString());
        return same ? null : $"{where}: is {Short(actual)}, not {Short(expected)}";
    }

    private static string Short(JsonNode? node) => node?.ToJsonString() is { } text ? text.Length > 400 ? text[..400] + "…" : text : "null";

    [GeneratedRegex("[0-9a-f]{40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|ctime=[0-9]+|[0-9A-F]{2}(:[0-9A-F]{2}){5}")]
    private static partial Regex Changing();

    // disks:9100/vm-9100-disk-0.qcow2 is written disks:<vm-9100-disk-0>; a linked clone's, disks:<base>/<vm>.
    private static string Names(string text) => LinkedClone().Replace(Disk().Replace(text, "disks:$1<$2>"), m => $"disks:<{m.Groups[1]}>/");

    [GeneratedRegex(@"disks:((?:\d+/base-[\w-]+\.\w+/)?)\d+/((?:vm|base)-\d+-(?:disk-\d+|cloudinit))(?:\.\w+)?")]
    private static partial Regex Disk();

    [GeneratedRegex(@"disks:\d+/(base-[\w-]+)\.\w+/")]
    private static partial Regex LinkedClone();
}
