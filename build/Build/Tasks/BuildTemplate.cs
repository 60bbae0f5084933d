using Build.Context;
using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(BuildTemplate))]
[TaskDescription("Builds the templates that --template names and leaves a record of each.")]
[IsDependentOn(typeof(PublishLatest))]
public sealed class BuildTemplate : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        foreach (var run in context.Runs.Where(r => r.Record is not null))
        {
            context.Ci.Page(File.ReadAllText(Path.Combine(run.Record!.Path, "README.md")));

            // The last line of a run is the one that people look for, so it is printed after Cake's report.
            context.Outcome.Conclusions.Add(
                $"{run.Template.Id}: template {run.Vmid} on node {context.BuildEnvironment.Client.Connection.Node}. "
                + $"Record: {UserPath.Of(run.Record!.Path, context.Settings.WorkingDirectory)} (read its README.md; check it with ./build.sh --target=Verify)");
        }

        if (context.Settings.Keep is { } keep)
        {
            context.ForEachRun(nameof(BuildTemplate), (run, cancellation) => Retirement.RetireAsync(context, run, keep, cancellation));
        }

        RunStage.Throw(context.Runs);
        if (context.Runs.Any(r => r.Record is null))
        {
            throw new FailureException(FailureKind.Usage, "Nothing was built", "the targets that BuildTemplate depends on have not run", "Leave out --exclusive");
        }

        context.Information("{0} built.", string.Join(", ", context.Runs.Select(r => r.Template.Title)));
    }
}
