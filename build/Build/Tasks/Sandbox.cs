using Build.Context;
using Build.Environments;
using Build.Output;
using Cake.Common.Diagnostics;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Sandbox))]
[TaskDescription("Runs the sandbox node alone until Ctrl-C, for any Proxmox VE client.")]
public sealed class Sandbox : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        await using var node = await SandboxEnvironment.StartNodeAsync(context.Settings, context.Catalogue, forAnyClient: true, context.Interruption.Stop);
        if (node.SetAside is { } aside)
        {
            context.Warning($"The sandbox's state is of another version of this program: it lies in {aside} now, and the sandbox begins anew.");
        }

        SandboxAnnouncement.Print(node, context.Settings.JsonOutput);
        await Task.Delay(Timeout.Infinite, context.Interruption.Stop).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
