namespace Build.CommandLine;

/// <summary>One option of the command line.</summary>
/// <param name="Name">The name without the dashes.</param>
/// <param name="Value">What its value looks like, such as <c>&lt;dir&gt;</c>; null for a switch.</param>
/// <param name="Description">One sentence for the help.</param>
public sealed record CommandOption(string Name, string? Value, string Description)
{
    /// <summary>Whether it may be given several times.</summary>
    public bool Repeatable { get; init; }

    /// <summary>The values that it may have; empty when any may.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The environment variable that stands in for it, if any.</summary>
    public string? Variable { get; init; }

    /// <summary>Whether it is Cake's own.</summary>
    public bool OfCake { get; init; }

    /// <summary>The one-letter form, such as <c>t</c>.</summary>
    public char? Letter { get; init; }
}
