namespace Sandbox.Machines;

/// <summary>Who waits for the news that what was begun in a VM has failed.</summary>
internal sealed class InstallationFailures(Lock gate)
{
    private readonly List<(int Vmid, long After, TaskCompletionSource<string> Told)> waiting = [];

    /// <summary>The number of the last start.</summary>
    public long Starts { get; private set; }

    /// <summary>Counts a start. Called under the node's lock.</summary>
    public long Count() => ++Starts;

    /// <summary>Waits until something that starts from now on in the VM has failed.</summary>
    /// <returns>Why.</returns>
    public Task<string> WaitAsync(int vmid, CancellationToken cancellation)
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            waiting.Add((vmid, Starts, told));
        }

        return told.Task.WaitAsync(cancellation);
    }

    /// <summary>Tells that it has failed. Called under the node's lock.</summary>
    public void Tell(RunningMachine machine, string why)
    {
        foreach (var one in waiting.Where(w => w.Vmid == machine.Id && machine.Number > w.After).ToList())
        {
            waiting.Remove(one);
            one.Told.TrySetResult(why);
        }
    }
}
