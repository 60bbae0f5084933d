using System.Globalization;
using System.Text;

namespace Records.Views;

/// <summary>
/// Shows values in Markdown as text, whatever they contain. Values come from the API, from guests and from files, so
/// any of them may hold Markdown, HTML, escape sequences, line ends or marks that turn the reading direction.
/// </summary>
internal static class MarkdownText
{
    private const int MaxLength = 2000;

    /// <summary>
    /// A value as a code span, in which Markdown interprets nothing. What is not visible or could act on a terminal
    /// or a page is shown by its code point: <c>[U+202E]</c>.
    /// </summary>
    public static string Code(string value)
    {
        var text = Visible(value);
        if (text.Length == 0)
        {
            return "(empty)";
        }

        // In a table a bar ends a cell, and renderers disagree on how code escapes it, so it is spelled out.
        text = text.Replace("|", "[U+007C]", StringComparison.Ordinal);
        var fence = new string('`', LongestRun(text, '`') + 1);
        var pad = text[0] is '`' or ' ' || text[^1] is '`' or ' ' ? " " : "";
        return $"{fence}{pad}{text}{pad}{fence}";
    }

    /// <summary>The value with everything that is not plainly visible spelled out, cut to a length that can be read.</summary>
    public static string Visible(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var rune in value.EnumerateRunes())
        {
            if (text.Length >= MaxLength)
            {
                text.Append(CultureInfo.InvariantCulture, $"… ({value.Length} characters)");
                break;
            }

            if (rune.Value == ' ' || IsVisible(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
            }
        }

        return text.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.EnclosingMark)
        && rune.Value is not (0x034F or 0x115F or 0x1160 or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF));

    private static int LongestRun(string text, char c)
    {
        var longest = 0;
        var run = 0;
        foreach (var t in text)
        {
            run = t == c ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
