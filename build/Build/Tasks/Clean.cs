using Build.Context;
using Build.Environments;
using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;
using Sandbox;

namespace Build.Tasks;

[TaskName(nameof(Clean))]
[TaskDescription("Removes what runs left in the runtime root (logs, workspaces, the sandbox node's state), never records.")]
public sealed class Clean : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        var settings = context.Settings;
        if (settings is { CleansVms: true, UseSandbox: false })
        {
            var log = new CakeRunLog(context.Log);
            context.BuildEnvironment = await ClusterEnvironment.ConnectAsync(settings, context.Secrets, log, context.Interruption.Stop);
            context.IsConnected = true;
            await LeftVms.DestroyAsync(context, log);
        }

        // A killed run may have left machines running, whose disks cannot go before them.
        foreach (var id in SandboxNode.EndLeft((settings.Runtime with { RealMachines = true }).SandboxState))
        {
            context.Information("Ended VM {0}, which a killed run had left running", id);
        }

        foreach (var folder in new RuntimeCleanup(settings.Runtime).Run(settings.CleansMedia))
        {
            context.Information("Removed {0}", folder);
        }
    }
}
