using Build.Output;
using Build.Pipeline;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Core;
using Cake.Frosting;
using Foundation;
using Packer.Running;
using Records.Sealing;

namespace Build.Context;

/// <summary>Begins and ends a run: what would stop it at its end is said before it starts, and whatever it held is given back.</summary>
public sealed class BuildLifetime : FrostingLifetime<BuildContext>
{
    public override void Setup(BuildContext context, ISetupContext info)
    {
        var builds = info.TasksToExecute.Any(t => t.Name == nameof(Tasks.Evidence));
        if (builds || context.IsAskedFor(nameof(Tasks.Init)))
        {
            Unversioned.Require(context, builds);
        }

        context.Pipeline = new TemplatePipeline(context, info.TasksToExecute.Select(t => t.Name));
        if (!context.Settings.IsExclusive && info.TasksToExecute.Any(t => t.Name == nameof(Tasks.Validate)))
        {
            // No template, or one that cannot be read, is said before Init has asked anybody for anything.
            _ = context.Runs;
        }

        if (!context.Settings.IsExclusive && info.TasksToExecute.Any(t => t.Name == nameof(Tasks.Evidence)))
        {
            // A key that cannot sign, or records that cannot be written, are no news to wait for until a machine is built.
            _ = context.Signer;
            context.EndsInRecords = true;
            foreach (var run in context.Runs)
            {
                context.Records.RequireSealable(run.Template.Id, context.Time.GetUtcNow());
            }
        }

        // A run that died between sealing a record and publishing it left a note; the next that seals completes it.
        if (info.TasksToExecute.Any(t => t.Name == nameof(Tasks.Evidence)) && Publication.IsInterrupted(context.RecordRoot))
        {
            Publication.RecoverInterrupted(context.RecordRoot);
            context.Information("Published what a run that was cut off had sealed in {0}", context.RecordRoot.Path);
        }
    }

    public override void Teardown(BuildContext context, ITeardownContext info)
    {
        if (info.ThrownException is { } thrown)
        {
            context.Outcome.Note(thrown);
            if (!context.HasRuns || context.Runs.All(r => r.Failure is null))
            {
                // The failure of a template is told where it happens.
                context.Ci.Annotate(isError: true, "The run failed", Outcome.Failure(thrown, context.Interruption.Stop.IsCancellationRequested).Message);
            }
        }

        EndAsync(context).GetAwaiter().GetResult();
    }

    private static async Task EndAsync(BuildContext context)
    {
        await TryAsync(context, "The builds could not be ended", () => context.Pipeline.EndAsync());
        foreach (var (level, words) in context.HasRuns ? context.Runs.SelectMany(r => r.LastWords) : [])
        {
            if (level == EventLevel.Error)
            {
                context.Error("{0}", context.Secrets.MaskIn(words));
            }
            else if (level == EventLevel.Warning)
            {
                context.Warning("Warning: {0}", context.Secrets.MaskIn(words));
            }
            else
            {
                context.Information("{0}", context.Secrets.MaskIn(words));
            }
        }

        foreach (var run in context.HasRuns ? context.Runs : [])
        {
            context.Outcome.Results.Add(Told(context, run));
        }

        if (context.Outcome.Results.Count > 0)
        {
            context.Ci.Outputs(BuildResults.Outputs([.. context.Outcome.Results], path => UserPath.Of(path, context.Settings.WorkingDirectory)));
        }

        if (context.IsConnected)
        {
            await TryAsync(context, $"The environment {context.BuildEnvironment.Name} could not be closed", () => context.BuildEnvironment.DisposeAsync().AsTask());
        }

        await TryAsync(context, "The end of the run could not be completed", () => context.ReleaseAsync().AsTask());
    }

    /// <summary>What fails here is told and is in the way of nothing else: how the builds ended stays how the program ends.</summary>
    private static async Task TryAsync(BuildContext context, string what, Func<Task> end)
    {
        try
        {
            await end();
        }
        catch (Exception e)
        {
            var failure = e as FailureException ?? new FailureException(FailureKind.Task, what, e.Message, cause: e);
            context.Error("{0}", context.Secrets.MaskIn(failure.Message.ReplaceLineEndings(" ")));
        }
    }

    private static BuildResult Told(BuildContext context, TemplateRun run)
    {
        string? There(string? path) => File.Exists(path) ? path : null;
        return new BuildResult(run.Template.Id, run.Status)
        {
            Vmid = run.Vmid,
            Node = context.IsConnected ? context.BuildEnvironment.Client.Connection.Node : null,
            Record = run.Record?.Path,
            Log = There(run.LogFile?.PackerLog),
            Result = There(run.LogFile is { } log ? Path.Combine(log.Folder, RunLogFile.ResultName) : null),
            Error = run.Failure is { } failure ? context.Secrets.MaskIn(failure.Message) : null,
            Kept = run.Kept,
        };
    }
}
