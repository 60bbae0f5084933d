namespace Unattended;

/// <summary>What a finding means for the installation.</summary>
public enum FindingSeverity
{
    /// <summary>The installation goes on, though perhaps not as meant.</summary>
    Warning,

    /// <summary>The installation stops, asks a question, or ends in a system that is of no use.</summary>
    Error,
}

/// <summary>Something about an unattended file that its author should know.</summary>
/// <param name="Severity">What it means for the installation.</param>
/// <param name="Code">A stable name such as <c>kickstart-unknown-command</c>.</param>
/// <param name="Message">What the real installer would do, and what to change.</param>
/// <param name="File">The file's name.</param>
/// <param name="Line">The line, from 1; 0 when it concerns the whole file.</param>
/// <param name="Column">The column, from 1; 0 when it concerns the whole line.</param>
public sealed record Finding(FindingSeverity Severity, string Code, string Message, string File, int Line = 0, int Column = 0)
{
    /// <summary>Whether the installation cannot be used.</summary>
    public bool IsError => Severity == FindingSeverity.Error;

    /// <summary>Whether the installation itself completes, and only the installed system is of no use.</summary>
    public bool AfterInstallation { get; init; }

    /// <summary>The finding as a compiler would print it: <c>ks.cfg:3: message</c>.</summary>
    public override string ToString() => (Line, Column) switch
    {
        (0, _) => $"{File}: {Message}",
        (_, 0) => $"{File}:{Line}: {Message}",
        _ => $"{File}:{Line}:{Column}: {Message}",
    };
}
