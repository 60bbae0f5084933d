using Build.Output;
using Foundation;

namespace Build.Context;

/// <summary>How the run ends: the exit code of the contract, whatever the host makes of an exception.</summary>
public sealed class Outcome
{
    private FailureKind? kind;

    /// <summary>How the builds of the run ended, known at its end.</summary>
    public IList<BuildResult> Results { get; } = [];

    /// <summary>What is said at the very end, after Cake's report.</summary>
    public IList<string> Conclusions { get; } = [];

    /// <summary>Notes a failure. An interruption outweighs what it caused; otherwise the first failure counts.</summary>
    public void Note(Exception exception)
    {
        var found = Kind(exception);
        if (kind is null || found == FailureKind.Interrupted)
        {
            kind = found;
        }
    }

    /// <summary>The exit code.</summary>
    /// <param name="hostCode">What the host returned.</param>
    public int ExitCode(int hostCode) => kind is { } failure ? (int)failure : hostCode == 0 ? 0 : (int)FailureKind.Task;

    /// <summary>What the user is told of an exception that ended the run outside of every task.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="interrupted">Whether the user has asked the run to stop.</param>
    internal static FailureException Failure(Exception exception, bool interrupted) => exception switch
    {
        FailureException failure => failure,
        AggregateException { InnerExceptions.Count: > 0 } several => Failure(several.InnerExceptions[0], interrupted),
        OperationCanceledException when interrupted => new(FailureKind.Interrupted, "The run was interrupted", null, "Run it again", cause: exception),
        _ => new(
            FailureKind.Task, "The run failed", exception.Message.ReplaceLineEndings(" "),
            "Run it again with --verbosity=diagnostic to see where in the program", cause: exception),
    };

    internal static FailureKind Kind(Exception exception) => exception switch
    {
        FailureException failure => failure.Kind,
        OperationCanceledException => FailureKind.Interrupted,
        AggregateException { InnerExceptions.Count: > 0 } several => Kind(several.InnerExceptions[0]),
        _ => FailureKind.Task,
    };
}
