namespace Build.Tests;

/// <summary>What Ctrl-C ends; the end-to-end tests have what it does to a run.</summary>
public sealed class InterruptionTests
{
    [Test]
    public void After_the_first_signal_only_what_is_built_goes_on_and_after_the_second_nothing()
    {
        using var interruption = new Interruption();
        Assert.That(interruption.For(built: false).IsCancellationRequested, Is.False);
        var testing = interruption.For(built: true);
        interruption.Ask();
        Assert.That(interruption.For(built: false).IsCancellationRequested, "nothing is begun, also where the signal came between two targets");
        Assert.That(testing.IsCancellationRequested, "what was under way is told");
        var recording = interruption.For(built: true);
        Assert.That(recording.IsCancellationRequested, Is.False, "what is built is still recorded");
        interruption.Ask();
        Assert.That(recording.IsCancellationRequested);
    }
}
