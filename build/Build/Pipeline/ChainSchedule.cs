using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Build.Pipeline;

/// <summary>
/// Carries items through steps, each item by itself: none waits for another, except for one of the places that are there
/// at the same time. Who wants to know when all have passed a step can wait for that.
/// </summary>
/// <typeparam name="T">What goes through.</typeparam>
/// <param name="steps">The names of the steps, in order.</param>
/// <param name="step">Does one step; false ends the item's way. It throws nothing.</param>
/// <param name="end">Ends an item's way, whether it came through or not.</param>
internal sealed class ChainSchedule<T>(IReadOnlyList<string> steps, Func<T, string, Task<bool>> step, Func<T, Task> end)
{
    private readonly Dictionary<string, Gate> gates = steps.ToDictionary(s => s, _ => new Gate(), StringComparer.Ordinal);
    private Task? all;

    /// <summary>Begins.</summary>
    /// <param name="items">The items; the first ones begin first.</param>
    /// <param name="places">How many are on their way at the same time.</param>
    public void Start(IReadOnlyList<T> items, int places)
    {
        foreach (var gate in gates.Values)
        {
            gate.Expect(items.Count);
        }

        all = AllAsync(items, places);
    }

    /// <summary>Waits until every item has passed a step, or has ended before it.</summary>
    public Task PassedAsync(string name) => gates[name].Passed;

    /// <summary>Waits until every item has ended.</summary>
    public Task EndedAsync() => all ?? Task.CompletedTask;

    private async Task AllAsync(IReadOnlyList<T> items, int places)
    {
        // One that goes wrong must not keep the next from beginning.
        var errors = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = places }, async (item, _) =>
        {
            try
            {
                await GoAsync(item);
            }
            catch (Exception e)
            {
                errors.Enqueue(e);
            }
        });
        if (!errors.IsEmpty)
        {
            ExceptionDispatchInfo.Throw(errors.First());
        }
    }

    private async Task GoAsync(T item)
    {
        var at = 0;
        try
        {
            while (at < steps.Count && await step(item, steps[at]))
            {
                gates[steps[at++]].Pass();
            }
        }
        finally
        {
            for (; at < steps.Count; at++)
            {
                gates[steps[at]].Pass();
            }

            await end(item);
        }
    }

    private sealed class Gate
    {
        private readonly TaskCompletionSource passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int missing;

        public Task Passed => passed.Task;

        public void Expect(int items)
        {
            missing = items;
            if (items == 0)
            {
                passed.SetResult();
            }
        }

        public void Pass()
        {
            if (Interlocked.Decrement(ref missing) == 0)
            {
                passed.SetResult();
            }
        }
    }
}
