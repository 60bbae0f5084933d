using Build.Context;
using Foundation;

namespace Build.Tests;

internal sealed class OutcomeTests
{
    [Test]
    public void What_was_cancelled_because_of_Ctrl_C_is_an_interruption()
    {
        var failure = Outcome.Failure(new TaskCanceledException(), interrupted: true);
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Interrupted));
        Assert.That(failure.Message, Does.Contain("interrupted"));
    }

    [Test]
    public void What_was_cancelled_otherwise_has_failed() =>
        Assert.That(Outcome.Failure(new TaskCanceledException(), interrupted: false).Kind, Is.EqualTo(FailureKind.Task));

    [Test]
    public void An_unforeseen_exception_is_told_in_one_line()
    {
        var failure = Outcome.Failure(new AggregateException(new InvalidOperationException("first\nsecond")), interrupted: true);
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(failure.Message, Does.Contain("first second").And.Contain("--verbosity=diagnostic").And.Not.Contain("\n").And.Not.Contain("   at "));
    }

    [Test]
    public void A_failure_is_told_as_it_is()
    {
        var failure = new FailureException(FailureKind.Usage, "so");
        Assert.That(Outcome.Failure(new AggregateException(failure), interrupted: true), Is.SameAs(failure));
    }
}
