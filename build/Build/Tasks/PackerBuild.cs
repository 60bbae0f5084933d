using Build.Context;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(PackerBuild))]
[TaskDescription("Runs Packer in a workspace of its own, shows what it does and keeps its whole log.")]
[IsDependentOn(typeof(StageIso))]
public sealed class PackerBuild : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) =>
        context.ForEachRun(nameof(PackerBuild), new Packing(context).RunAsync, parallel: true);
}
