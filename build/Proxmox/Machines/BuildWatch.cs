using Foundation;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>A task of a VM that ended with an error.</summary>
/// <param name="Type">What it did, such as <c>qmstart</c>.</param>
/// <param name="Reason">The server's words about how it ended.</param>
/// <param name="LastLines">The last lines of its log, oldest first.</param>
public sealed record FailedTask(string Type, string Reason, IReadOnlyList<string> LastLines);

/// <summary>
/// Watches the tasks of a VM while Packer builds it, and says why the build cannot succeed. Tasks that were there before
/// the watch began do not count; no clock is compared. Log the client in as Packer is logged in: tasks of a
/// token and of its user's password are not visible to each other.
/// </summary>
public sealed class BuildWatch
{
    /// <summary>The type of the task with which the sandbox says that an installation cannot succeed.</summary>
    public const string SandboxInstall = "sandbox-install";

    private readonly ProxmoxClient client;
    private readonly NodeApi node;
    private readonly int vmid;
    private readonly HashSet<string> before;

    private BuildWatch(ProxmoxClient client, string node, int vmid, IEnumerable<string> before)
    {
        this.client = client;
        this.node = client.Node(node);
        this.vmid = vmid;
        this.before = [.. before];
    }

    /// <summary>Begins a watch: before Packer is started.</summary>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public static async Task<BuildWatch> BeginAsync(ProxmoxClient client, string node, int vmid, CancellationToken cancellation = default)
    {
        try
        {
            var tasks = await client.Node(node).GetTasksAsync(vmid, cancellation: cancellation);
            return new BuildWatch(client, node, vmid, tasks.Select(t => t.Upid));
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Looking at the tasks of VM {vmid} failed");
        }
    }

    /// <summary>
    /// Waits until an installation has failed for good; Packer alone would wait for a login until its time-out.
    /// A server that does not answer is waited for: the build may live on.
    /// </summary>
    /// <param name="log">Told when the server does not answer.</param>
    /// <param name="cancellation">Ends the watch.</param>
    public async Task<FailedTask> WaitForFailureAsync(IRunLog log, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (await FailedAsync([SandboxInstall], cancellation) is [var failed, ..])
                {
                    return failed;
                }
            }
            catch (ProxmoxApiException error)
            {
                log.Write("packer", EventLevel.Debug, $"The tasks of VM {vmid} cannot be watched: {error.Message}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), client.Options.Time, cancellation);
        }
    }

    /// <summary>All tasks of the VM that have failed since the watch began, the latest first.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public Task<IReadOnlyList<FailedTask>> FailedTasksAsync(CancellationToken cancellation = default) => FailedAsync(null, cancellation);

    private async Task<IReadOnlyList<FailedTask>> FailedAsync(string[]? types, CancellationToken cancellation)
    {
        var result = new List<FailedTask>();
        foreach (var task in await node.GetTasksAsync(vmid, types is [var only] ? only : null, cancellation: cancellation))
        {
            if (task.Failed && !before.Contains(task.Upid) && (types is null || types.Contains(task.Type)))
            {
                var log = await node.GetTaskLogAsync(task.Upid, cancellation: cancellation);
                result.Add(new FailedTask(task.Type, task.Status!, [.. log.TakeLast(5).Select(l => l.Text)]));
            }
        }

        return result;
    }
}
