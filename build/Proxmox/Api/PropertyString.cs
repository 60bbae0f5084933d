namespace Proxmox.Api;

/// <summary>
/// A property string of the API: <c>local-lvm:vm-100-disk-0,iothread=1,size=10G</c>. Its first value may go without a
/// key.
/// </summary>
public sealed class PropertyString
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    private PropertyString(string text) => Text = text;

    /// <summary>The property string as it was read.</summary>
    public string Text { get; }

    /// <summary>The value that stands without a key, or an empty text.</summary>
    public string Default { get; private set; } = "";

    /// <summary>The keys in the order in which they stand.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>The value of a key, or null.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);

    /// <summary>Reads a property string; anything is one.</summary>
    public static PropertyString Parse(string text)
    {
        var result = new PropertyString(text);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                result.values[part[..equals]] = part[(equals + 1)..];
            }
            else if (result.Default.Length == 0)
            {
                result.Default = part;
            }
        }

        return result;
    }

    /// <summary>Reads a size such as <c>10G</c> or <c>528K</c>.</summary>
    /// <returns>The bytes, or null when the text is no size.</returns>
    public static long? Bytes(string? size)
    {
        if (string.IsNullOrEmpty(size))
        {
            return null;
        }

        var shift = char.ToUpperInvariant(size[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        var digits = shift == 0 ? size : size[..^1];
        return decimal.TryParse(
                digits, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var number)
            && number < 1_000_000_000_000m && number * (1L << shift) <= long.MaxValue
            ? (long)(number * (1L << shift))
            : null;
    }
}
