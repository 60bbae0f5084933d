using Sandbox.Machines;

namespace Sandbox.Tasks;

/// <summary>
/// The work of a task, which begins when its UPID has been answered: it takes its locks, does <see cref="Begin"/>, takes
/// its time, and does the work. What it throws becomes the exit status.
/// </summary>
/// <param name="Type">The task's type, such as <c>qmcreate</c>.</param>
/// <param name="Id">What it works on, mostly a VMID.</param>
internal sealed record TaskWork(string Type, string Id)
{
    /// <summary>The locks of configurations that are held until the end, as the server's workers hold them.</summary>
    public IReadOnlyList<ConfigLock> Locks { get; init; } = [];

    /// <summary>What shows at once, such as the configuration that says <c>lock: clone</c>; under the node's lock.</summary>
    public Action<TaskLog>? Begin { get; init; }

    /// <summary>The work, under the node's lock.</summary>
    public Action<TaskLog>? Do { get; init; }

    /// <summary>Work that waits for something; it takes the node's lock itself where it needs it. Comes after <see cref="Do"/>.</summary>
    public Func<TaskLog, Task>? DoAsync { get; init; }

    /// <summary>Takes back what is there when the work fails or is stopped; under the node's lock.</summary>
    /// <remarks>It is given the reason and answers the exit status.</remarks>
    public Func<TaskLog, string, string>? Undo { get; init; }
}
