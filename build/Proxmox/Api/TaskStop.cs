namespace Proxmox.Api;

/// <summary>Stops a task whose result nobody wants any more, and sees it end.</summary>
internal static class TaskStop
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Asks the node to stop a task and waits a little for it. Problems are left to whoever looks at the task's object next.</summary>
    public static async Task StopAsync(ProxmoxClient client, string upid)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            if (Upid.Parse(upid) is { } task)
            {
                await client.Node(task.Node).StopTaskAsync(upid, limit.Token);
                await client.WaitForTaskAsync(upid, null, limit.Token);
            }
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException or OperationCanceledException)
        {
            // Stopped is what it should be; if it is not, it ends by itself.
        }
    }
}
