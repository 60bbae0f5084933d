namespace Qemu.Arguments;

/// <summary>
/// A value of a configuration that consists of named parts: <c>local-lvm:vm-100-disk-0,discard=on</c>. The part without a
/// name is the one that the key is about. The node has checked the value before.
/// </summary>
internal sealed class PropertyList
{
    private readonly Dictionary<string, string> parts;

    private PropertyList(Dictionary<string, string> parts) => this.parts = parts;

    /// <summary>The names, in no order.</summary>
    public IReadOnlyCollection<string> Names => parts.Keys;

    /// <summary>A part's value, or null.</summary>
    public string? this[string name] => parts.GetValueOrDefault(name);

    /// <summary>Reads a value.</summary>
    /// <param name="text">The value.</param>
    /// <param name="first">The name of the part that is written without one.</param>
    public static PropertyList Parse(string text, string first)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            parts[equals < 0 ? first : part[..equals]] = part[(equals + 1)..];
        }

        return new PropertyList(parts);
    }

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name, bool otherwise = false) => this[name] is { } value ? value is "1" or "on" or "yes" or "true" : otherwise;
}
