using Build.Context;
using Build.Output;
using Build.Pipeline;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(BuildTemplate))]
[TaskDescription("Builds the templates that --template names and leaves a record of each.")]
[IsDependentOn(typeof(PublishLatest))]
public sealed class BuildTemplate : TemplateTask
{
    public override void Run(BuildContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            base.Run(context);
        }
        finally
        {
            // The last lines of a run are the ones that people look for, so they are printed after Cake's report.
            foreach (var conclusion in context.Runs.SelectMany(r => r.Conclusions))
            {
                context.Outcome.Conclusions.Add(conclusion);
            }
        }

        RunFailure.Throw(context.Runs);
        if (context.Runs.Where(r => r.Record is not null).Select(r => r.Template.Title).ToList() is { Count: > 0 } built)
        {
            context.Information("{0} built.", string.Join(", ", built));
        }
    }

    /// <summary>Says what there is now, and destroys what is older than what is to be kept.</summary>
    public override async Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        var record = run.Record ?? throw new FailureException(
            FailureKind.Usage, "Nothing was built", "the targets that BuildTemplate depends on have not run", "Leave out --exclusive");
        if (context.Settings.Keep is { } keep)
        {
            await Retirement.RetireAsync(context, run, keep, cancellation);
        }

        context.Ci.Page(await File.ReadAllTextAsync(Path.Combine(record.Path, "README.md"), CancellationToken.None));
        run.Conclusions.Add(
            $"{run.Template.Id}: template {run.Vmid} on node {context.BuildEnvironment.Client.Connection.Node}. "
            + $"Record: {UserPath.Of(record.Path, context.Settings.WorkingDirectory)} (read its README.md; check it with ./build.sh --target=Verify{(context.Settings.NamesRecordsFolder ? $" --records={UserPath.Of(context.Settings.RecordsFolder, context.Settings.WorkingDirectory)}" : "")})");
    }
}
