using Proxmox.Api;

namespace Proxmox;

/// <summary>A task on a node that ended with an error.</summary>
public sealed class ProxmoxTaskException : Exception
{
    internal ProxmoxTaskException(Upid task, string exitStatus, IReadOnlyList<string> lastLines)
        : base($"task {task.Type}{(task.Id.Length == 0 ? "" : $" of {task.Id}")} on {task.Node}: {exitStatus}")
    {
        Upid = task;
        ExitStatus = exitStatus;
        LastLines = lastLines;
    }

    /// <summary>The task.</summary>
    public Upid Upid { get; }

    /// <summary>The server's words about how it ended.</summary>
    public string ExitStatus { get; }

    /// <summary>The last lines of its log, oldest first.</summary>
    public IReadOnlyList<string> LastLines { get; }
}
