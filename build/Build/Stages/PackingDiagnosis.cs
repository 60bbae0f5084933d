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
    private readonly BuildObserver observer = new(watcher.Watching, watcher.Connection.Node, run.Vmid!.Value);
    private bool stopped;

    /// <summary>Runs a watch, and beside it looks at the VM and at what the login may do with it.</summary>
    public async Task<string?> ObserveAsync(Func<CancellationToken, Task<string?>> watching, CancellationToken ended)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var watches = new[] { watching(end.Token), LookAsync(end.Token) };
        try
        {
            var reason = await await Task.WhenAny(watches);
            stopped = reason is not null;
            return reason;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(watches.Select(w => Task.WhenAny(w)));
        }
    }

    /// <summary>Fails when a task of the VM failed since it was made, though Packer ended well: version 1.6 drops the errors of the last ones.</summary>
    /// <exception cref="FailureException">One failed, or the server does not tell.</exception>
    public async Task RequireNoDroppedErrorAsync(string log)
    {
        IReadOnlyList<FailedTask> failed;
        try
        {
            failed = await watch.FailedTasksAsync();
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Whether the tasks of VM {run.Vmid} went well could not be read");
        }

        if (failed is [.., var first])
        {
            throw new FailureException(
                FailureKind.Packer, "Packer ended well, but the node did not do all that it was asked", $"{first.Type}: {first.Reason}", null, log);
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
        var words = failure.Why ?? failure.What;
        var failedTasks = await FailedTasksAsync();
        var missing = await MissingAsync();

        // What was refused, where that ended the build; one in the log alone counts when Packer gave up waiting.
        var refused = MissingPrivilege.Find(words) ?? MissingPrivilege.Find(failedTasks is [var first, ..] ? first.Reason : null) ?? (log.TimedOut ? log.MissingPrivilege : null);
        var lacked = missing.FirstOrDefault(m => refused?.IsFor(m.Privilege) == true);
        var link = FailureTable.Find(new BuildFacts
        {
            Words = words,
            Login = run.Template.Communicator == "winrm" ? "WinRM" : "SSH",
            Vmid = run.Vmid!.Value,
            Bridge = connection.Bridge,
            Storage = connection.StorageVm,
            HttpAddress = run.Workspace?.Http is { } http ? $"http://{http.Told}:{log.HttpPort}" : null,
            HttpReachable = environment.Route.HttpReachable,
            TimedOut = log.TimedOut,
            AgentAnswered = log.AgentAnswered,
            Connected = log.Connected,
            Told = observer.Told,
            Tried = log.Tried,
            Refused = log.Refused,
            DiskWritten = observer.DiskWritten,
            MissingPrivilege = lacked is null ? null : refused,
            AlsoMissing = missing is [var lacking, ..] ? lacking : null,
            Destroyed = await DestroyedAsync(),
            FailedTasks = failedTasks,
            WarnedTasks = await TasksAsync(watch.WarnedTasksAsync),
        });
        if (link is null)
        {
            return failure;
        }

        run.LogFile.Write(nameof(Tasks.PackerBuild), EventLevel.Info, $"diagnosis: {link.Link}");
        return new FailureException(failure.Kind, failure.What, link.Why, link.Remedy ?? failure.Remedy, failure.Log, failure);
    }

    /// <summary>The privileges that the login lacks by now: Packer does not pass on every refusal.</summary>
    private async Task<IReadOnlyList<NeededPrivilege>> MissingAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await PrivilegeCheck.MissingAsync(watcher, AccessScope.Of(watcher.Connection, [run.Template.Vmid]), limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return [];
        }
    }

    private async Task<bool> DestroyedAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await observer.WasDestroyedByOthersAsync(limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return false;
        }
    }

    private Task<IReadOnlyList<FailedTask>> FailedTasksAsync() => TasksAsync(watch.FailedTasksAsync);

    private static async Task<IReadOnlyList<FailedTask>> TasksAsync(Func<CancellationToken, Task<IReadOnlyList<FailedTask>>> read)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await read(limit.Token);
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return [];
        }
    }

    private async Task<string?> LookAsync(CancellationToken ended) => await observer.WatchAsync(ended);
}
