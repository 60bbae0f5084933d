using Foundation;

namespace Packer.Running;

/// <summary>Waits for Packer to end, and ends it in order when it has to.</summary>
internal sealed class PackerWatch(PackerProcess process, InterruptLimits limits, IRunLog events)
{
    /// <summary>Waits until Packer and what it started are gone. Returns the reason that the watch gave, if it did.</summary>
    /// <param name="watch">Runs beside Packer; a reason that it returns interrupts it.</param>
    /// <param name="ended">Cancelled when Packer has ended, for the watch.</param>
    /// <param name="broken">Interrupts Packer because its log cannot be written.</param>
    /// <param name="cancellation">The user interrupts Packer.</param>
    /// <param name="drop">The user does not wait any longer for an interrupted Packer.</param>
    public async Task<string?> WaitAsync(
        Func<CancellationToken, Task<string?>>? watch, CancellationTokenSource ended, CancellationToken broken, CancellationToken cancellation, CancellationToken drop)
    {
        var exit = process.WaitAsync(CancellationToken.None);
        var user = Cancelled(cancellation, ended.Token);
        var log = Cancelled(broken, ended.Token);
        var dropped = Cancelled(drop, ended.Token);
        var watching = watch is null ? null : WatchAsync(watch, ended.Token);
        string? reason = null;
        List<Task> waited = [exit, user, log, .. watching is null ? Array.Empty<Task>() : [watching]];
        while (!exit.IsCompleted)
        {
            var first = await Task.WhenAny(waited);
            if (first == watching && (reason = await watching) is null)
            {
                waited.Remove(watching);
                continue;
            }

            if (first != exit)
            {
                events.Write(PackerRunner.Stage, EventLevel.Warning, reason is null ? "Interrupting Packer; then its VM is destroyed" : $"Interrupting Packer: {reason}");
                await InterruptAsync(exit, dropped);
            }
        }

        // Packer may have failed of the very thing that the watch saw, a moment before it was heard.
        reason ??= process.ExitCode != 0 && watching is { IsCompletedSuccessfully: true } ? await watching : null;
        await ended.CancelAsync();
        await CleanUpAsync();
        return reason;
    }

    private async Task InterruptAsync(Task exit, Task dropped)
    {
        process.Interrupt();
        if (await EndsWithin(exit, limits.Cleanup, dropped))
        {
            return;
        }

        if (!dropped.IsCompleted)
        {
            events.Write(PackerRunner.Stage, EventLevel.Warning, $"Packer did not end within {limits.Cleanup.TotalSeconds:0} s of the interrupt and is terminated");
            process.Terminate();
            if (await EndsWithin(exit, limits.Grace, dropped))
            {
                return;
            }
        }

        if (dropped.IsCompleted)
        {
            events.Write(PackerRunner.Stage, EventLevel.Warning, "Interrupted a second time: Packer is killed");
        }

        process.Kill();
        await exit;
    }

    // When Packer's outer process was killed, the inner one still runs the build: it is asked to cancel. Whatever
    // else is left (a script of shell-local, say) is killed.
    private async Task CleanUpAsync()
    {
        if (process.ExitCode > 128 && process.GroupLives)
        {
            process.Interrupt();
            for (var waited = TimeSpan.Zero; process.GroupLives && waited < limits.Grace; waited += TimeSpan.FromMilliseconds(50))
            {
                await Task.Delay(50);
            }
        }

        if (process.GroupLives)
        {
            process.Kill();
        }
    }

    // A watch that fails is no reason to stop a build that may be well.
    private async Task<string?> WatchAsync(Func<CancellationToken, Task<string?>> watch, CancellationToken ended)
    {
        try
        {
            return await watch(ended);
        }
        catch (Exception e) when (!ended.IsCancellationRequested)
        {
            events.Write(PackerRunner.Stage, EventLevel.Warning, $"The build is no longer being watched: {e.Message}");
            return null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static async Task<bool> EndsWithin(Task exit, TimeSpan limit, Task dropped) => await Task.WhenAny(exit, Task.Delay(limit), dropped) == exit;

    private static Task Cancelled(CancellationToken token, CancellationToken ended)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return ended.IsCancellationRequested ? Task.CompletedTask : cancelled.Task;
    }
}
