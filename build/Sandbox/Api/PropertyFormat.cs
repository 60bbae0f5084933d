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

    /// <summary>What else has to hold for the values together, as the server's validators have it; null when they are in order.</summary>
    public Func<PropertyString, string?>? Validator { get; init; }

    /// <summary>What is wrong with a property string that stands at this place, in the words of the API; null when it is in order.</summary>
    public string? Problem(string text, string path, PveVersionInfo? version = null)
    {
        try
        {
            Parse(text, path, version);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>Reads a property string.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it stands: <c>net0</c>. The errors of its keys are named below it.</param>
    /// <param name="version">The version of the server, or null for the newest.</param>
    /// <exception cref="FormatException">It is malformed; the message is the one that the API answers.</exception>
    public PropertyString Parse(string text, string path = "", PveVersionInfo? version = null)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var errors = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var hadDefault = false;
        foreach (var part in text.Split(',').Where(p => !string.IsNullOrWhiteSpace(p)))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && equals < part.Length - 1)
            {
                Add(values, part[..equals], part[(equals + 1)..]);
            }
            else if (equals >= 0)
            {
                throw new FormatException("missing key in comma-separated list property\n");
            }
            else if (DefaultKey is null)
            {
                throw new FormatException("value without key, but schema does not define a default key\n");
            }
            else if (hadDefault || values.ContainsKey(DefaultKey))
            {
                throw new FormatException($"duplicate key in comma-separated list property: {DefaultKey}\n");
            }
            else
            {
                hadDefault = true;
                values[DefaultKey] = Normal(DefaultKey, part);
            }
        }

        foreach (var (key, value) in values)
        {
            var problem = byName.TryGetValue(key, out var parameter) && !(parameter.Since9 && version?.Before9 == true)
                ? ValueCheck.Problem(parameter, value, At(path, key))
                : "property is not defined in schema and the schema does not allow additional properties";
            if (problem is not null)
            {
                errors[At(path, key)] = problem;
            }
        }

        foreach (var key in Keys.Where(k => k.Requires is { } other && values.ContainsKey(k.Name) && !values.ContainsKey(other)))
        {
            errors[At(path, key.Requires!)] = ParameterCheck.Required(At(path, key.Name), version);
        }

        foreach (var key in Keys.Where(k => !k.Optional && !values.ContainsKey(k.Name)))
        {
            errors[At(path, key.Name)] = "property is missing and it is not optional";
        }

        if (errors.Count > 0)
        {
            throw new FormatException("format error\n" + string.Concat(errors.Select(e => $"{e.Key}: {e.Value}\n")));
        }

        var read = new PropertyString(this, values);
        return Validator?.Invoke(read) is { } wrong ? throw new FormatException(wrong + "\n") : read;
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

    private static string At(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void Add(Dictionary<string, string> values, string key, string value)
    {
        if (values.ContainsKey(key))
        {
            throw new FormatException($"duplicate key in comma-separated list property: {key}\n");
        }

        if (KeyAlias is { } alias && alias.Values.Contains(key))
        {
            if (!values.TryAdd(DefaultKey!, key))
            {
                throw new FormatException($"key alias '{DefaultKey}' is already defined\n");
            }

            AddAs(values, alias.Key, value);
        }
        else if (Aliases.TryGetValue(key, out var meant))
        {
            AddAs(values, meant, value);
        }
        else
        {
            values[key] = Normal(key, value);
        }
    }

    private void AddAs(Dictionary<string, string> values, string key, string value)
    {
        if (!values.TryAdd(key, Normal(key, value)))
        {
            throw new FormatException($"key '{key}' is already defined (via alias)\n");
        }
    }

    // Within a property string a truth value has many spellings; it is stored as 0 or 1.
    private string Normal(string key, string value) =>
        byName.TryGetValue(key, out var parameter) && parameter.Type == ParameterType.Boolean && ValueCheck.Boolean(value) is { } flag
            ? flag ? "1" : "0"
            : value;
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
