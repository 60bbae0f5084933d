using Build.Context;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Evidence))]
[TaskDescription("Seals the record.")]
[IsDependentOn(typeof(SmokeTest))]
public sealed class Evidence : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => context.ForEachRun(nameof(Evidence), async (run, _) =>
        run.Record = await BuildEvidence.SealAsync(context, run));
}
