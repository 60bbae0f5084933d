using System.Globalization;
using Newtonsoft.Json;

namespace Proxmox.Api;

/// <summary>
/// Reads the API's booleans and numbers: Perl does not tell numbers from text, so that <c>1</c>, <c>"1"</c> and, in some
/// methods, <c>true</c> or <c>"yes"</c> mean the same; an undefined boolean (null) is false.
/// </summary>
internal sealed class PveScalarConverter : JsonConverter
{
    public override bool CanWrite => false;

    public override bool CanConvert(Type objectType) => Type.GetTypeCode(Plain(objectType))
        is TypeCode.Boolean or TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double && !objectType.IsEnum;

    /// <summary>Reads one of the ways in which the API and its property strings write a boolean.</summary>
    public static bool? Boolean(string text) => text.Trim().ToLowerInvariant() switch
    {
        "1" or "true" or "yes" or "on" => true,
        "0" or "false" or "no" or "off" or "" => false,
        _ => null,
    };

    public override object? ReadJson(JsonReader reader, Type objectType, object? existingValue, JsonSerializer serializer)
    {
        if (reader.Value is null && Nullable.GetUnderlyingType(objectType) is not null && reader.TokenType == JsonToken.Null)
        {
            return null;
        }

        var text = Convert.ToString(reader.Value, CultureInfo.InvariantCulture);
        object? value = null;
        if (text is not null)
        {
            value = Type.GetTypeCode(Plain(objectType)) switch
            {
                TypeCode.Boolean => Boolean(text),
                TypeCode.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? i : null,
                TypeCode.Int64 => Long(text),
                _ => double.TryParse(text, CultureInfo.InvariantCulture, out var d) ? d : null,
            };
        }

        return value ?? throw new JsonSerializationException(
            $"'{text ?? reader.TokenType.ToString()}' at '{reader.Path}' is not a {Plain(objectType).Name.ToLowerInvariant()}");
    }

    public override void WriteJson(JsonWriter writer, object? value, JsonSerializer serializer) => throw new NotSupportedException();

    // Sizes and memory may arrive as a float where Perl has calculated with them.
    private static long? Long(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(text, CultureInfo.InvariantCulture, out var real) && double.Abs(real) < 9e15 ? (long)real
        : null;

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;
}
