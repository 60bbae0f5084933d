using Build.Context;
using Build.Stages;
using Foundation;
using Packer.Running;

namespace Build.Pipeline;

/// <summary>
/// The end of one template's way: whatever happened, nothing of a failed build stays on the node that nobody wanted to keep,
/// and no secret on the disk. What fails here is told and is in the way of nothing else: how the build ended stays how it ended.
/// </summary>
internal static class RunEnd
{
    /// <summary>Ends a template's way, once.</summary>
    public static async Task EndAsync(BuildContext context, TemplateRun run)
    {
        if (!run.End())
        {
            return;
        }

        var id = run.Template.Id;
        await TryAsync(run, $"VM {run.Vmid} of {id} could not be looked at", "See whether it is still there", () => FailedVm.SettleAsync(context, run));
        await TryAsync(run, $"The note of VM {run.Vmid} of {id} could not be settled", "The next run looks at it again", () => LeftVms.EndAsync(context, run));
        Try(run, $"The workspace of {id} could not be put away", "Look into the runtime root", () => EndWorkspace(context, run));
        Try(run, $"The result.json of {id} could not be written", "Make room on the disk of the runtime root, or make it writable", () => run.LogFile?.WriteResult(Result(context, run)));
        Try(run, $"The log of {id} could not be closed", null, () => run.LogFile?.Dispose());
    }

    private static void EndWorkspace(BuildContext context, TemplateRun run)
    {
        using var workspace = run.Workspace;
        if (workspace is not null && context.Settings.KeepWorkspace)
        {
            run.LastWords.Add((EventLevel.Info, $"The workspace of {run.Template.Id} is kept in {workspace.Folder}, with this run's secrets in {workspace.Keep()}"));
        }
        else if (!run.Active)
        {
            workspace?.KeepWithoutSecrets();
        }
    }

    private static void Try(TemplateRun run, string what, string? remedy, Action end) =>
        TryAsync(run, what, remedy, () =>
        {
            end();
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();

    private static async Task TryAsync(TemplateRun run, string what, string? remedy, Func<Task> end)
    {
        try
        {
            await end();
        }
        catch (Exception e)
        {
            var failure = e as FailureException ?? new FailureException(FailureKind.Task, what, e.Message, remedy, cause: e);
            run.LastWords.Add((EventLevel.Error, failure.Message.ReplaceLineEndings(" ")));
        }
    }

    private static RunResult Result(BuildContext context, TemplateRun run)
    {
        var kind = run.Failure is null ? (FailureKind?)null : Outcome.Kind(run.Failure);
        return new RunResult
        {
            Status = run.Status,
            ExitCode = kind is { } k ? (int)k : 0,
            Template = run.Template.Id,
            StartedUtc = run.Times.Started.Moment.UtcDateTime,
            FinishedUtc = run.Times.Finished(UtcStamp.From(context.Time.GetUtcNow())).UtcDateTime,
            Vmid = run.Vmid,
            Node = context.IsConnected ? context.BuildEnvironment.Client.Connection.Node : null,
            LogSha256 = run.Packer?.Log.Sha256,
            LogBytes = run.Packer?.Log.Bytes,
            Record = run.Record?.Path,
            Kept = run.Kept,
            Failure = run.Failure?.Message,
        };
    }
}
