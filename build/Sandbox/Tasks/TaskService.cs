using System.Collections.Concurrent;
using Sandbox.Api;

namespace Sandbox.Tasks;

/// <summary>
/// The node's tasks. As on a real node the UPID is answered at once and a worker does the work afterwards; it can be
/// polled meanwhile, and stopped.
/// </summary>
internal sealed class TaskService(NodeServices node) : IAsyncDisposable
{
    private const int MostKept = 500;
    private readonly ConcurrentDictionary<string, Worker> workers = new(StringComparer.Ordinal);
    private int nextPid = 1000 + (Environment.ProcessId % 100_000);

    private List<TaskEntry> Tasks => node.State.Tasks;

    /// <summary>Starts a worker.</summary>
    /// <param name="on">The node that it works on.</param>
    /// <param name="user">Whose task it is: a user or a token.</param>
    /// <param name="work">What it does.</param>
    /// <returns>The task, which may have ended already.</returns>
    public TaskEntry Start(string on, string user, TaskWork work)
    {
        var entry = Begin(on, work.Type, work.Id, user);
        var stop = new CancellationTokenSource();
        var log = new TaskLog(entry, stop.Token);
        var worker = new Worker(stop);
        workers[entry.Upid] = worker;
        worker.Completion = Task.Run(() => RunAsync(entry, log, work));
        return entry;
    }

    /// <summary>Starts a task that no worker of this service does.</summary>
    public TaskEntry Begin(string on, string type, string id, string user)
    {
        var entry = new TaskEntry
        {
            Node = on, Pid = Interlocked.Increment(ref nextPid), PStart = Environment.TickCount64 / 10, StartTime = node.Now, Type = type, Id = id, User = user,
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

    /// <summary>Stops a task's worker, as a signal does it; nothing happens to one that has ended.</summary>
    public void Stop(TaskEntry entry)
    {
        if (workers.TryGetValue(entry.Upid, out var worker))
        {
            worker.Stop.Cancel();
        }
    }

    /// <summary>Waits a moment for a task that is about to end.</summary>
    public Task WaitAsync(TaskEntry entry, TimeSpan atMost, CancellationToken cancellation) =>
        workers.TryGetValue(entry.Upid, out var worker)
            ? Task.WhenAny(worker.Completion, Task.Delay(atMost, cancellation))
            : Task.CompletedTask;

    /// <summary>The task of a UPID.</summary>
    /// <exception cref="ApiException">The UPID is malformed (400), or there is no such task (500).</exception>
    public TaskEntry Require(string upid)
    {
        if (!ValueCheck.Matches(@"UPID:[^:\s]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s]+:[^:\s]*:[^:\s]+:", upid))
        {
            throw ApiException.Parameter("upid", "unable to parse worker upid");
        }

        return All().FirstOrDefault(t => t.Upid == upid) ?? throw ApiException.Parameter("upid", "no such task");
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
    /// sandbox's own tasks, which a real node does not have, are for everybody who may look at the VM. In the list of
    /// tasks those of a user's tokens are missing as long as they run, as on the real server.
    /// </summary>
    public static bool IsVisible(TaskEntry task, ApiCall call, bool asListed = false) =>
        task.User == call.Caller.AuthId
        || (task.User.StartsWith(call.Caller.AuthId + "!", StringComparison.Ordinal) && !(asListed && task.ExitStatus is null))
        || call.May($"/nodes/{task.Node}", "Sys.Audit")
        || (task.Type is Machines.Simulated.SimulatedEngine.InstallTask or Machines.Real.QemuRun.RunTask && call.May($"/vms/{task.Id}", "VM.Audit"));

    /// <summary>Stops every worker and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers.Values)
        {
            worker.Stop.Cancel();
        }

        await Task.WhenAll(workers.Values.Select(w => w.Completion));
    }

    private async Task RunAsync(TaskEntry entry, TaskLog log, TaskWork work)
    {
        string status;
        var held = new List<IDisposable>();
        try
        {
            try
            {
                foreach (var wanted in work.Locks)
                {
                    held.Add(await node.ConfigLocks.TakeAsync(wanted, log.Stop));
                }

                await WorkAsync(log, work);
                if (node.Faults.Warns(work.Type))
                {
                    log.Warn("sandbox fault");
                }

                status = log.Warnings > 0 ? $"WARNINGS: {log.Warnings}" : "OK";
            }
            catch (Exception e) when (e is ApiException or OperationCanceledException or IOException or UnauthorizedAccessException)
            {
                var reason = e is OperationCanceledException ? "received interrupt" : (e as ApiException)?.InTask ?? e.Message;
                lock (node.Gate)
                {
                    status = work.Undo?.Invoke(log, reason) ?? reason;
                }
            }
        }
        finally
        {
            held.ForEach(h => h.Dispose());
        }

        lock (node.Gate)
        {
            End(entry, status);
        }

        node.Save();
        workers.TryRemove(entry.Upid, out _);
    }

    private async Task WorkAsync(TaskLog log, TaskWork work)
    {
        if (work.Begin is { } begin)
        {
            lock (node.Gate)
            {
                begin(log);
            }
        }

        if ((node.Faults.Slow(work.Type) ?? node.Options.TaskTime) is var time && time > TimeSpan.Zero)
        {
            await Task.Delay(time, node.Time, log.Stop);
        }

        log.Stop.ThrowIfCancellationRequested();
        if (node.Faults.Fails(work.Type) is { } error)
        {
            throw ApiException.Failed(error);
        }

        if (work.Do is { } once)
        {
            lock (node.Gate)
            {
                once(log);
            }

            await node.Runtime.Engine.Files.SettledAsync();
        }

        if (work.DoAsync is { } slow)
        {
            await slow(log);
            await node.Runtime.Engine.Files.SettledAsync();
        }
    }

    private sealed class Worker(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop { get; } = stop;

        public Task Completion { get; set; } = Task.CompletedTask;
    }
}
