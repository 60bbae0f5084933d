using System.Text;

namespace Sandbox.Api;

/// <summary>
/// A property string: <c>local-lvm:vm-101-disk-0,iothread=1,size=10G</c>. One key may be left out (the default key),
/// keys may have other names, and a network card's model may stand as a key for its address
/// (<c>virtio=BC:24:11:00:00:01</c>).
/// </summary>
internal sealed class PropertyFormat
{
    private readonly Dictionary<string, Parameter> byName;

    public PropertyFormat(string? defaultKey, params Parameter[] keys)
    {
        DefaultKey = defaultKey;
        Keys = keys;
        byName = keys.ToDictionary(k => k.Name, StringComparer.Ordinal);
    }

    /// <summary>The key whose name may be left out.</summary>
    public string? DefaultKey { get; }

    public IReadOnlyList<Parameter> Keys { get; }

    /// <summary>Other names of keys.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>Values of the default key that may be written as a key, followed by the value of this key.</summary>
    public (string Key, IReadOnlyList<string> Values)? KeyAlias { get; init; }

    /// <summary>Reads a property string.</summary>
    /// <exception cref="FormatException">It is malformed; the message is the one that the API answers.</exception>
    public PropertyString Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            string key;
            string value;
            if (equals > 0 && IsKey(part[..equals]))
            {
                (key, value) = (part[..equals], part[(equals + 1)..]);
            }
            else if (DefaultKey is not null && (equals < 0 || !LooksLikeKey(part[..equals])))
            {
                (key, value) = (DefaultKey, part.Trim());
            }
            else
            {
                throw new FormatException(
                    equals < 0
                        ? "value without key, but schema does not define a default key"
                        : $"{part[..equals]}: property is not defined in schema and the schema does not allow additional properties");
            }

            Add(values, key, value);
        }

        foreach (var key in Keys.Where(k => !k.Optional && !values.ContainsKey(k.Name)))
        {
            throw new FormatException($"{key.Name}: property is missing and it is not optional");
        }

        return new PropertyString(this, values);
    }

    /// <summary>Writes a property string as the server stores it: the default key first, the others by name.</summary>
    public string Print(IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder();
        if (DefaultKey is not null && values.TryGetValue(DefaultKey, out var first))
        {
            text.Append(first);
            if (KeyAlias is { } alias && values.TryGetValue(alias.Key, out var aliased))
            {
                text.Append('=').Append(aliased);
            }
        }

        foreach (var (key, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (key != DefaultKey && key != KeyAlias?.Key)
            {
                text.Append(text.Length == 0 ? "" : ",").Append(key).Append('=').Append(value);
            }
        }

        return text.ToString();
    }

    private bool IsKey(string key) =>
        byName.ContainsKey(key) || Aliases.ContainsKey(key) || (KeyAlias?.Values.Contains(key) ?? false);

    private static bool LooksLikeKey(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private void Add(Dictionary<string, string> values, string key, string value)
    {
        if (KeyAlias is { } alias && alias.Values.Contains(key))
        {
            Add(values, DefaultKey!, key);
            key = alias.Key;
        }

        key = Aliases.GetValueOrDefault(key, key);
        var parameter = byName[key];
        if (values.ContainsKey(key))
        {
            throw new FormatException($"duplicate key in comma-separated list property: {key}");
        }

        if (ValueCheck.Problem(parameter, value) is { } problem)
        {
            throw new FormatException($"{key}: {problem}");
        }

        values[key] = parameter.Type == ParameterType.Boolean ? ValueCheck.Boolean(value) == true ? "1" : "0" : value;
    }
}

/// <summary>A property string that was read.</summary>
internal sealed class PropertyString(PropertyFormat format, Dictionary<string, string> values)
{
    public string? this[string key]
    {
        get => values.GetValueOrDefault(key);
        set
        {
            if (value is null)
            {
                values.Remove(key);
            }
            else
            {
                values[key] = value;
            }
        }
    }

    public bool Flag(string key) => this[key] == "1";

    public override string ToString() => format.Print(values);
}
