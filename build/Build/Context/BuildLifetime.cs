using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Core;
using Cake.Frosting;
using Foundation;
using Packer.Running;
using Proxmox.Machines;
using Records.Sealing;

namespace Build.Context;

/// <summary>Begins and ends a run: whatever happened, nothing of a failed build stays on the node, and no secret on the disk.</summary>
public sealed class BuildLifetime : FrostingLifetime<BuildContext>
{
    public override void Setup(BuildContext context, ISetupContext info)
    {
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
            if (!context.HasRuns || context.Runs.All(r => r.Active))
            {
                // The failure of a template is told where it happens.
                context.Ci.Annotate(isError: true, "The run failed", Outcome.Failure(thrown, context.Interruption.Stop.IsCancellationRequested).Message);
            }
        }

        EndAsync(context).GetAwaiter().GetResult();
    }

    /// <summary>
    /// What fails here is told and is in the way of nothing else: the next run's VM and secrets go all the same, and how
    /// the builds ended stays how the program ends.
    /// </summary>
    private static async Task EndAsync(BuildContext context)
    {
        foreach (var run in context.HasRuns ? context.Runs : [])
        {
            var id = run.Template.Id;
            await TryAsync(context, $"VM {run.Vmid} of {id} could not be looked at", "See whether it is still there", () => RemoveVmAsync(context, run));
            await TryAsync(context, $"The note of VM {run.Vmid} of {id} could not be settled", "The next run looks at it again", () => LeftVms.EndAsync(context, run));
            Try(context, $"The workspace of {id} could not be put away", "Look into the runtime root", () => EndWorkspace(context, run));
            Try(context, $"The result.json of {id} could not be written", "Make room on the disk of the runtime root, or make it writable", () => run.LogFile?.WriteResult(Result(context, run)));
            Try(context, $"The log of {id} could not be closed", null, () => run.LogFile?.Dispose());
            context.Outcome.Results.Add(Told(context, run));
        }

        if (context.Outcome.Results.Count > 0)
        {
            context.Ci.Outputs(BuildResults.Outputs([.. context.Outcome.Results], path => UserPath.Of(path, context.Settings.WorkingDirectory)));
        }

        if (context.IsConnected)
        {
            await TryAsync(context, $"The environment {context.BuildEnvironment.Name} could not be closed", null, () => context.BuildEnvironment.DisposeAsync().AsTask());
        }

        await TryAsync(context, "The end of the run could not be completed", null, () => context.ReleaseAsync().AsTask());
    }

    private static async Task RemoveVmAsync(BuildContext context, TemplateRun run)
    {
        // What has a record stays, whatever went wrong after the seal.
        if (run is { Active: false, MayHaveVm: true, Record: null, Vmid: { } vmid })
        {
            var node = context.BuildEnvironment.Client.Connection.Node;
            await new BuildCleanup(context.BuildEnvironment.Client, run).RemoveVmAsync(new BuildIdentity(node, vmid, run.VmName, run.Chain) { Smbios = run.Smbios });
        }
    }

    private static void EndWorkspace(BuildContext context, TemplateRun run)
    {
        using var workspace = run.Workspace;
        if (workspace is not null && context.Settings.KeepWorkspace)
        {
            context.Information("The workspace of {0} is kept in {1}, with this run's secrets in {2}", run.Template.Id, workspace.Folder, workspace.Keep());
        }
        else if (!run.Active)
        {
            workspace?.KeepWithoutSecrets();
        }
    }

    private static void Try(BuildContext context, string what, string? remedy, Action end) =>
        TryAsync(context, what, remedy, () =>
        {
            end();
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();

    private static async Task TryAsync(BuildContext context, string what, string? remedy, Func<Task> end)
    {
        try
        {
            await end();
        }
        catch (Exception e)
        {
            var failure = e as FailureException ?? new FailureException(FailureKind.Task, what, e.Message, remedy, cause: e);
            context.Error("{0}", context.Secrets.MaskIn(failure.Message.ReplaceLineEndings(" ")));
        }
    }

    private static BuildResult Told(BuildContext context, TemplateRun run)
    {
        string? There(string? path) => File.Exists(path) ? path : null;
        return new BuildResult(run.Template.Id, Status(run))
        {
            Vmid = run.Vmid,
            Node = context.IsConnected ? context.BuildEnvironment.Client.Connection.Node : null,
            Record = run.Record?.Path,
            Log = There(run.LogFile?.PackerLog),
            Result = There(run.LogFile is { } log ? Path.Combine(log.Folder, RunLogFile.ResultName) : null),
            Error = run.Failure is { } failure ? context.Secrets.MaskIn(failure.Message) : null,
        };
    }

    private static string Status(TemplateRun run) => run.Failure is null ? "success" : Outcome.Kind(run.Failure) == FailureKind.Interrupted ? "interrupted" : "failed";

    private static RunResult Result(BuildContext context, TemplateRun run)
    {
        var kind = run.Failure is null ? (FailureKind?)null : Outcome.Kind(run.Failure);
        return new RunResult
        {
            Status = Status(run),
            ExitCode = kind is { } k ? (int)k : 0,
            Template = run.Template.Id,
            StartedUtc = run.Chain.Stamp.Moment.UtcDateTime,
            FinishedUtc = context.Time.GetUtcNow().UtcDateTime,
            Vmid = run.Vmid,
            Node = context.IsConnected ? context.BuildEnvironment.Client.Connection.Node : null,
            LogSha256 = run.Packer?.Log.Sha256,
            LogBytes = run.Packer?.Log.Bytes,
            Record = run.Record?.Path,
            Failure = run.Failure?.Message,
        };
    }
}
