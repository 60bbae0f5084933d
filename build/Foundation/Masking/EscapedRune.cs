using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Foundation.Masking;

/// <summary>
/// The ways in which one character may be written in a log: as it is, or escaped for a URL, JSON, Go, XML, a shell.
/// A log mixes them (Go quotes a line that holds JSON), so a secret is searched character by character, each in any
/// of its spellings, and no combination of encoders has to be foreseen.
/// </summary>
internal static class EscapedRune
{
    private static readonly int[] BackslashRuns = [1, 2, 3, 4, 7];
    private static readonly ConcurrentDictionary<Rune, Spellings> Known = new();

    /// <summary>The spellings of a character.</summary>
    public static Spellings Of(Rune rune) => Known.GetOrAdd(rune, static r => new([.. Spell(r).Distinct().Select(Encoding.UTF8.GetBytes)]));

    /// <summary>The bytes of each spelling.</summary>
    /// <param name="All">All of them, the plain one first.</param>
    internal sealed record Spellings(byte[][] All)
    {
        private readonly bool[] beginnings = [.. Enumerable.Range(0, 256).Select(b => All.Any(s => s[0] == b))];

        /// <summary>Whether one of them begins with this byte.</summary>
        public bool MayBegin(byte first) => beginnings[first];
    }

    private static IEnumerable<string> Spell(Rune rune)
    {
        var text = rune.ToString();
        yield return text;

        // Letters and digits are the same in every encoding that is of interest.
        if (rune.IsAscii && Rune.IsLetterOrDigit(rune))
        {
            yield break;
        }

        foreach (var spelling in InUrl(text).Concat(WithBackslash(rune, text)).Concat(InXml(rune)).Concat(Quoted(rune)))
        {
            yield return spelling;
        }
    }

    private static IEnumerable<string> InUrl(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var sign in (string[])["%", "%25"])
        {
            yield return string.Concat(bytes.Select(b => sign + b.ToString("X2", CultureInfo.InvariantCulture)));
            yield return string.Concat(bytes.Select(b => sign + b.ToString("x2", CultureInfo.InvariantCulture)));
        }

        if (text == " ")
        {
            yield return "+";
        }
    }

    // JSON, Go's %q, C, Python's repr; each backslash may itself have been escaped once or twice more.
    private static IEnumerable<string> WithBackslash(Rune rune, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var run in BackslashRuns)
        {
            var slash = new string('\\', run);
            foreach (var format in (string[])["x", "X"])
            {
                yield return string.Concat(text.Select(unit => $"{slash}u{((int)unit).ToString(format + "4", CultureInfo.InvariantCulture)}"));
                yield return $"{slash}U{rune.Value.ToString(format + "8", CultureInfo.InvariantCulture)}";
                yield return string.Concat(bytes.Select(b => $"{slash}x{b.ToString(format + "2", CultureInfo.InvariantCulture)}"));
            }

            if ("\n\r\t\b\f\a\v\0".IndexOf(text, StringComparison.Ordinal) is >= 0 and var at)
            {
                yield return slash + "nrtbfav0"[at];
            }
            else if (rune.IsAscii && rune.Value >= ' ')
            {
                yield return slash + text;
            }
        }
    }

    private static IEnumerable<string> InXml(Rune rune)
    {
        var names = rune.Value switch
        {
            '<' => ["lt"],
            '>' => ["gt"],
            '&' => ["amp"],
            '"' => ["quot"],
            '\'' => ["apos"],
            0xA0 => ["nbsp"],
            _ => Array.Empty<string>(),
        };
        string[] numbers =
        [
            $"#{rune.Value}", $"#{rune.Value:D2}", $"#{rune.Value:D3}", $"#{rune.Value:D4}", $"#x{rune.Value:x}", $"#x{rune.Value:X}",
            $"#x{rune.Value:X2}", $"#x{rune.Value:X4}", $"#x{rune.Value:x4}",
        ];
        return names.Concat(numbers).SelectMany(n => (string[])[$"&{n};", $"&amp;{n};"]);
    }

    private static string[] Quoted(Rune rune) => rune.Value switch
    {
        '\'' => ["''", @"'\''", "'\"'\"'", "`'"],
        '"' => ["\"\"", "`\""],
        '$' or '`' => ["`" + rune],
        '\n' => ["\r\n", @"\r\n", @"\\r\\n"],
        _ => [],
    };
}
