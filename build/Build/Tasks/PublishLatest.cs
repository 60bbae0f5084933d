using Build.Context;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(PublishLatest))]
[TaskDescription("Moves 'latest' to the new record and regenerates the index.")]
[IsDependentOn(typeof(Evidence))]
public sealed class PublishLatest : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => context.ForEachRun(nameof(PublishLatest), (run, _) =>
    {
        context.Records.PublishLatest(run.Record!);
        return Task.CompletedTask;
    });
}
