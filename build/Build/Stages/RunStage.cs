using System.Runtime.ExceptionServices;
using Build.Context;
using Build.Output;
using Foundation;
using Packer.Running;

namespace Build.Stages;

/// <summary>
/// Carries one target out for every build that is still alive. Builds fail independently: the others go on, and the
/// failure shows in the exit code. When none is left the target itself fails.
/// </summary>
internal static class RunStage
{
    /// <summary>Runs a target's work for each build, as many at a time as the settings allow.</summary>
    /// <param name="context">The builds.</param>
    /// <param name="stage">The target's name.</param>
    /// <param name="work">What the target does for one build.</param>
    /// <param name="parallel">Whether builds may be worked on at the same time.</param>
    public static void ForEachRun(this BuildContext context, string stage, Func<TemplateRun, CancellationToken, Task> work, bool parallel = false) =>
        context.ForEachRunAsync(stage, work, parallel).GetAwaiter().GetResult();

    private static async Task ForEachRunAsync(this BuildContext context, string stage, Func<TemplateRun, CancellationToken, Task> work, bool parallel)
    {
        var active = context.Runs.Where(r => r.Active).ToList();
        using (var display = ProgressDisplay.For(context, active.Select(r => r.Template.Id)))
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = parallel ? context.Parallel ??= await Parallelism.OfAsync(context, context.Interruption.Drop) : 1 };
            var order = options.MaxDegreeOfParallelism > 1 ? LongestFirst.Of(context.RecordRoot, active) : active;
            await Parallel.ForEachAsync(order, options, async (run, _) =>
            {
                run.Display = display;
                var token = context.Interruption.For(built: run.Packer is not null);
                try
                {
                    run.LogFile ??= new RunLogFile(context.Settings.Runtime, run.Chain, context.Secrets, context.Time);
                    run.LogFile.Write(stage, EventLevel.Info, "started");
                    token.ThrowIfCancellationRequested();
                    await work(run, token);
                    run.LogFile.Write(stage, EventLevel.Info, "done");
                }
                catch (Exception e)
                {
                    Fail(context, run, stage, e);
                }
                finally
                {
                    display.End(run.Template.Id);
                    run.Display = null;
                }
            });
        }

        if (active.Count > 0 && active.TrueForAll(r => !r.Active))
        {
            Throw(context.Runs);
        }
    }

    /// <summary>Fails with what made the builds fail.</summary>
    public static void Throw(IReadOnlyList<TemplateRun> runs)
    {
        var failed = runs.Where(r => !r.Active).ToList();
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

    private static void Fail(BuildContext context, TemplateRun run, string stage, Exception exception)
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
}
