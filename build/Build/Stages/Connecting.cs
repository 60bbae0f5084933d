using Build.Context;
using Build.Environments;
using Build.Output;
using Cake.Common.Diagnostics;
using Templates;

namespace Build.Stages;

/// <summary>Opens the environment that the settings choose, once. On a cluster Init sets access up only when it is asked for by name.</summary>
internal static class Connecting
{
    public static async Task ConnectAsync(BuildContext context)
    {
        if (context.IsConnected)
        {
            return;
        }

        var log = new CakeRunLog(context.Log);
        var cancellation = context.Interruption.Stop;
        if (context.Settings.UseSandbox)
        {
            if (!context.Settings.RealMachines)
            {
                context.Warning("Sandbox: this run builds on the Proxmox VE node inside this program. Nothing real is made; its records lie apart.");
            }

            var http = GuestRouting.Usable(context.Settings.GivenHttp);
            var node = await context.Sandbox.NodeAsync();
            if (node.MachinesInWords is { } machines)
            {
                context.Warning($"Sandbox: this run builds on the Proxmox VE node inside this program; its records lie apart. {machines}");
            }

            context.BuildEnvironment = await SandboxEnvironment.SetUpAsync(node, context.Settings.Cluster, http, context.Secrets, log, cancellation);
            context.Sandbox.Take();
        }
        else if (context.IsAskedFor(nameof(Tasks.Init)))
        {
            var needsPassword = context.InstalledTools.Packer.Generation == PackerGeneration.Builtin;
            context.BuildEnvironment = await new ClusterInit(context.Settings, context.Catalogue, context.Secrets, log).RunAsync(needsPassword, cancellation);
        }
        else
        {
            context.BuildEnvironment = await ClusterEnvironment.ConnectAsync(context.Settings, context.Secrets, log, cancellation);
        }

        context.IsConnected = true;
        await LeftVms.TellAsync(context);
    }
}
