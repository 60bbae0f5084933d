using Packer.Tools;

namespace Packer.Tests.Tools;

[Platform("Linux")]
public sealed class ToolHostTests
{
    // A process of another user, as sudo makes it; an administrator who may end every process tests the interrupt alone.
    private static string[] OtherUser => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--clear-groups"] : ["sudo", "-n"];

    [Test]
    public async Task An_interrupt_stays_one_though_the_program_may_not_be_ended()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync(TimeSpan.FromMinutes(1), stop);
        Assert.That(await Assert.CatchAsync(() => run), Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Taking_too_long_is_told_though_the_program_may_not_be_ended() =>
        Assert.That((await RunAsync(TimeSpan.FromSeconds(1), null)).ExitCode, Is.EqualTo(124));

    private static Task<Finished> RunAsync(TimeSpan limit, CancellationTokenSource? whenStarted)
    {
        var program = ToolHost.Current().Programs(OtherUser[0]).FirstOrDefault();
        Assume.That(program, Is.Not.Null);
        return ToolHost.RunAsync(
            program!, [.. OtherUser[1..], "sh", "-c", "echo started; exec sleep 10"], limit, _ => whenStarted?.Cancel(), cancellation: whenStarted?.Token ?? default);
    }
}
