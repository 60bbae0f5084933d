using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sandbox.Api;

/// <summary>
/// Checks one value against one parameter, in the order and with the words of Proxmox VE's schema checker
/// (<c>PVE::JSONSchema::check_prop</c>): type, format, pattern, lengths, limits, enumeration.
/// </summary>
internal static class ValueCheck
{
    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    /// <summary>What is wrong with the value, or null.</summary>
    /// <param name="parameter">The declaration.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">Where it stands: <c>net0</c>, or <c>net0.tag</c> within a property string.</param>
    /// <param name="version">The version of the server, or null for the rules of the newest.</param>
    public static string? Problem(Parameter parameter, string value, string path, PveVersionInfo? version = null)
    {
        if (parameter.Type == ParameterType.Array)
        {
            return null;
        }

        if (!IsOfType(parameter.Type, value))
        {
            return $"type check ('{parameter.Type.ToString().ToLowerInvariant()}') failed - got '{value}'";
        }

        if (parameter.Format is { } format && Formats.Problem(format, value, path, version) is { } problem)
        {
            return $"invalid format - {problem}\n";
        }

        if (parameter.Properties?.Problem(value, path, version) is { } wrong)
        {
            return $"invalid format - {wrong}";
        }

        if (parameter.Pattern is { } pattern && !MatchesAsWritten(pattern, value))
        {
            return "value does not match the regex pattern";
        }

        if (parameter.MaxLength is { } longest && value.Length > longest)
        {
            return $"value may only be {longest} characters long";
        }

        if (parameter.MinLength is { } shortest && value.Length < shortest)
        {
            return $"value must be at least {shortest} characters long";
        }

        return Limits(parameter, value)
            ?? (parameter.Values is { } values && !values.Contains(value, StringComparer.Ordinal)
                ? $"value '{value}' does not have a value in the enumeration '{string.Join(", ", values)}'"
                : null);
    }

    /// <summary>A truth value in any of the spellings that property strings take, or null. Parameters are 0 or 1.</summary>
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

    // The server puts its anchors beside the pattern, so that each holds for its nearest alternative alone.
    private static bool MatchesAsWritten(string pattern, string text) =>
        Patterns.GetOrAdd("^" + pattern + "$", p => new Regex(Translate(p), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))).IsMatch(text);

    // Perl prints a compiled pattern as (?^:…), and reads {,n} as {0,n}; .NET knows neither.
    private static string Translate(string perl) =>
        perl.Replace("(?^:", "(?:", StringComparison.Ordinal)
            .Replace("{,", "{0,", StringComparison.Ordinal)
            .Replace(@"\d", "[0-9]", StringComparison.Ordinal);

    private static bool IsOfType(ParameterType type, string value) => type switch
    {
        ParameterType.Boolean => value is "0" or "1",
        ParameterType.Integer => Matches("[+-]?[0-9]+", value),
        ParameterType.Number => IsNumber(value),
        _ => true,
    };

    private static bool IsNumber(string value) => Matches(@"[+-]?([0-9]+\.[0-9]+|[0-9]+\.|\.[0-9]+|[0-9]+)([eE][+-]?[0-9]+)?", value);

    private static string? Limits(Parameter parameter, string value)
    {
        if ((parameter.Minimum is null && parameter.Maximum is null) || !IsNumber(value))
        {
            return null;
        }

        var number = double.Parse(value, CultureInfo.InvariantCulture);
        return number > parameter.Maximum ? string.Create(CultureInfo.InvariantCulture, $"value must have a maximum value of {parameter.Maximum}")
            : number < parameter.Minimum ? string.Create(CultureInfo.InvariantCulture, $"value must have a minimum value of {parameter.Minimum}")
            : null;
    }
}
