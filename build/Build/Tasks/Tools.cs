using Build.Context;
using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Packer.Tools;

namespace Build.Tasks;

[TaskName(nameof(Tools))]
[TaskDescription("Finds Packer and a program that makes ISO images, and installs them where it can.")]
public sealed class Tools : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        using var http = new HttpClient();
        var finder = new ToolFinder(context.Settings.ToolsFolder, new CakeRunLog(context.Log));
        var (packer, isoMaker) = await finder.EnsureAsync(context.Settings.PackerPath, http, context.Interruption.Stop);
        context.InstalledTools = new ToolSet(packer, isoMaker);
        context.Information("Packer {0} ({1}), {2}", packer.Version, packer.Path, isoMaker.Path);
        foreach (var run in context.HasRuns ? context.Runs : [])
        {
            run.OwnChecks = Validation.OwnChecksAsync(context, run);
        }
    }
}
