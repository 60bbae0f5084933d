namespace Sandbox.Api;

/// <summary>The JSON type of a parameter, as the API's schema names it.</summary>
internal enum ParameterType
{
    String,
    Integer,
    Number,
    Boolean,
    Array,
}

/// <summary>
/// One parameter of an endpoint, or one key of a property string, in the terms of Proxmox VE's own schema. The text of
/// <see cref="Pattern"/> is in Perl's syntax, as the schema writes it.
/// </summary>
internal sealed record Parameter(string Name, ParameterType Type)
{
    public bool Optional { get; init; }

    public string? Format { get; init; }

    /// <summary>The keys of the property string, when the value is one.</summary>
    public PropertyFormat? Properties { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public string? Pattern { get; init; }

    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Another parameter that has to be there when this one is.</summary>
    public string? Requires { get; init; }

    /// <summary>Whether Proxmox VE 8 does not have it.</summary>
    public bool Since9 { get; init; }

    /// <summary>How many numbered parameters there are (<c>net0</c> … <c>net31</c>: 32), or 0 when it has no number.</summary>
    public int Count { get; init; }

    /// <summary>The name as the schema writes it: <c>net[n]</c> for numbered ones.</summary>
    public string SchemaName => Count > 0 ? Name + "[n]" : Name;
}

/// <summary>Makes parameters in one line each. A name that ends in <c>?</c> is optional.</summary>
internal static class P
{
    public static Parameter Text(
        string name, string? format = null, int? min = null, int? max = null, string? pattern = null, string? requires = null) =>
        Make(name, ParameterType.String) with { Format = format, MinLength = min, MaxLength = max, Pattern = pattern, Requires = requires };

    public static Parameter Whole(string name, double? min = null, double? max = null, string? format = null) =>
        Make(name, ParameterType.Integer) with { Minimum = min, Maximum = max, Format = format };

    public static Parameter Number(string name, double? min = null, double? max = null) =>
        Make(name, ParameterType.Number) with { Minimum = min, Maximum = max };

    public static Parameter Flag(string name, string? requires = null) =>
        Make(name, ParameterType.Boolean) with { Requires = requires };

    public static Parameter OneOf(string name, params string[] values) =>
        Make(name, ParameterType.String) with { Values = values };

    public static Parameter Props(string name, PropertyFormat format) =>
        Make(name, ParameterType.String) with { Properties = format };

    public static Parameter Texts(string name) => Make(name, ParameterType.Array);

    /// <summary>A numbered parameter: <c>net</c> with a count of 32 stands for <c>net0</c> to <c>net31</c>.</summary>
    public static Parameter Numbered(Parameter one, int count) => one with { Count = count };

    public static Parameter Node { get; } = Text("node", "pve-node");

    public static Parameter VmId { get; } = Whole("vmid", 100, 999999999, "pve-vmid");

    public static Parameter Storage { get; } = Text("storage", "pve-storage-id");

    private static Parameter Make(string name, ParameterType type) =>
        name.EndsWith('?') ? new Parameter(name[..^1], type) { Optional = true } : new Parameter(name, type);
}
