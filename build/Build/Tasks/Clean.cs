using Build.Context;
using Cake.Common.Diagnostics;
using Cake.Common.IO;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Clean))]
[TaskDescription("Removes runtime files (logs, workspaces, the sandbox node's state), never records.")]
public sealed class Clean : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        foreach (var folder in context.Settings.Runtime.Disposable.Where(System.IO.Directory.Exists))
        {
            context.DeleteDirectory(folder, new DeleteDirectorySettings { Recursive = true, Force = true });
            context.Information("Removed {0}", folder);
        }
    }
}
