namespace Foundation;

/// <summary>
/// A failure that the user can understand and act on: what failed, why, what to do about it and where the log is.
/// Everything that reaches the user as an error is one of these; any other exception is a defect of the program.
/// </summary>
public sealed class FailureException : Exception
{
    /// <summary>Creates a failure.</summary>
    /// <param name="kind">The kind; it decides the exit code.</param>
    /// <param name="what">What failed, as a sentence without a full stop.</param>
    /// <param name="why">The cause, as a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, as a sentence without a full stop.</param>
    /// <param name="log">The path of the log with the details.</param>
    /// <param name="cause">The exception that led to this one.</param>
    public FailureException(
        FailureKind kind, string what, string? why = null, string? remedy = null, string? log = null, Exception? cause = null)
        : base(Paragraph(what, why, remedy, log), cause)
    {
        Kind = kind;
        What = what;
        Why = why;
        Remedy = remedy;
        Log = log;
    }

    /// <summary>The kind of failure; its number is the program's exit code.</summary>
    public FailureKind Kind { get; }

    /// <summary>What failed.</summary>
    public string What { get; }

    /// <summary>The cause, when it is known.</summary>
    public string? Why { get; }

    /// <summary>What the user can do.</summary>
    public string? Remedy { get; }

    /// <summary>The path of the log with the details.</summary>
    public string? Log { get; }

    private static string Paragraph(string what, string? why, string? remedy, string? log)
    {
        var text = why is null ? Sentence(what) : Sentence($"{what}: {why}");
        if (remedy is not null)
        {
            text += " " + Sentence(remedy);
        }

        return log is null ? text : $"{text} Log: {log}";
    }

    private static string Sentence(string text)
    {
        text = text.Trim();
        return text.Length == 0 || text[^1] is '.' or '!' or '?' or ':' ? text : text + ".";
    }
}
