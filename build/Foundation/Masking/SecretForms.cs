using System.Net;
using System.Text;
using System.Text.Json;

namespace Foundation.Masking;

/// <summary>
/// The forms of a secret that are searched: the text itself and its base64 (both alphabets, from UTF-8 and from
/// UTF-16LE as PowerShell's <c>-EncodedCommand</c> has it), each in any escaping; the base64 also wrapped into lines,
/// and made of the text as JSON, a URL, XML or quotes in PowerShell and a shell escape it; and its bytes in UTF-16LE. A secret of several lines is found
/// with either line ending, without its last one, and line by line, since a log puts its own text before each line.
/// </summary>
internal static class SecretForms
{
    private const int Shortest = 4;

    // A shorter line, such as a brace, is no secret by itself and stands everywhere.
    private const int ShortestLine = 8;

    /// <summary>The patterns of one secret.</summary>
    public static IEnumerable<ISecretPattern> Of(string secret)
    {
        var texts = Variants(secret).Distinct(StringComparer.Ordinal).ToList();
        var encoded = texts.Concat(texts.SelectMany(Escaped)).Distinct(StringComparer.Ordinal)
            .SelectMany(t => InBase64(Encoding.UTF8.GetBytes(t)).Concat(InBase64(Encoding.Unicode.GetBytes(t))))
            .Distinct(StringComparer.Ordinal).ToList();
        return texts.Select(t => (ISecretPattern)new SecretText(t))
            .Concat(encoded.Select(t => new SecretText(t, mayWrap: true)))
            .Concat(encoded.Where(IsWrapped).Select(t => new SecretText(t[(SecretText.AnchorLength - 1)..], mayWrap: true)))
            .Concat(texts.Select(t => new SecretBytes(Encoding.Unicode.GetBytes(t))));
    }

    private static IEnumerable<string> Variants(string secret)
    {
        yield return secret;
        var unix = secret.Replace("\r\n", "\n", StringComparison.Ordinal);
        var lines = unix.Split('\n').Select(l => l.Trim()).ToList();
        string[] others = [unix, unix.Replace("\n", "\r\n", StringComparison.Ordinal), secret.Trim(), unix.Trim()];
        foreach (var text in others.Where(t => t.Length >= Shortest).Concat(lines.Where(l => l.Length >= (lines.Count > 1 ? ShortestLine : Shortest))))
        {
            yield return text;
        }
    }

    private static IEnumerable<string> Escaped(string text) =>
    [
        JsonSerializer.Serialize(text)[1..^1], JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
        Uri.EscapeDataString(text), WebUtility.UrlEncode(text), WebUtility.HtmlEncode(text),
        text.Replace("'", "''", StringComparison.Ordinal), text.Replace("'", @"'\''", StringComparison.Ordinal), InPowerShellQuotes(text),
    ];

    // "…" there: the backtick escapes.
    private static string InPowerShellQuotes(string text) =>
        string.Concat(text.Select(c => c is '"' or '$' or '`' ? "`" + c : c.ToString()));

    /// <summary>
    /// Where a line ends within the first characters, the search, which begins with four of them, begins behind the
    /// line's end. URL-safe base64 is never wrapped.
    /// </summary>
    private static bool IsWrapped(string own) => own.Length >= SecretText.AnchorLength - 1 + ShortestLine && !own.Contains('-') && !own.Contains('_');

    /// <summary>
    /// The characters that a run of bytes determines wholly inside longer base64, for each of the three places at
    /// which it may begin in a group. The characters at either edge carry bits of the neighbours as well: they are
    /// not the secret's own and stay, which leaves at most four bits at each edge.
    /// </summary>
    private static IEnumerable<string> InBase64(byte[] bytes)
    {
        for (var before = 0; before < 3; before++)
        {
            var encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var first = ((8 * before) + 5) / 6;
            var behind = 8 * (before + bytes.Length) / 6;
            var own = encoded[first..behind];
            yield return own;
            yield return own.Replace('+', '-').Replace('/', '_');
        }
    }
}
