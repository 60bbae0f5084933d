using Build.Context;
using Foundation;
using Proxmox;
using Proxmox.Machines;
using Records.Sealing;

namespace Build.Stages;

/// <summary>
/// Destroys a template's older builds after a success, and says at the end what became of each. A signed statement beside
/// the records says so before the first is destroyed, and is completed after the last.
/// </summary>
internal static class Retirement
{
    public static async Task RetireAsync(BuildContext context, TemplateRun run, int keep, CancellationToken cancellation)
    {
        var id = run.Template.Id;
        var retention = new Retention(context.BuildEnvironment.Client, run);
        try
        {
            await CompleteUnfinishedAsync(context, retention, id, cancellation);
            var older = await retention.OlderAsync(id, run.Vmid!.Value, keep, cancellation);
            if (older.Count > 0)
            {
                await RetireAsync(context, run, retention, older, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            run.Conclusions.Add($"{id}: interrupted while older builds were destroyed; the next build with --keep goes on");
        }
        catch (FailureException failure)
        {
            // The new template is built and recorded; that an old one stays does not make it a failure.
            run.Write(nameof(Tasks.BuildTemplate), EventLevel.Warning, failure.Message);
            run.Conclusions.Add($"{id}: older builds stay. {failure.Message}");
        }
    }

    private static async Task RetireAsync(BuildContext context, TemplateRun run, Retention retention, IReadOnlyList<OlderBuild> older, CancellationToken cancellation)
    {
        var id = run.Template.Id;
        var by = new DestructionBy(
            context.BuildEnvironment.Client.Connection.Url.ToString().TrimEnd('/'), run.Chain.ToString(), Environment.MachineName, Environment.UserName);
        var statement = Destruction.Begin(
            context.RecordRoot, context.Signer, id, by, [.. older.Select(b => new DoomedBuild(b.Chain, b.Vmid, b.Node, b.Name))], UtcStamp.From(context.Time.GetUtcNow()));
        var kept = older.ToDictionary(b => b.Vmid, _ => "the run ended before it was its turn");
        try
        {
            foreach (var build in older)
            {
                cancellation.ThrowIfCancellationRequested();
                if (await retention.DestroyAsync(build, cancellation) is { } why)
                {
                    kept[build.Vmid] = why;
                    run.Conclusions.Add($"{id}: kept the older build {build.Vmid} ({build.Name}): {why}");
                }
                else
                {
                    kept.Remove(build.Vmid);
                    run.Conclusions.Add($"{id}: destroyed the older build {build.Vmid} ({build.Name})");
                }
            }
        }
        catch (Exception e) when (e is ProxmoxApiException or OperationCanceledException)
        {
            // Whether the server has destroyed the one that was under way is not known: the statement stays as it is, and
            // the next build with --keep completes it with what is there then.
            throw e is ProxmoxApiException error ? ProxmoxFailure.From(error, $"Destroying older builds of {id} failed") : e;
        }

        statement.Complete(kept, context.Time.GetUtcNow());
    }

    /// <summary>Completes what runs have begun that were cut off.</summary>
    private static async Task CompleteUnfinishedAsync(BuildContext context, Retention retention, string template, CancellationToken cancellation)
    {
        foreach (var statement in Destruction.Unfinished(context.RecordRoot, context.Signer, template))
        {
            var there = await retention.StillThereAsync(template, [.. statement.Builds.Select(b => b.ChainId)], cancellation);
            statement.Complete(there.ToDictionary(b => b.Vmid, _ => "the run that was to destroy it was cut off"), context.Time.GetUtcNow());
        }
    }
}
