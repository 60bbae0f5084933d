using Build.Context;
using Build.Stages;
using Cake.Frosting;
using Proxmox.Machines;

namespace Build.Tasks;

[TaskName(nameof(SmokeTest))]
[TaskDescription("Clones the template, boots the clone, asks its guest agent, and destroys it.")]
[IsDependentOn(typeof(PackerBuild))]
public sealed class SmokeTest : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => context.ForEachRun(
        nameof(SmokeTest),
        async (run, cancellation) => run.SmokeTest = await new Proxmox.Machines.SmokeTest(context.BuildEnvironment.Client, run).RunAsync(
            new SmokeTestRequest
            {
                Node = context.BuildEnvironment.Client.Connection.Node,
                Vmid = run.Vmid!.Value,
                Template = run.Template,
                Chain = run.Chain,
            },
            cancellation),
        parallel: true);
}
