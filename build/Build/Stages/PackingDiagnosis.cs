using Build.Context;
using Foundation;
using Packer.Diagnosis;
using Proxmox;
using Proxmox.Access;
using Proxmox.Machines;

namespace Build.Stages;

/// <summary>Looks at the VM while Packer builds it, and says afterwards which link of the chain broke.</summary>
internal sealed class PackingDiagnosis(BuildContext context, TemplateRun run, ProxmoxClient watcher, BuildWatch watch)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<string?> denied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? written;
    private bool stopped;

    /// <summary>
    /// Runs a watch, and beside it looks now and then how much the VM has written, and whether its guest agent may be asked:
    /// without that privilege Packer would ask again and again until it runs out of time.
    /// </summary>
    public async Task<string?> ObserveAsync(Func<CancellationToken, Task<string?>> watching, CancellationToken ended)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var looking = LookAsync(end.Token);
        try
        {
            var watched = watching(end.Token);
            var reason = await await Task.WhenAny(watched, denied.Task);
            stopped = reason is not null;
            return reason;
        }
        finally
        {
            await end.CancelAsync();
            await looking;
        }
    }

    /// <summary>The failure with its cause, where more is known than Packer says.</summary>
    public async Task<FailureException> ExplainAsync(FailureException failure)
    {
        if (stopped)
        {
            // The node has said why.
            return failure;
        }

        var log = PackerLogFacts.Read(run.LogFile!.PackerLog);
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        var link = FailureTable.Find(new BuildFacts
        {
            Words = failure.Why ?? failure.What,
            Login = run.Template.Communicator == "winrm" ? "WinRM" : "SSH",
            Vmid = run.Vmid!.Value,
            Bridge = connection.Bridge,
            Storage = connection.StorageVm,
            HttpAddress = run.Template.UnattendedIso ? null : $"http://{environment.Route.HttpBindAddress}:{log.HttpPort}",
            HttpReachable = environment.Route.HttpReachable,
            TimedOut = log.TimedOut,
            AgentAnswered = log.AgentAnswered,
            Connected = log.Connected,
            Refused = log.Refused,
            DiskWritten = written,
            MissingPrivilege = log.MissingPrivilege ?? await RevokedAsync(),
            FailedTasks = await FailedTasksAsync(),
        });
        if (link is null)
        {
            return failure;
        }

        run.LogFile.Write(nameof(Tasks.PackerBuild), EventLevel.Info, $"diagnosis: {link.Link}");
        return new FailureException(failure.Kind, failure.What, link.Why, link.Remedy ?? failure.Remedy, failure.Log, failure);
    }

    /// <summary>A privilege that the login no longer has: Packer does not pass on every refusal.</summary>
    private async Task<MissingPrivilege?> RevokedAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var missing = await PrivilegeCheck.MissingAsync(watcher, AccessScope.Of(watcher.Connection, [run.Template.Vmid]), limit.Token);
            return missing is [var first, ..] ? new MissingPrivilege(first.Path, first.Privilege) : null;
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<FailedTask>> FailedTasksAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await watch.FailedTasksAsync(limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return [];
        }
    }

    private async Task LookAsync(CancellationToken ended)
    {
        var vm = watcher.Node(watcher.Connection.Node).Qemu(run.Vmid!.Value);
        try
        {
            while (true)
            {
                await Task.Delay(Interval, context.Time, ended);
                try
                {
                    var now = (await vm.GetStatusAsync(ended)).DiskWritten;
                    written = now is { } bytes && bytes > (written ?? -1) ? bytes : written;
                }
                catch (ProxmoxApiException)
                {
                    // Not there yet, or no longer.
                }

                try
                {
                    await vm.GetAgentAddressesAsync(ended);
                }
                catch (ProxmoxApiException error)
                {
                    if (error.Missing is { } missing)
                    {
                        denied.TrySetResult($"the login lacks the privilege {missing}; run the target Init as an administrator to grant it");
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The build has ended.
        }
    }
}
