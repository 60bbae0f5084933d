namespace Installer.Boot;

/// <summary>What a boot loader starts.</summary>
/// <param name="Kernel">The kernel's path on the medium.</param>
/// <param name="Initrd">The initial RAM disk's path, or null without one.</param>
/// <param name="Arguments">The kernel's command line, word by word.</param>
/// <param name="Remarks">What the boot loader made of the line that its author may not have meant.</param>
internal sealed record BootLine(string Kernel, string? Initrd, IReadOnlyList<string> Arguments, IReadOnlyList<string> Remarks)
{
    /// <summary>The value of the last argument <c>name=value</c>, or null.</summary>
    internal string? Value(string name) =>
        Arguments.LastOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    /// <summary>Whether an argument stands there as it is.</summary>
    internal bool Has(string argument) => Arguments.Contains(argument);

    public override string ToString() => $"{Kernel} {string.Join(' ', Arguments)}";
}

/// <summary>A boot loader at the keyboard and the screen.</summary>
internal interface IBootConsole
{
    /// <summary>What is on the screen.</summary>
    string Screen { get; }

    /// <summary>Takes a key.</summary>
    /// <returns>What is started, or null as long as nothing is.</returns>
    BootLine? Press(KeyPress key);

    /// <summary>What is started when nobody touches the keyboard.</summary>
    BootLine Default();
}
