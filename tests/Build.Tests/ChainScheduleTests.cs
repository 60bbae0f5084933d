using System.Collections.Concurrent;
using Build.Pipeline;
using CsCheck;

namespace Build.Tests;

public sealed class ChainScheduleTests
{
    private static readonly string[] Steps = ["validate", "build", "seal"];

    [Test]
    public async Task One_item_goes_through_all_steps_while_another_stands_in_its_first()
    {
        var slow = new TaskCompletionSource();
        var ended = new ConcurrentDictionary<string, TaskCompletionSource> { ["quick"] = new(), ["slow"] = new() };
        var chains = new ChainSchedule<string>(
            Steps,
            async (item, step) =>
            {
                await (item == "slow" && step == "validate" ? slow.Task : Task.CompletedTask);
                return true;
            },
            item =>
            {
                ended[item].SetResult();
                return Task.CompletedTask;
            });
        chains.Start(["slow", "quick"], places: 2);
        await ended["quick"].Task;
        Assert.That(chains.PassedAsync("validate").IsCompleted, Is.False, "the slow one has not passed");

        slow.SetResult();
        await chains.EndedAsync();
        Assert.That(Steps.Select(s => chains.PassedAsync(s).IsCompletedSuccessfully), Has.All.True);
    }

    [Test]
    public async Task Nobody_to_go_is_at_the_end()
    {
        var chains = new ChainSchedule<string>(Steps, (_, _) => Task.FromResult(true), _ => Task.CompletedTask);
        chains.Start([], places: 1);
        await chains.PassedAsync("seal");
        await chains.EndedAsync();
    }

    [Test]
    public void What_goes_wrong_at_the_end_of_one_is_told_and_holds_nobody_up()
    {
        var chains = new ChainSchedule<string>(Steps, (_, _) => Task.FromResult(true), item => item == "a" ? throw new InvalidOperationException("broken") : Task.CompletedTask);
        chains.Start(["a", "b"], places: 2);
        Assert.Multiple(() =>
        {
            Assert.That(chains.EndedAsync, Throws.InvalidOperationException);
            Assert.That(Steps.Select(s => chains.PassedAsync(s).IsCompletedSuccessfully), Has.All.True);
        });
    }

    /// <summary>Whatever fails where, and however many places there are.</summary>
    [Test]
    public void Each_item_passes_the_steps_in_order_up_to_where_it_fails_and_ends_once() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 8], Gen.Int[1, 9]).Sample((failsAt, places) =>
        {
            var seen = failsAt.Select(_ => new ConcurrentQueue<string>()).ToList();
            var chains = new ChainSchedule<int>(
                Steps,
                async (item, step) =>
                {
                    seen[item].Enqueue(step);
                    await Task.Yield();
                    return Array.IndexOf(Steps, step) != failsAt[item];
                },
                item =>
                {
                    seen[item].Enqueue("end");
                    return Task.CompletedTask;
                });
            chains.Start([.. Enumerable.Range(0, failsAt.Length)], places);
            chains.EndedAsync().GetAwaiter().GetResult();
            return Enumerable.Range(0, failsAt.Length).All(i => seen[i].SequenceEqual([.. Steps.Take(failsAt[i] + 1), "end"]))
                && Steps.All(s => chains.PassedAsync(s).IsCompletedSuccessfully);
        });
}
