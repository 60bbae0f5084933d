using Build.Context;
using Build.Pipeline;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(SmokeTest))]
[TaskDescription("Clones the template, boots the clone, asks its guest agent, logs in to it where it can, and destroys it.")]
[IsDependentOn(typeof(PackerBuild))]
public sealed class SmokeTest : TemplateTask, IDisposable
{
    /// <summary>What a test left that was cut off is removed once, not by several at the same time.</summary>
    private readonly SemaphoreSlim leftovers = new(1, 1);

    public override async Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        await leftovers.WaitAsync(cancellation);
        try
        {
            await new Proxmox.Machines.LeftClones(context.BuildEnvironment.Client, run).RemoveAsync(cancellation);
        }
        finally
        {
            leftovers.Release();
        }

        run.SmokeTest = await new Proxmox.Machines.SmokeTest(context.BuildEnvironment.Client, run).RunAsync(CloneTest.Of(context, run), cancellation);
    }

    public void Dispose() => leftovers.Dispose();
}
