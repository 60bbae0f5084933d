using System.Globalization;
using Newtonsoft.Json.Linq;

namespace Proxmox.Api;

/// <summary>A VM's configuration, as the API answers it: name to value.</summary>
public sealed class VmConfig
{
    private readonly SortedDictionary<string, string> values = new(StringComparer.Ordinal);

    internal VmConfig(JObject data)
    {
        foreach (var property in data.Properties())
        {
            if (property.Value is JValue { Value: { } value })
            {
                values[property.Name] = value is bool flag ? (flag ? "1" : "0") : Convert.ToString(value, CultureInfo.InvariantCulture)!;
            }
        }
    }

    /// <summary>The names that have a value, sorted.</summary>
    public IEnumerable<string> Names => values.Keys;

    /// <summary>The VM's name.</summary>
    public string Name => this["name"] ?? "";

    /// <summary>The description, or an empty text.</summary>
    public string Description => this["description"] ?? "";

    /// <summary>Whether the VM is a template.</summary>
    public bool Template => PveScalarConverter.Boolean(this["template"] ?? "") == true;

    /// <summary>A value, or null.</summary>
    public string? this[string name] => values.GetValueOrDefault(name);

    /// <summary>An integer, or null when there is none or it is not one.</summary>
    public int? Number(string name) =>
        int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The drives: slot (<c>scsi0</c>) to property string, in the order of buses and numbers.</summary>
    public IEnumerable<(string Slot, PropertyString Value)> Devices(params string[] kinds) =>
        from name in Names
        let kind = kinds.FirstOrDefault(k => IsSlot(name, k))
        where kind is not null
        orderby Array.IndexOf(kinds, kind), int.Parse(name[kind.Length..], CultureInfo.InvariantCulture)
        select (name, PropertyString.Parse(values[name]));

    private static bool IsSlot(string name, string kind) =>
        name.StartsWith(kind, StringComparison.Ordinal) && name.Length - kind.Length is >= 1 and <= 3
        && name.AsSpan(kind.Length).IndexOfAnyExceptInRange('0', '9') < 0;
}
