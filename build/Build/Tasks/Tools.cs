using Build.Context;
using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Packer.Tools;
using Proxmox.Transport;

namespace Build.Tasks;

[TaskName(nameof(Tools))]
[TaskDescription("Finds Packer and a program that makes ISO images, and installs them where it can.")]
public sealed class Tools : AsyncFrostingTask<BuildContext>
{
    /// <summary>Whoever has no way to the internet should not wait long for it.</summary>
    private static readonly TimeSpan NoAnswer = TimeSpan.FromSeconds(10);

    public override async Task RunAsync(BuildContext context)
    {
        var proxies = new EnvironmentProxies(System.Environment.GetEnvironmentVariable);
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), Proxy = proxies }) { Timeout = NoAnswer };
        var finder = new ToolFinder(context.Settings.ToolsFolder, new CakeRunLog(context.Log), time: context.Time)
        {
            ForCluster = !context.Settings.UseSandbox && !context.IsAskedFor(nameof(Test)),
            AllowOld = context.Settings.AllowOldPacker,
            MayInstall = context.Settings.MayInstall,
        };
        var (packer, isoMaker) = await finder.EnsureAsync(context.Settings.PackerPath, http, context.Interruption.Stop);
        context.InstalledTools = new ToolSet(packer, isoMaker);
        context.Information("Packer {0} ({1}), {2}", packer.Version, packer.Path, isoMaker.Path);
        if (context.Settings is { UseSandbox: true, RealMachines: true })
        {
            await MachineTools.EnsureAsync(new CakeRunLog(context.Log), mayInstall: context.Settings.MayInstall, cancellation: context.Interruption.Stop);
        }

        OldPacker.Require(context);
        if (context.HasRuns)
        {
            VariableEffect.Require(context);
        }

        if (context.HasRuns)
        {
            await Unchanged.MarkAsync(context);
        }

        foreach (var run in context.HasRuns ? context.Runs.Where(r => r.Active) : [])
        {
            run.OwnChecks = Validation.OwnChecksAsync(context, run);
        }
    }
}
