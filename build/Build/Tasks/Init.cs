using Build.Context;
using Build.Output;
using Build.Stages;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Init))]
[TaskDescription("Makes or checks access to Proxmox VE, and leaves an init record when it changed something or was asked for by name.")]
[IsDependentOn(typeof(Tools))]
public sealed class Init : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        try
        {
            await RunUntilInterruptedAsync(context);
        }
        catch (OperationCanceledException) when (context.Interruption.Stop.IsCancellationRequested)
        {
            throw new FailureException(FailureKind.Interrupted, "Init was interrupted", null, "Run it again: it does what is still missing");
        }
    }

    private static async Task RunUntilInterruptedAsync(BuildContext context)
    {
        if (context.HasRuns && context.Runs.All(r => r.SkippedFor is not null))
        {
            // There is nothing to connect for.
            return;
        }

        await Connecting.ConnectAsync(context);
        var connection = context.BuildEnvironment.Client.Connection;
        context.Information(
            "Proxmox VE {0} at {1}: node {2}, disks on {3}, ISOs on {4}, bridge {5}, login {6}",
            context.BuildEnvironment.Access.Version, connection.Url, connection.Node, connection.StorageVm, connection.StorageIso, connection.BridgeName, connection.Credentials);
        if (await InitEvidence.SealAsync(context) is { } record)
        {
            context.Information("Init record: {0}", UserPath.Of(record.Path, context.Settings.WorkingDirectory));
        }
    }
}
