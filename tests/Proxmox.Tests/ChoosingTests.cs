using Foundation;

namespace Proxmox.Tests;

internal sealed class ChoosingTests
{
    private static readonly string[] Two = ["a", "b"];

    private static Task<string?> Among(Choosing choosing, string kind, string argument, IReadOnlyList<string> candidates, string wish = "") =>
        choosing.AmongAsync(kind, argument, wish, candidates, c => c, c => $"{c} (big)");

    [Test]
    public async Task All_that_is_open_is_told_at_once()
    {
        var choosing = new Choosing(null, default);
        Assert.That(await Among(choosing, "bridge", "--bridge", Two), Is.Null);
        Assert.That(await Among(choosing, "storage for disks", "--storage-vm", ["c"]), Is.EqualTo("c"));
        Assert.That(await Among(choosing, "storage for ISOs", "--storage-iso", Two), Is.Null);
        var failure = Assert.Throws<FailureException>(choosing.RequireAll)!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain("bridge (a (big), b (big))").And.Contain("storage for ISOs").And.Contain("Choose with --bridge=<name>, --storage-iso=<name>"));
    }

    [Test]
    public async Task Who_is_there_is_asked_for_each()
    {
        var asked = new List<string>();
        var choosing = new Choosing((kind, candidates, _) => { asked.Add($"{kind}: {candidates[1].Description}"); return Task.FromResult(candidates[1].Name); }, default);
        Assert.That(await Among(choosing, "bridge", "--bridge", Two), Is.EqualTo("b"));
        Assert.That(await Among(choosing, "storage", "--storage-vm", ["c"]), Is.EqualTo("c"));
        Assert.That(await Among(choosing, "storage", "--storage-iso", Two, "a"), Is.EqualTo("a"), "what was named is not asked for");
        Assert.DoesNotThrow(choosing.RequireAll);
        Assert.That(asked, Is.EqualTo(new[] { "bridge: b (big)" }));
    }
}
