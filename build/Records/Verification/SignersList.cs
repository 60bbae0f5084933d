using System.Globalization;
using System.Text;

namespace Records.Verification;

/// <summary>
/// Reads <c>allowed_signers</c> (ssh-keygen(1), ALLOWED SIGNERS): names, options, key. Certificate authorities are not
/// supported and such lines do not count.
/// </summary>
internal sealed class SignersList
{
    /// <summary>How long the file may be.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly List<Entry> entries = [];

    private sealed record Entry(string[] Names, byte[] Key, bool IsForPurpose, DateTimeOffset? From, DateTimeOffset? Until);

    /// <summary>The list that allows nobody.</summary>
    public static SignersList Nobody => new();

    /// <summary>Reads the file; a missing one allows nobody.</summary>
    /// <exception cref="IOException">It is no file, or longer than the limit: taken as empty it would seem that somebody had removed the keys.</exception>
    public static SignersList Load(string path, string purpose)
    {
        var list = new SignersList();
        if (Directory.Exists(path))
        {
            throw new IOException("it must be a file");
        }

        var content = File.Exists(path) ? SafeFile.Read(path, MaxBytes) ?? throw new IOException($"it has more than {MaxBytes} bytes") : [];
        foreach (var raw in Encoding.UTF8.GetString(content).Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length > 0 && line[0] != '#' && Parse(line, purpose) is { } entry)
            {
                list.entries.Add(entry);
            }
        }

        return list;
    }

    /// <summary>The names under which a key may sign at a moment; null for at any time.</summary>
    public IReadOnlyList<string> NamesOf(byte[] key, DateTimeOffset? at) =>
    [
        .. entries
            .Where(e => e.IsForPurpose && e.Key.AsSpan().SequenceEqual(key) && !(at < e.From) && !(at >= e.Until))
            .SelectMany(e => e.Names),
    ];

    /// <summary>Whether a line keeps a key from signing: at some time, or for this purpose.</summary>
    public bool IsLimited(byte[] key) => entries.Any(e => e.Key.AsSpan().SequenceEqual(key) && (!e.IsForPurpose || e.From is not null || e.Until is not null));

    private static Entry? Parse(string line, string purpose)
    {
        var words = Words(line);
        var hasOptions = words.Count > 1 && !IsKeyType(words[1]);
        var options = hasOptions ? words[1] : "";
        var type = hasOptions ? 2 : 1;

        if (words.Count < type + 2 || !IsKeyType(words[type]))
        {
            return null;
        }

        var isForPurpose = true;
        DateTimeOffset? from = null;
        DateTimeOffset? until = null;
        foreach (var option in SplitQuoted(options, ','))
        {
            var (name, value) = option.Split('=', 2) is [var n, var v] ? (n.ToLowerInvariant(), v.Trim('"')) : (option.ToLowerInvariant(), "");
            switch (name)
            {
                case "":
                    break;
                case "namespaces" when value.Split(',').Contains(purpose):
                    break;
                case "valid-after" when Moment(value) is { } moment:
                    from = moment;
                    break;
                case "valid-before" when Moment(value) is { } moment:
                    until = moment;
                    break;
                default:
                    isForPurpose = false;
                    break;
            }
        }

        try
        {
            return new(words[0].Trim('"').Split(','), Convert.FromBase64String(words[type + 1]), isForPurpose, from, until);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsKeyType(string word) =>
        word is "ssh-ed25519" or "ssh-rsa" || word.StartsWith("ecdsa-sha2-nistp", StringComparison.Ordinal);

    private static DateTimeOffset? Moment(string text)
    {
        var isUtc = text.EndsWith('Z');
        var style = isUtc ? DateTimeStyles.AssumeUniversal : DateTimeStyles.AssumeLocal;
        return DateTimeOffset.TryParseExact(
            text.TrimEnd('Z'), ["yyyyMMdd", "yyyyMMddHHmm", "yyyyMMddHHmmss"], CultureInfo.InvariantCulture, style, out var moment)
            ? moment
            : null;
    }

    private static List<string> Words(string line) => [.. SplitQuoted(line.Replace('\t', ' '), ' ').Where(w => w.Length > 0)];

    private static List<string> SplitQuoted(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == separator && !quoted))
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
        }

        return parts;
    }
}
