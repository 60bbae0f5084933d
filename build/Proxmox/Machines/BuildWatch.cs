using Foundation;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>A task of a VM that ended with an error.</summary>
/// <param name="Type">What it did, such as <c>qmstart</c>.</param>
/// <param name="Reason">The server's words about how it ended.</param>
/// <param name="LastLines">The last lines of its log, oldest first.</param>
public sealed record FailedTask(string Type, string Reason, IReadOnlyList<string> LastLines);

/// <summary>
/// Knows the tasks of a VM that Packer builds, and says which of them failed. Tasks that were there before
/// the watch began do not count; no clock is compared. Log the client in as Packer is logged in: tasks of a
/// token and of its user's password are not visible to each other.
/// </summary>
public sealed class BuildWatch
{
    /// <summary>The type of the task in which the sandbox installs; a real node has none of the kind.</summary>
    public const string SandboxInstall = "sandbox-install";

    // Somebody looks at the VM: nothing of it comes of that.
    private static readonly string[] Displays = ["vncproxy", "spiceproxy", "termproxy"];

    // What the sandbox has for as long as a VM runs.
    private static readonly string[] Running = [SandboxInstall, "sandbox-qemu"];

    private readonly NodeApi node;
    private readonly int vmid;
    private HashSet<string> before = [];

    private BuildWatch(ProxmoxClient client, string node, int vmid)
    {
        this.node = client.Node(node);
        this.vmid = vmid;
    }

    /// <summary>Whether a task may last as long as its VM runs, so that nobody can wait for it.</summary>
    public static bool LastsWithTheVm(string type) => Displays.Contains(type) || Running.Contains(type);

    /// <summary>Begins a watch: before Packer is started.</summary>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public static async Task<BuildWatch> BeginAsync(ProxmoxClient client, string node, int vmid, CancellationToken cancellation = default)
    {
        var watch = new BuildWatch(client, node, vmid);
        try
        {
            await watch.ForgetAsync(cancellation);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Looking at the tasks of VM {vmid} failed");
        }

        return watch;
    }

    /// <summary>What has failed until now does not count any more.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public async Task ForgetAsync(CancellationToken cancellation = default) =>
        before = [.. (await node.GetTasksAsync(vmid, cancellation: cancellation)).Select(t => t.Upid)];

    /// <summary>All tasks of the VM that have failed since the watch began, the latest first, with their last lines.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public Task<IReadOnlyList<FailedTask>> FailedTasksAsync(CancellationToken cancellation = default) =>
        ReadAsync(t => t.Failed && !Displays.Contains(t.Type), lines => lines.TakeLast(5), cancellation);

    /// <summary>All tasks of the VM that did their work with warnings since the watch began, the latest first, with the lines that warn.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public Task<IReadOnlyList<FailedTask>> WarnedTasksAsync(CancellationToken cancellation = default) =>
        ReadAsync(t => TaskStatusEntry.IsWarning(t.Status), TaskStatusEntry.Warnings, cancellation);

    private async Task<IReadOnlyList<FailedTask>> ReadAsync(
        Func<TaskEntry, bool> wanted, Func<IEnumerable<string>, IEnumerable<string>> lines, CancellationToken cancellation)
    {
        var result = new List<FailedTask>();
        foreach (var task in (await node.GetTasksAsync(vmid, cancellation: cancellation)).Where(t => wanted(t) && !before.Contains(t.Upid)))
        {
            var log = await node.GetTaskLogAsync(task.Upid, cancellation: cancellation);
            result.Add(new FailedTask(task.Type, task.Status!, [.. lines(log.Select(l => l.Text))]));
        }

        return result;
    }
}
