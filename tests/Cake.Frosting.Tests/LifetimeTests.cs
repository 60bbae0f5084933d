using Cake.Core;

namespace Cake.Frosting.Tests;

public sealed class LifetimeTests
{
    [Test]
    public void Setup_and_teardown_run_once_around_the_tasks()
        => Assert.That(Run("Second"), Is.EqualTo(["setup Second of 2", "First", "Second", "teardown ok"]));

    [Test]
    public void Teardown_learns_of_a_failure()
        => Assert.That(Run("Failing", 1), Is.EqualTo(["setup Failing of 1", "Failing", "teardown failed: no luck"]));

    [Test]
    public void When_setup_fails_no_task_runs_but_teardown_does()
    {
        using var build = new HostBuild(typeof(First)).With(host => host.UseLifetime<FailingLifetime>());

        Assert.That(build.Run("-t", "First"), Is.EqualTo(1));
        Assert.That(build.Journal.Entries, Is.EqualTo(["teardown"]));
        Assert.That(build.Errors, Does.Contain("no start"));
    }

    [Test]
    public void An_unknown_target_starts_nothing()
        => Assert.That(Run("Third", 1), Is.Empty);

    [Test]
    public void A_task_lifetime_surrounds_each_task()
    {
        using var build = new HostBuild(typeof(First), typeof(Unwanted), typeof(FailingLast))
            .With(host => host.UseTaskLifetime<TaskLifetime>());

        Assert.That(build.Run("-t", "FailingLast"), Is.EqualTo(1));
        Assert.That(build.Journal.Entries, Is.EqualTo(
        [
            "before First", "First", "after First: ok",
            "before Unwanted", "after Unwanted: skipped",
            "before FailingLast", "FailingLast", "after FailingLast: no luck",
        ]));
    }

    [Test]
    public void Setup_and_teardown_can_be_registered_apart()
    {
        using var build = new HostBuild(typeof(First)).With(host => host
            .UseSetup<OwnSetup>().UseTeardown<OwnTeardown>().UseTaskSetup<TaskSetup>().UseTaskTeardown<TaskTeardown>());

        Assert.That(build.Run("-t", "First"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["setup", "task setup", "First", "task teardown", "teardown"]));
    }

    private static IReadOnlyList<string> Run(string target, int exitCode = 0)
    {
        using var build = new HostBuild(typeof(First), typeof(Second), typeof(Failing))
            .With(host => host.UseLifetime<Lifetime>());
        Assert.That(build.Run("--target", target), Is.EqualTo(exitCode), build.Errors);
        return build.Journal.Entries;
    }

    private sealed class Lifetime : FrostingLifetime<JournalContext>
    {
        public override void Setup(JournalContext context, ISetupContext info)
            => context.Note($"setup {info.TargetTask.Name} of {info.TasksToExecute.Count}");

        public override void Teardown(JournalContext context, ITeardownContext info)
            => context.Note(info.Successful ? "teardown ok" : "teardown failed: " + info.ThrownException.Message);
    }

    private sealed class FailingLifetime : FrostingLifetime<JournalContext>
    {
        public override void Setup(JournalContext context, ISetupContext info) => throw new CakeException("no start");

        public override void Teardown(JournalContext context, ITeardownContext info) => context.Note("teardown");
    }

    private sealed class TaskLifetime : FrostingTaskLifetime<JournalContext>
    {
        public override void Setup(JournalContext context, ITaskSetupContext info) => context.Note("before " + info.Task.Name);

        public override void Teardown(JournalContext context, ITaskTeardownContext info)
            => context.Note($"after {info.Task.Name}: {(info.Skipped ? "skipped" : info.Successful ? "ok" : info.ThrownException.Message)}");
    }

    private sealed class OwnSetup : FrostingSetup<JournalContext>
    {
        public override void Setup(JournalContext context, ISetupContext info) => context.Note("setup");
    }

    private sealed class OwnTeardown : FrostingTeardown<JournalContext>
    {
        public override void Teardown(JournalContext context, ITeardownContext info) => context.Note("teardown");
    }

    private sealed class TaskSetup : FrostingTaskSetup<JournalContext>
    {
        public override void Setup(JournalContext context, ITaskSetupContext info) => context.Note("task setup");
    }

    private sealed class TaskTeardown : FrostingTaskTeardown<JournalContext>
    {
        public override void Teardown(JournalContext context, ITaskTeardownContext info) => context.Note("task teardown");
    }

    private sealed class First : NotingTask;

    [IsDependentOn(typeof(First))]
    private sealed class Second : NotingTask;

    [IsDependentOn(typeof(First))]
    private sealed class Unwanted : NotingTask
    {
        public override bool ShouldRun(JournalContext context) => false;
    }

    [IsDependentOn(typeof(Unwanted))]
    private sealed class FailingLast : Failing;

    private class Failing : NotingTask
    {
        public override void Run(JournalContext context)
        {
            base.Run(context);
            throw new CakeException("no luck");
        }
    }
}
