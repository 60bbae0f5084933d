using Packer.Running;

namespace Packer.Tests.Running;

public sealed class PortWatchTests
{
    private const string Refusal =
        "2026/11/29 16:40:01 packer-builder-proxmox-iso plugin: Retryable error: port 8123 cannot be opened: listen tcp 203.0.113.77:8123: bind: cannot assign requested address\n";

    private readonly Clock clock = new();

    [Test]
    public void A_port_that_can_never_be_opened_ends_the_build_and_says_why()
    {
        var watch = new PortWatch(clock);
        Take(watch, Refusal);
        clock.Pass(PortWatch.Patience - TimeSpan.FromSeconds(1));
        Take(watch, Refusal);
        Assert.That(watch.GivenUp.IsCompleted, Is.False);
        clock.Pass(TimeSpan.FromSeconds(2));
        Take(watch, "some other line\n" + Refusal);
        Assert.That(watch.GivenUp.IsCompleted);
        Assert.That(watch.GivenUp.Result, Does.Contain("203.0.113.77:8123: bind: cannot assign requested address").And.Contain("--http-bind-address"));
    }

    [Test]
    public void A_port_that_was_found_ends_the_search()
    {
        var watch = new PortWatch(clock);
        Take(watch, Refusal);
        Take(watch, "2026/11/29 16:40:02 packer-builder-proxmox-iso plugin: Found available port: 8124 on IP: 127.0.0.1\n");
        clock.Pass(PortWatch.Patience);
        Take(watch, Refusal);
        Assert.That(watch.GivenUp.IsCompleted, Is.False);
    }

    private static void Take(PortWatch watch, string text) => watch.Take(System.Text.Encoding.UTF8.GetBytes(text));

    private sealed class Clock : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Pass(TimeSpan time) => now += time.Ticks;
    }
}
