using System.Globalization;
using System.Text;
using Newtonsoft.Json;

namespace Records.Model;

/// <summary>Writes and reads <c>run.json</c>: UTF-8 without byte order mark, two spaces, LF, one newline at the end.</summary>
public static class RunRecordJson
{
    private static readonly JsonSerializerSettings Settings = new()
    {
        Culture = CultureInfo.InvariantCulture,
        DateParseHandling = DateParseHandling.None,
        Formatting = Formatting.Indented,
        MaxDepth = 32,
        MetadataPropertyHandling = MetadataPropertyHandling.Ignore,
        TypeNameHandling = TypeNameHandling.None,
    };

    /// <summary>The file's text. The same record gives the same bytes on every system.</summary>
    public static string Write(RunRecord record)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var json = new JsonTextWriter(text) { Formatting = Formatting.Indented, CloseOutput = false })
        {
            JsonSerializer.Create(Settings).Serialize(json, record);
        }

        text.Write('\n');
        return text.ToString();
    }

    /// <summary>Reads a file that this program wrote.</summary>
    /// <exception cref="JsonException">It is not a run record.</exception>
    public static RunRecord Read(string text) =>
        JsonConvert.DeserializeObject<RunRecord>(text, Settings) ?? throw new JsonSerializationException("run.json is empty");

    /// <summary>The text as the bytes that are written.</summary>
    internal static byte[] Bytes(string text) => new UTF8Encoding(false).GetBytes(text);
}

/// <summary>A moment as RFC 3339 in UTC to the second: <c>2026-11-22T19:16:27Z</c>.</summary>
internal sealed class UtcSecondConverter : JsonConverter<DateTimeOffset?>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public override void WriteJson(JsonWriter writer, DateTimeOffset? value, JsonSerializer serializer) =>
        writer.WriteValue(value is null ? null : Text(value.Value));

    public override DateTimeOffset? ReadJson(
        JsonReader reader, Type objectType, DateTimeOffset? existingValue, bool hasExistingValue, JsonSerializer serializer)
    {
        if (reader.Value is null)
        {
            return null;
        }

        return DateTimeOffset.TryParseExact(
            reader.Value as string, Format, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? moment
            : throw new JsonSerializationException($"{reader.Path} is not a moment in UTC such as 2026-11-22T19:16:27Z");
    }
}
