using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sandbox.Api;

/// <summary>Checks one value against one parameter and words the refusal as Proxmox VE's schema checker does.</summary>
internal static class ValueCheck
{
    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    /// <summary>What is wrong with the value, or null.</summary>
    public static string? Problem(Parameter parameter, string value)
    {
        switch (parameter.Type)
        {
            case ParameterType.Boolean:
                return Boolean(value) is null ? $"type check ('boolean') failed - got '{value}'" : null;
            case ParameterType.Integer or ParameterType.Number:
                return Number(parameter, value);
            case ParameterType.Array:
                return null;
            default:
                return Text(parameter, value);
        }
    }

    /// <summary>A truth value in any of the spellings that the API takes, or null.</summary>
    public static bool? Boolean(string value) => value.ToLowerInvariant() switch
    {
        "1" or "on" or "yes" or "true" => true,
        "0" or "off" or "no" or "false" => false,
        _ => null,
    };

    /// <summary>Whether the whole text matches a pattern of the schema, which is written in Perl's syntax.</summary>
    public static bool Matches(string pattern, string text) =>
        Patterns.GetOrAdd(pattern, p => new Regex(@"\A(?:" + Translate(p) + @")\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
            .IsMatch(text);

    // Perl prints a compiled pattern as (?^:…), and reads {,n} as {0,n}; .NET knows neither.
    private static string Translate(string perl) =>
        perl.Replace("(?^:", "(?:", StringComparison.Ordinal)
            .Replace("{,", "{0,", StringComparison.Ordinal)
            .Replace(@"\d", "[0-9]", StringComparison.Ordinal);

    private static string? Number(Parameter parameter, string value)
    {
        var style = parameter.Type == ParameterType.Integer
            ? NumberStyles.AllowLeadingSign
            : NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(value, style, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return $"type check ('{(parameter.Type == ParameterType.Integer ? "integer" : "number")}') failed - got '{value}'";
        }

        if (parameter.Minimum is { } minimum && number < minimum)
        {
            return $"value must have a minimum value of {minimum.ToString(CultureInfo.InvariantCulture)}";
        }

        if (parameter.Maximum is { } maximum && number > maximum)
        {
            return $"value must have a maximum value of {maximum.ToString(CultureInfo.InvariantCulture)}";
        }

        return null;
    }

    private static string? Text(Parameter parameter, string value)
    {
        if (parameter.MaxLength is { } longest && value.Length > longest)
        {
            return $"value may only be {longest} characters long";
        }

        if (parameter.MinLength is { } shortest && value.Length < shortest)
        {
            return $"value must be at least {shortest} characters long";
        }

        if (parameter.Values is { } values && !values.Contains(value, StringComparer.Ordinal))
        {
            return $"value '{value}' does not have a value in the enumeration '{string.Join(", ", values)}'";
        }

        if (parameter.Pattern is { } pattern && !Matches(pattern, value))
        {
            return "value does not match the regex pattern";
        }

        if (parameter.Format is { } format && Formats.Problem(format, value) is { } problem)
        {
            return $"invalid format - {problem}";
        }

        if (parameter.Properties is { } properties)
        {
            try
            {
                properties.Parse(value);
            }
            catch (FormatException e)
            {
                return $"invalid format - format error\n{e.Message}";
            }
        }

        return null;
    }
}
