namespace Proxmox.Api;

/// <summary>Waits for a task: quick at first, since most tasks are, then every two seconds.</summary>
internal static class TaskWaiter
{
    private const int LastLines = 5;

    public static async Task<TaskStatusEntry> WaitAsync(
        ProxmoxClient client, string upid, Action<string>? progress, CancellationToken cancellation)
    {
        var task = Upid.Parse(upid)
            ?? throw new ProxmoxApiException("POST", "task", $"the server's answer cannot be understood: '{upid}' is no task") { Malformed = true };
        var node = client.Watching.Node(task.Node);
        var log = new LogReader(node, upid, progress);
        for (var delay = TimeSpan.FromMilliseconds(50);; delay = Longer(delay))
        {
            var status = await node.GetTaskStatusAsync(upid, cancellation);
            var stopped = status.Status == "stopped";
            if (progress is not null || (stopped && !TaskStatusEntry.IsSuccess(status.ExitStatus ?? "")))
            {
                await log.ReadAsync(cancellation);
            }

            if (stopped && TaskStatusEntry.IsWarning(status.ExitStatus))
            {
                await WarnAsync(client, node, task, upid, cancellation);
            }

            if (stopped)
            {
                return TaskStatusEntry.IsSuccess(status.ExitStatus ?? "")
                    ? status
                    : throw new ProxmoxTaskException(task, status.ExitStatus ?? "unknown", log.Last);
            }

            await Task.Delay(delay, client.Options.Time, cancellation);
        }
    }

    /// <summary>What a task warned of is told, though it did its work.</summary>
    private static async Task WarnAsync(ProxmoxClient client, NodeApi node, Upid task, string upid, CancellationToken cancellation)
    {
        if (client.Options.Log is not { } told)
        {
            return;
        }

        var lines = TaskStatusEntry.Warnings((await node.GetTaskLogAsync(upid, cancellation: cancellation)).Select(l => l.Text)).ToList();
        told.Write(
            "proxmox", Foundation.EventLevel.Warning,
            $"The task {task.Type}{(task.Id.Length == 0 ? "" : $" of {task.Id}")} on {task.Node} warned: {(lines.Count == 0 ? "its log names no reason" : string.Join("; ", lines))}");
    }

    private static TimeSpan Longer(TimeSpan delay) => delay < TimeSpan.FromSeconds(1) ? delay * 2 : TimeSpan.FromSeconds(2);

    /// <summary>Hands out each line of a log once, and remembers the last.</summary>
    private sealed class LogReader(NodeApi node, string upid, Action<string>? progress)
    {
        private const int Page = 500;
        private readonly Queue<string> last = new();
        private int read;

        public IReadOnlyList<string> Last => [.. last];

        public async Task ReadAsync(CancellationToken cancellation)
        {
            IReadOnlyList<TaskLogLine> lines;
            do
            {
                lines = await node.GetTaskLogAsync(upid, read, Page, cancellation);
                // A task without output answers the one line "no content", numbered like a real one.
                if (lines is [{ Text: "no content" }])
                {
                    return;
                }

                foreach (var line in lines)
                {
                    progress?.Invoke(line.Text);
                    last.Enqueue(line.Text);
                    if (last.Count > LastLines)
                    {
                        last.Dequeue();
                    }
                }

                read += lines.Count;
            }
            while (lines.Count == Page);
        }
    }
}
