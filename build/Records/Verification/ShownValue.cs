using System.Globalization;
using System.Text;

namespace Records.Verification;

/// <summary>
/// Reads what a page shows: a value is one code span (CommonMark 0.31, 6.1), in which everything that is not plainly
/// visible stands as its code point, <c>[U+202E]</c>.
/// </summary>
internal static class ShownValue
{
    /// <summary>What stands where <c>run.json</c> has null.</summary>
    public const string NotRecorded = "not recorded";

    private const string Empty = "(empty)";
    private const int Longest = 2000;

    /// <summary>Whether the text shows the value, and nothing else.</summary>
    public static bool Is(string shown, string? value) => value switch
    {
        null => shown == NotRecorded,
        "" => shown == Empty,
        _ => Span(shown) is { } text && (Matches(text, value) || (IsPadded(text) && Matches(text[1..^1], value))),
    };

    private static bool IsPadded(string text) => text.Length > 2 && text[0] == ' ' && text[^1] == ' ';

    /// <summary>The content of a text that is one code span from its first character to its last.</summary>
    private static string? Span(string shown)
    {
        var fence = shown.Length - shown.TrimStart('`').Length;
        if (fence == 0 || shown.Length <= 2 * fence || !shown.EndsWith(new string('`', fence), StringComparison.Ordinal))
        {
            return null;
        }

        var text = shown[fence..^fence];
        return text[0] != '`' && text[^1] != '`' && !Runs(text).Contains(fence) ? text : null;
    }

    private static IEnumerable<int> Runs(string text)
    {
        var run = 0;
        foreach (var c in text)
        {
            if (c == '`')
            {
                run++;
            }
            else if (run > 0)
            {
                yield return run;
                run = 0;
            }
        }
    }

    private static bool Matches(string text, string value)
    {
        var at = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            if (at >= Longest && text[at..] == string.Create(CultureInfo.InvariantCulture, $"… ({value.Length} characters)"))
            {
                return true;
            }

            var spelling = IsPlain(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
            if (string.CompareOrdinal(text, at, spelling, 0, spelling.Length) != 0)
            {
                return false;
            }

            at += spelling.Length;
        }

        return at == text.Length;
    }

    // '|' would end a table's cell. The numbers are the letters and marks that Unicode calls default-ignorable: they show nothing.
    private static bool IsPlain(Rune rune) => rune.Value != '|' && (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
        or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
        or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation
        or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol)
        && rune.Value is not (0x034F or 0x115F or 0x1160 or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF));
}
