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
        }

        EndAsync(context).GetAwaiter().GetResult();
    }

    private static async Task EndAsync(BuildContext context)
    {
        foreach (var run in context.HasRuns ? context.Runs : [])
        {
            await EndAsync(context, run);
        }

        if (context.IsConnected)
        {
            await context.BuildEnvironment.DisposeAsync();
        }

        await context.ReleaseAsync();
    }

    private static async Task EndAsync(BuildContext context, TemplateRun run)
    {
        // What has a record stays, whatever went wrong after the seal.
        if (run is { Active: false, MayHaveVm: true, Record: null, Vmid: { } vmid })
        {
            var node = context.BuildEnvironment.Client.Connection.Node;
            await new BuildCleanup(context.BuildEnvironment.Client, run).RemoveVmAsync(new BuildIdentity(node, vmid, run.VmName, run.Chain));
        }

        if (run.LogFile is { } log)
        {
            log.WriteResult(Result(context, run));
            log.Dispose();
        }

        if (run.Workspace is { } workspace)
        {
            if (context.Settings.KeepWorkspace)
            {
                context.Information("The workspace of {0} is kept in {1}, with this run's secrets in {2}", run.Template.Id, workspace.Folder, workspace.Keep());
            }
            else if (!run.Active)
            {
                workspace.KeepWithoutSecrets();
            }

            workspace.Dispose();
        }
    }

    private static RunResult Result(BuildContext context, TemplateRun run)
    {
        var kind = run.Failure is null ? (FailureKind?)null : Outcome.Kind(run.Failure);
        return new RunResult
        {
            Status = kind switch { null => "success", FailureKind.Interrupted => "interrupted", _ => "failed" },
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
