using Build.Context;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(BuildTemplate))]
[TaskDescription("Builds the templates that --template names and leaves a record of each.")]
[IsDependentOn(typeof(PublishLatest))]
public sealed class BuildTemplate : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        if (context.Settings.Keep is { } keep)
        {
            context.ForEachRun(nameof(BuildTemplate), (run, cancellation) => Retirement.RetireAsync(context, run, keep, cancellation));
        }

        foreach (var run in context.Runs.Where(r => r.Record is not null))
        {
            // The last line of a run is the one that people look for, so it is printed after Cake's report.
            context.Outcome.Conclusions.Add(
                $"{run.Template.Id}: template {run.Vmid} on node {context.BuildEnvironment.Client.Connection.Node}. Record: {run.Record!.Path}");
        }

        RunStage.Throw(context.Runs);
        context.Information("{0} built.", string.Join(", ", context.Runs.Select(r => r.Template.Title)));
    }
}
