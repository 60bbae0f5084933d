using System.Text;

namespace Records.Verification;

/// <summary>
/// Reads <c>SHA256SUMS</c>: lines of 64 lowercase hexadecimal digits, two blanks and a plain file name, sorted by
/// name, each ended by LF. Only this one spelling is accepted, so that the same list has one form.
/// </summary>
internal static class ChecksumList
{
    public const int MaxBytes = 64 * 1024;
    private const int HashLength = 64;

    /// <summary>The hashes by name; null when the list is malformed.</summary>
    public static IReadOnlyDictionary<string, string>? Parse(byte[] content)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        if (!text.EndsWith('\n'))
        {
            return null;
        }

        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        string? last = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.Length <= HashLength + 2 || line[HashLength] != ' ' || line[HashLength + 1] != ' ')
            {
                return null;
            }

            var hash = line[..HashLength];
            var name = line[(HashLength + 2)..];
            if (!hash.All(char.IsAsciiHexDigitLower) || !IsPlainName(name) || string.CompareOrdinal(last, name) >= 0)
            {
                return null;
            }

            sums.Add(name, hash);
            last = name;
        }

        return sums;
    }

    private static bool IsPlainName(string name) =>
        name[0] != '.'
        && name is not ("SHA256SUMS" or "SHA256SUMS.sig")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
