using Foundation;

namespace Build.Context;

/// <summary>How the run ends: the exit code of the contract, whatever the host makes of an exception.</summary>
public sealed class Outcome
{
    private FailureKind? kind;

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

    internal static FailureKind Kind(Exception exception) => exception switch
    {
        FailureException failure => failure.Kind,
        OperationCanceledException => FailureKind.Interrupted,
        AggregateException { InnerExceptions.Count: > 0 } several => Kind(several.InnerExceptions[0]),
        _ => FailureKind.Task,
    };
}
