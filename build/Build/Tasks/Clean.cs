using Build.Context;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;
using Sandbox;

namespace Build.Tasks;

[TaskName(nameof(Clean))]
[TaskDescription("Removes what runs left in the runtime root (logs, workspaces, the sandbox node's state), never records.")]
public sealed class Clean : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        // A killed run may have left machines running, whose disks cannot go before them.
        foreach (var id in SandboxNode.EndLeft((context.Settings.Runtime with { RealMachines = true }).SandboxState))
        {
            context.Information("Ended VM {0}, which a killed run had left running", id);
        }

        foreach (var folder in new RuntimeCleanup(context.Settings.Runtime).Run())
        {
            context.Information("Removed {0}", folder);
        }
    }
}
