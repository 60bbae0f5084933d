using Cake.Core;

namespace Cake.Frosting.Tests;

public sealed class TaskOutcomeTests
{
    [Test]
    public void A_failure_ends_the_build_with_1_and_names_the_task()
    {
        using var build = new HostBuild(typeof(Failing), typeof(AfterFailing));

        Assert.That(build.Run("-t", "AfterFailing"), Is.EqualTo(1));
        Assert.That(build.Journal.Entries, Is.EqualTo(["Failing"]));
        Assert.That(build.Errors, Does.Contain("An error occurred when executing task 'Failing'.").And.Contain("no luck"));
        Assert.That(ReportOf(build, "Failing"), Does.Contain("Failed"));
    }

    [Test]
    public void A_stack_trace_is_shown_at_diagnostic_verbosity_only()
    {
        using var normal = new HostBuild(typeof(Failing));
        using var diagnostic = new HostBuild(typeof(Failing));
        normal.Run("-t", "Failing");
        diagnostic.Run("-t", "Failing", "-v", "diagnostic");

        Assert.That(normal.Errors + normal.Output, Does.Not.Contain("   at "));
        Assert.That(diagnostic.Errors + diagnostic.Output, Does.Contain("   at "));
    }

    [Test]
    public void A_task_that_should_not_run_is_skipped_and_its_dependents_run()
    {
        using var build = new HostBuild(typeof(Unwanted), typeof(AfterUnwanted));

        Assert.That(build.Run("-t", "AfterUnwanted"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["AfterUnwanted"]));
        Assert.That(ReportOf(build, "Unwanted"), Does.Contain("Skipped"));
    }

    [Test]
    public void ContinueOnError_goes_on()
    {
        using var build = new HostBuild(typeof(Tolerated), typeof(AfterTolerated));

        Assert.That(build.Run("-t", "AfterTolerated"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["Tolerated", "AfterTolerated"]));
    }

    [Test]
    public void An_error_handler_deals_with_the_error_and_Finally_follows()
    {
        using var build = new HostBuild(typeof(Handled), typeof(AfterHandled));

        Assert.That(build.Run("-t", "AfterHandled"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["Handled", "error: no luck", "finally", "AfterHandled"]));
    }

    [Test]
    public void An_error_handler_that_throws_ends_the_build()
    {
        using var build = new HostBuild(typeof(Rethrowing));

        Assert.That(build.Run("-t", "Rethrowing"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("worse luck"));
    }

    [Test]
    public void Finally_runs_after_success_too()
    {
        using var build = new HostBuild(typeof(Tidy));

        Assert.That(build.Run("-t", "Tidy"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["Tidy", "finally"]));
    }

    [Test]
    public void An_asynchronous_task_is_awaited()
    {
        using var build = new HostBuild(typeof(Slow), typeof(AfterSlow));

        Assert.That(build.Run("-t", "AfterSlow"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["Slow", "AfterSlow"]));
    }

    [Test]
    public void An_asynchronous_failure_is_handled_like_any_other()
    {
        using var build = new HostBuild(typeof(SlowFailing), typeof(AfterSlow), typeof(Slow));

        Assert.That(build.Run("-t", "SlowFailing"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("late bad luck"));
        Assert.That(build.Journal.Entries, Is.EqualTo(["finally"]));
    }

    [Test]
    public void A_task_may_do_nothing_but_gather_others()
    {
        using var build = new HostBuild(typeof(Tidy), typeof(Gathering));

        Assert.That(build.Run("-t", "Gathering"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["Tidy", "finally"]));
        Assert.That(ReportOf(build, "Gathering"), Does.Contain("Succeeded"));
    }

    [Test]
    public void What_a_constructor_throws_is_reported()
    {
        using var build = new HostBuild(typeof(Unbuildable));

        Assert.That(build.Run("-t", "Unbuildable"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("not to be made"));
    }

    /// <summary>The task's line in the table at the end.</summary>
    private static string ReportOf(HostBuild build, string task)
        => build.Output.Split('\n').LastOrDefault(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, _, _] && name == task)
            ?? string.Empty;

    private sealed class Failing : NotingTask
    {
        public override void Run(JournalContext context)
        {
            base.Run(context);
            throw new InvalidOperationException("no luck");
        }
    }

    [IsDependentOn(typeof(Failing))]
    private sealed class AfterFailing : NotingTask;

    private sealed class Unwanted : NotingTask
    {
        public override bool ShouldRun(JournalContext context) => false;
    }

    [IsDependentOn(typeof(Unwanted))]
    private sealed class AfterUnwanted : NotingTask;

    [ContinueOnError]
    private sealed class Tolerated : NotingTask
    {
        public override void Run(JournalContext context)
        {
            base.Run(context);
            throw new CakeException("no luck");
        }
    }

    [IsDependentOn(typeof(Tolerated))]
    private sealed class AfterTolerated : NotingTask;

    private sealed class Handled : NotingTask
    {
        public override void Run(JournalContext context)
        {
            base.Run(context);
            throw new CakeException("no luck");
        }

        public override void OnError(Exception exception, JournalContext context) => context.Note("error: " + exception.Message);

        public override void Finally(JournalContext context) => context.Note("finally");
    }

    [IsDependentOn(typeof(Handled))]
    private sealed class AfterHandled : NotingTask;

    private sealed class Rethrowing : NotingTask
    {
        public override void Run(JournalContext context) => throw new CakeException("no luck");

        public override void OnError(Exception exception, JournalContext context) => throw new CakeException("worse luck", exception);
    }

    private sealed class Tidy : NotingTask
    {
        public override void Finally(JournalContext context) => context.Note("finally");
    }

    private sealed class Slow : AsyncFrostingTask<JournalContext>
    {
        public override async Task RunAsync(JournalContext context)
        {
            await Task.Yield();
            context.Note("Slow");
        }
    }

    [IsDependentOn(typeof(Slow))]
    private sealed class AfterSlow : NotingTask;

    private sealed class SlowFailing : AsyncFrostingTask<JournalContext>
    {
        public override async Task RunAsync(JournalContext context)
        {
            await Task.Yield();
            throw new CakeException("late bad luck");
        }

        public override void Finally(JournalContext context) => context.Note("finally");
    }

    [IsDependentOn(typeof(Tidy))]
    private sealed class Gathering : FrostingTask;

    private sealed class Unbuildable : NotingTask
    {
        public Unbuildable() => throw new CakeException("not to be made");
    }
}
