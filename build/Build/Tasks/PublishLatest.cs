using Build.Context;
using Build.Pipeline;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Records.Sealing;

namespace Build.Tasks;

[TaskName(nameof(PublishLatest))]
[TaskDescription("Moves 'latest' to the new record and regenerates the index; with --exclusive for all records, as after a merge.")]
[IsDependentOn(typeof(Evidence))]
public sealed class PublishLatest : TemplateTask
{
    public override void Run(BuildContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.HasRuns)
        {
            base.Run(context);
        }
        else
        {
            PublishAll(context);
        }
    }

    public override Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        context.Records.PublishLatest(run.Record!);
        return Task.CompletedTask;
    }

    /// <summary>Nothing was built in this run: it was asked for by --exclusive.</summary>
    private static void PublishAll(BuildContext context)
    {
        foreach (var root in context.Settings.RecordRoots.Where(r => Directory.Exists(r.Path)))
        {
            Publication.PublishAll(root, context.Signer);
            context.Information("'latest' and the index are up to date in {0}", root.Path);
        }
    }
}
