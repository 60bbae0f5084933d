using Build.Context;
using Build.Pipeline;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(PackerBuild))]
[TaskDescription("Runs Packer in a workspace of its own, shows what it does and keeps its whole log.")]
[IsDependentOn(typeof(StageIso))]
public sealed class PackerBuild : TemplateTask
{
    public override Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation) => new Packing(context).RunAsync(run, cancellation);
}
