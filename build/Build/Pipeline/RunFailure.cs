using System.Runtime.ExceptionServices;
using Build.Context;
using Foundation;

namespace Build.Pipeline;

/// <summary>What becomes of a template that fails: the others go on, and the failure shows in the exit code.</summary>
internal static class RunFailure
{
    /// <summary>Notes why a template failed, and says it where others are on their way.</summary>
    public static void Fail(BuildContext context, TemplateRun run, string stage, Exception exception)
    {
        run.Failure = exception switch
        {
            OperationCanceledException => new FailureException(FailureKind.Interrupted, $"The build of {run.Template.Id} was interrupted", null, null, run.LogFile?.Folder),
            FailureException { Log: null } failure => new FailureException(failure.Kind, failure.What, failure.Why, failure.Remedy, run.LogFile?.Folder, failure),
            _ => exception,
        };
        context.Outcome.Note(run.Failure);
        if (!run.HasErrors)
        {
            context.Ci.Annotate(isError: true, $"{run.Template.Id}: {stage}", run.Failure.Message);
        }

        run.LogFile?.Write(stage, EventLevel.Error, run.Failure.Message);
        if (context.Runs.Count > 1)
        {
            run.Display?.Tell(run.Template.Id, EventLevel.Error, context.Secrets.MaskIn(run.Failure.Message));
        }
    }

    /// <summary>Fails with what made templates fail; does nothing when none did.</summary>
    /// <exception cref="FailureException">Some failed.</exception>
    public static void Throw(IReadOnlyList<TemplateRun> runs)
    {
        var failed = runs.Where(r => r.Failure is not null).ToList();
        if (failed is [var only] && runs.Count == 1)
        {
            ExceptionDispatchInfo.Throw(only.Failure!);
        }

        if (failed.Count > 0)
        {
            var kind = failed.Select(f => Outcome.Kind(f.Failure!)).Aggregate((a, b) => b == FailureKind.Interrupted ? b : a);
            throw new FailureException(
                kind, $"{failed.Count} of {runs.Count} templates failed", string.Join(" | ", failed.Select(f => $"{f.Template.Id}: {f.Failure!.Message}")));
        }
    }
}
