namespace Foundation;

/// <summary>How much an event matters.</summary>
public enum EventLevel
{
    /// <summary>Of interest when something is being looked into.</summary>
    Debug,

    /// <summary>Progress.</summary>
    Info,

    /// <summary>Worth reading, though the run goes on.</summary>
    Warning,

    /// <summary>The reason why the run fails.</summary>
    Error,
}

/// <summary>
/// What a run tells while it happens. The console shows it and <c>events.jsonl</c> keeps it; neither concerns the
/// service that tells. Implementations mask secrets and are safe for use by several threads.
/// </summary>
public interface IRunLog
{
    /// <summary>Tells one thing.</summary>
    /// <param name="stage">The part of the run, such as <c>StageIso</c> or <c>packer</c>.</param>
    /// <param name="level">How much it matters.</param>
    /// <param name="message">One line for people.</param>
    void Write(string stage, EventLevel level, string message);
}
