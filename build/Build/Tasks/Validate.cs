using Build.Context;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Validate))]
[TaskDescription("Checks everything that can be known before a VM exists: assets, boot command, Packer's own check, VMIDs, privileges.")]
[IsDependentOn(typeof(Init))]
public sealed class Validate : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => context.ForEachRun(nameof(Validate), new Validation(context).RunAsync, parallel: true);
}
