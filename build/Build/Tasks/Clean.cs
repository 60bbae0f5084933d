using Build.Context;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Clean))]
[TaskDescription("Removes what runs left in the runtime root (logs, workspaces, the sandbox node's state), never records.")]
public sealed class Clean : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        foreach (var folder in new RuntimeCleanup(context.Settings.Runtime).Run())
        {
            context.Information("Removed {0}", folder);
        }
    }
}
