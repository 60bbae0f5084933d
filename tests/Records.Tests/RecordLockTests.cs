using Foundation;
using Records.Sealing;

namespace Records.Tests;

public sealed class RecordLockTests
{
    [Test]
    public async Task Whoever_comes_second_waits_for_the_first_and_nobody_for_another_subject()
    {
        using var records = new TestRecords();
        var first = RecordLock.Take(records.Root, "builds/rocky-9");
        using (RecordLock.Take(records.Root, "builds/windows-2022"))
        {
        }

        Assert.That(
            Directory.GetFiles(records.Root.State).Select(f => Path.GetFileName(f)),
            Is.EquivalentTo(new[] { "builds-rocky-9.lock", "builds-windows-2022.lock" }));
        var released = false;
        var started = new TaskCompletionSource();
        var second = Task.Run(() =>
        {
            started.SetResult();
            using var taken = RecordLock.Take(records.Root, "builds/rocky-9");
            return Volatile.Read(ref released);
        });
        await started.Task;
        Volatile.Write(ref released, true);
        first.Dispose();
        Assert.That(await second, "it had the lock only after it was released");
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
