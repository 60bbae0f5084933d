using System.Globalization;
using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>Values of Packer's variables as texts, and what <c>template.json</c> has instead.</summary>
internal static partial class VariableValue
{
    /// <summary>Reads a text as Packer's own <c>-var</c> takes it: a string as it is, everything else as JSON.</summary>
    /// <returns>The value, or why it is none.</returns>
    public static (JToken? Value, string? Problem) Read(PackerVariable variable, string text)
    {
        if (variable.Type == "string")
        {
            return (text, null);
        }

        var (types, what) = variable.Type switch
        {
            "number" => (new[] { JTokenType.Integer, JTokenType.Float }, "a number"),
            "bool" => ([JTokenType.Boolean], "true or false"),
            _ => ([JTokenType.Array], "a list, written as JSON such as [\"a\", \"b\"]"),
        };
        try
        {
            // Digits alone: JSON's reader takes octal and hexadecimal numbers too, and dates.
            using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = 16 };
            var value = JToken.ReadFrom(reader);
            var whole = !reader.Read() && types.Contains(value.Type) && (variable.Type != "number" || Digits().IsMatch(text.Trim()));
            return whole && (value is not JArray list || variable.Type != "list(string)" || list.All(i => i.Type == JTokenType.String))
                ? (value, null)
                : (null, $"it must be {what}");
        }
        catch (Exception e) when (e is JsonException or OverflowException or FormatException)
        {
            return (null, $"it must be {what}");
        }
    }

    /// <summary>Gibibytes of a size such as <c>20G</c> or <c>1T</c>.</summary>
    public static JToken? Gibibytes(JToken size, JToken? ofFile = null) =>
        Size().Match((string)size!) is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= int.MaxValue / 1024 ? number * (match.Groups[2].Value == "T" ? 1024 : 1) : null;

    public static string? NoSize(JToken size) => Gibibytes(size) is null ? "it must be a whole number of gibibytes or tebibytes, such as 20G or 1T" : null;

    /// <summary>
    /// The steps of <c>template.json</c> with these scripts, also of those named as they are called in a workspace. What the
    /// file says more of a step stays.
    /// </summary>
    public static JToken Steps(JToken scripts, JToken? ofFile) => new JArray(
        from script in scripts
        let name = Numbered().Replace((string)script!, "")
        select (ofFile as JArray)?.OfType<JObject>().FirstOrDefault(step => step["script"] is JValue { Value: string known } && known == name) ?? (JToken)name);

    /// <summary>Go's durations, as Packer reads them.</summary>
    public static string? NoDuration(JToken text) =>
        Duration().IsMatch((string)text!) ? null : "it must be a duration such as 90s, 10m or 1h30m";

    /// <summary>A time-out: Packer takes zero for a default of its own, and a negative one ends before anything was done.</summary>
    public static string? NoTimeout(JToken text) =>
        NoDuration(text) ?? ((string)text! is var time && !time.StartsWith('-') && time.Any(c => c is >= '1' and <= '9') ? null : "it must be longer than nothing, such as 90s, 10m or 1h30m");

    public static string? NoPort(JToken number) => number.Type == JTokenType.Integer && (long)number is >= 1 and <= 65535 ? null : "it must be a port, 1 to 65535";

    [GeneratedRegex(@"^-?\d{1,15}(\.\d{1,15})?$")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^(\d{1,9})([GT])$")]
    private static partial Regex Size();

    [GeneratedRegex(@"^scripts/\d{2,}-")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^-?(\d{1,9}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+$")]
    private static partial Regex Duration();
}
