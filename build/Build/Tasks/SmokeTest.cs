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
    public override void Run(BuildContext context)
    {
        using var leftovers = new SemaphoreSlim(1, 1);
        context.ForEachRun(
            nameof(SmokeTest),
            async (run, cancellation) =>
            {
                var test = new Proxmox.Machines.SmokeTest(context.BuildEnvironment.Client, run);
                await leftovers.WaitAsync(cancellation);
                try
                {
                    await test.RemoveLeftoversAsync(cancellation);
                }
                finally
                {
                    leftovers.Release();
                }

                run.SmokeTest = await test.RunAsync(
                    new SmokeTestRequest
                    {
                        Node = context.BuildEnvironment.Client.Connection.Node,
                        Vmid = run.Vmid!.Value,
                        Template = run.Template,
                        Chain = run.Chain,
                        SshPublicKey = run.Workspace?.SshPublicKey,
                    },
                    cancellation);
            },
            parallel: true);
    }
}
