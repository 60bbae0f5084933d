using System.Globalization;
using System.Text.RegularExpressions;

namespace Unattended.Windows;

/// <summary>What a setting takes, as <c>windows-settings.tsv</c> has it.</summary>
/// <param name="Text">The type: <c>group</c>, <c>list:Order</c>, <c>bool</c>, <c>int:1-500</c>, <c>enum:a|b</c>, …</param>
/// <param name="Passes">The passes, where they are fewer than the component's; otherwise none.</param>
internal sealed partial record SettingType(string Text, string[] Passes)
{
    private string Kind => Text.Split(':')[0];

    private string Detail => Text.Contains(':', StringComparison.Ordinal) ? Text[(Text.IndexOf(':', StringComparison.Ordinal) + 1)..] : "";

    /// <summary>Whether it holds further settings that are listed.</summary>
    internal bool IsGroup => Kind is "group" or "list";

    /// <summary>Whether there can be several.</summary>
    internal bool IsList => Kind == "list";

    /// <summary>The child that tells the items of a list apart, or null.</summary>
    internal string? ItemKey => IsList && Detail.Length > 0 ? Detail : null;

    /// <summary>Whether more is known below it than is listed.</summary>
    internal bool IsOpen => Kind == "any";

    /// <summary>What is wrong with a value, as the end of a sentence, or null.</summary>
    internal string? Refusal(string value) => Kind switch
    {
        "bool" => value.ToUpperInvariant() is "TRUE" or "FALSE" or "0" or "1" ? null : "is true or false",
        "int" => Number(value),
        "enum" => Detail.Split('|').Contains(value, StringComparer.OrdinalIgnoreCase) ? null : $"is one of {Detail.Replace("|", ", ", StringComparison.Ordinal)}",
        "string" when Detail.Length > 0 && value.Length > int.Parse(Detail, CultureInfo.InvariantCulture) => $"has at most {Detail} characters",
        "text" => value.Length > 0 ? null : "must not be empty",
        "timezone" => WindowsTables.TimeZones.Contains(WithoutDaylight(value)) ? null : "is the name of a time zone as tzutil /l prints it, such as UTC or W. Europe Standard Time",
        "language" => value.Length == 0 || WindowsTables.Languages.Contains(value) ? null : "is a language of Windows such as en-US or de-DE",
        "locale" => value.Length == 0 || WindowsTables.Locales.Contains(value) ? null : "is a locale such as en-US or de-CH",
        "input" => value.Length == 0 || Array.TrueForAll(value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), IsInput) ? null : "is a locale such as en-US, or its number and a keyboard such as 0409:00000409",
        "productkey" => value.Length == 0 ? "must not be empty" : ProductKey().IsMatch(value) ? null : "has the form XXXXX-XXXXX-XXXXX-XXXXX-XXXXX",
        "letter" => value.Length == 1 && char.IsAsciiLetter(value[0]) && char.ToUpperInvariant(value[0]) >= 'C' ? null : "is one letter from C to Z",
        _ => null,
    };

    private string? Number(string value)
    {
        var bounds = Detail.Split('-');
        var least = long.Parse(bounds[0], CultureInfo.InvariantCulture);
        var most = bounds[1].Length == 0 ? long.MaxValue : long.Parse(bounds[1], CultureInfo.InvariantCulture);
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? null
            : most == long.MaxValue ? $"is a whole number from {least}, without a unit" : $"is a whole number from {least} to {most}";
    }

    // The reference of TimeZone: with this ending the clock is not put forward in summer.
    private static string WithoutDaylight(string zone) => zone.EndsWith("_dstoff", StringComparison.OrdinalIgnoreCase) ? zone[..^"_dstoff".Length] : zone;

    // A text service (an input method) has two GUIDs instead of a layout; there are too many to know them all.
    private static bool IsInput(string value) => WindowsTables.Locales.Contains(value)
        || (Input().Match(value) is { Success: true } input && (input.Groups["service"].Success || WindowsTables.Keyboards.Contains(input.Groups["layout"].Value)));

    [GeneratedRegex(@"^[0-9a-f]{4}:((?<layout>[0-9a-f]{8})|(?<service>\{[0-9a-f-]{36}\}\{[0-9a-f-]{36}\}))$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Input();

    [GeneratedRegex(@"^[A-Z0-9]{5}(-[A-Z0-9]{5}){4}$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProductKey();
}
