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
    public static bool Is(ReadOnlySpan<char> shown, string? value) => value switch
    {
        null => shown.SequenceEqual(NotRecorded),
        "" => shown.SequenceEqual(Empty),
        _ => Length(shown) == shown.Length && Content(shown) is { IsEmpty: false } text && (Matches(text, value) || (IsPadded(text) && Matches(text[1..^1], value))),
    };

    /// <summary>How many characters at the start of a text show one value; 0 when none do.</summary>
    public static int Length(ReadOnlySpan<char> text)
    {
        foreach (var word in (ReadOnlySpan<string>)[NotRecorded, Empty])
        {
            if (text.StartsWith(word))
            {
                return word.Length;
            }
        }

        // A code span ends at the first run of backticks that is as long as the one that begins it.
        var fence = Backticks(text);
        for (var at = fence; fence > 0 && at < text.Length;)
        {
            var next = text[at..].IndexOf('`');
            if (next < 0)
            {
                break;
            }

            var run = Backticks(text[(at + next)..]);
            at += next + run;
            if (run == fence)
            {
                return at;
            }
        }

        return 0;
    }

    private static int Backticks(ReadOnlySpan<char> text) => text.IndexOfAnyExcept('`') is >= 0 and var other ? other : text.Length;

    /// <summary>What stands between the backticks; nothing where there are none.</summary>
    private static ReadOnlySpan<char> Content(ReadOnlySpan<char> text) => Backticks(text) is > 0 and var fence && 2 * fence < text.Length ? text[fence..^fence] : [];

    private static bool IsPadded(ReadOnlySpan<char> text) => text.Length > 2 && text[0] == ' ' && text[^1] == ' ';

    private static bool Matches(ReadOnlySpan<char> text, string value)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"… ({value.Length} characters)");
        var at = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            if (at >= Longest && text.Length - at == end.Length && text.EndsWith(end))
            {
                return true;
            }

            var spelling = IsPlain(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
            if (!text[at..].StartsWith(spelling))
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
