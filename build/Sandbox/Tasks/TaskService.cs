using Sandbox.Api;

namespace Sandbox.Tasks;

/// <summary>
/// The node's tasks. Work that takes a real node minutes is done here when it is asked for, so that a task has ended
/// by the time that its UPID is answered.
/// </summary>
internal sealed class TaskService(NodeServices node) : IDisposable
{
    private const int MostKept = 500;
    private readonly CancellationTokenSource closing = new();
    private int nextPid = 1000 + (Environment.ProcessId % 100_000);

    private List<TaskEntry> Tasks => node.State.Tasks;

    /// <summary>Does the work as a task. What it throws becomes the exit status.</summary>
    /// <returns>The UPID.</returns>
    public string Run(string type, string id, string user, Action<TaskLog> work)
    {
        var entry = Begin(type, id, user);
        Do(entry, work);
        return entry.Upid;
    }

    /// <summary>
    /// Does the work as a task that takes time: the UPID is answered at once, the work is done when the time has passed.
    /// Without any time it has ended when its UPID is answered, as all others.
    /// </summary>
    public string RunFor(TimeSpan duration, string type, string id, string user, Action<TaskLog> work)
    {
        if (duration <= TimeSpan.Zero)
        {
            return Run(type, id, user, work);
        }

        var entry = Begin(type, id, user);
        _ = EndLaterAsync(duration, entry, work);
        return entry.Upid;
    }

    /// <summary>Ends what is still to be done: the node stops.</summary>
    public void Dispose()
    {
        closing.Cancel();
        closing.Dispose();
    }

    /// <summary>Starts a task that ends later.</summary>
    public TaskEntry Begin(string type, string id, string user)
    {
        var entry = new TaskEntry
        {
            Node = node.Options.NodeName, Pid = Interlocked.Increment(ref nextPid), PStart = Environment.TickCount64 / 10,
            StartTime = node.Now, Type = type, Id = id, User = user,
        };
        lock (Tasks)
        {
            Tasks.Add(entry);
            if (Tasks.Count > MostKept)
            {
                Tasks.RemoveRange(0, Tasks.Count - MostKept);
            }
        }

        return entry;
    }

    /// <summary>Ends a task.</summary>
    /// <param name="entry">The task.</param>
    /// <param name="status"><c>OK</c>, <c>WARNINGS: n</c> or the error, one line.</param>
    public void End(TaskEntry entry, string status)
    {
        status = status.ReplaceLineEndings(" ");
        new TaskLog(entry).Write(status == "OK" ? "TASK OK" : status.StartsWith("WARNINGS", StringComparison.Ordinal) ? $"TASK {status}" : $"TASK ERROR: {status}");
        entry.EndTime = node.Now;
        entry.ExitStatus = status;
        node.Log($"task {entry.Type} {entry.Id}: {status}");
    }

    /// <summary>The task of a UPID.</summary>
    /// <exception cref="ApiException">The UPID is malformed (400), or there is no such task (500).</exception>
    public TaskEntry Require(string upid)
    {
        if (!ValueCheck.Matches(@"UPID:[^:\s]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s]+:[^:\s]*:[^:\s]+:", upid))
        {
            throw ApiException.Parameter("upid", "unable to parse worker upid");
        }

        return All().FirstOrDefault(t => t.Upid == upid) ?? throw ApiException.Failed("no such task");
    }

    /// <summary>A copy of the list.</summary>
    public IReadOnlyList<TaskEntry> All()
    {
        lock (Tasks)
        {
            return [.. Tasks];
        }
    }

    /// <summary>
    /// Whether the caller may see the task: it is its own or its token's, or the caller audits the node. The
    /// sandbox's own tasks, which a real node does not have, are for everybody who may look at the VM.
    /// </summary>
    public static bool IsVisible(TaskEntry task, ApiCall call) =>
        task.User == call.Caller.AuthId || task.User.StartsWith(call.Caller.AuthId + "!", StringComparison.Ordinal)
        || call.May($"/nodes/{task.Node}", "Sys.Audit")
        || (task.Type == Machines.MachineRuntime.InstallTask && call.May($"/vms/{task.Id}", "VM.Audit"));

    private async Task EndLaterAsync(TimeSpan duration, TaskEntry entry, Action<TaskLog> work)
    {
        try
        {
            await Task.Delay(duration, node.Time, closing.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (node.Gate)
        {
            Do(entry, work);
        }

        node.Save();
    }

    private void Do(TaskEntry entry, Action<TaskLog> work)
    {
        try
        {
            work(new TaskLog(entry));
            End(entry, "OK");
        }
        catch (ApiException e)
        {
            End(entry, e.InTask);
        }
    }
}
