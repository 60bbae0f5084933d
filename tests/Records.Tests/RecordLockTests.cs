using System.Collections.Concurrent;
using Foundation;
using Records.Sealing;

namespace Records.Tests;

public sealed class RecordLockTests
{
    [Test]
    public void Whoever_comes_while_it_is_held_waits()
    {
        using var records = new TestRecords();
        const int threads = 8;
        const int turns = 10;
        var inside = 0;
        var count = 0;
        using var start = new Barrier(threads);
        var met = new ConcurrentBag<int>();
        var all = Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < turns; i++)
            {
                using var taken = RecordLock.Take(records.Root, "builds/rocky-9");
                met.Add(Interlocked.Increment(ref inside));
                Thread.Yield();
                count++;
                Interlocked.Decrement(ref inside);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Task.WaitAll([.. all]);
        Assert.That(met, Is.All.EqualTo(1), "never two at a time");
        Assert.That(count, Is.EqualTo(threads * turns), "everyone had each turn");
    }

    [Test]
    public void Nobody_waits_for_another_subject()
    {
        using var records = new TestRecords();
        using var first = RecordLock.Take(records.Root, "builds/rocky-9");
        using var second = RecordLock.Take(records.Root, "builds/windows-2022", TimeSpan.Zero);
        Assert.That(
            Directory.GetFiles(records.Root.State).Select(f => Path.GetFileName(f)),
            Is.EquivalentTo(new[] { "builds-rocky-9.lock", "builds-windows-2022.lock" }));
    }

    [Test]
    public void Whoever_waits_too_long_is_told_who_holds_what()
    {
        using var records = new TestRecords();
        using var first = RecordLock.Take(records.Root, "builds/rocky-9");
        var failure = Assert.Throws<FailureException>(() => RecordLock.Take(records.Root, "builds/rocky-9", TimeSpan.FromMilliseconds(1)))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(
            failure.Message,
            Is.EqualTo($"The records of builds/rocky-9 cannot be changed: another run has held {Path.Combine(records.Root.State, "builds-rocky-9.lock")} for 0 minutes. Wait for that run to end, or end it."));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void A_lock_that_cannot_be_made_is_told_at_once()
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(Path.Combine(records.Root.State, "init.lock"));
        Assert.Throws<UnauthorizedAccessException>(() => RecordLock.Take(records.Root, "init"));
        Directory.Delete(records.Root.State, recursive: true);
        Directory.CreateSymbolicLink(records.Root.State, records.Folder);
        Assert.That(Assert.Throws<IOException>(() => RecordLock.Take(records.Root, "init"))!.Message, Does.Contain("is a link"));
    }
}
