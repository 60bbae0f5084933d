namespace Cake.Frosting.Tests;

public sealed class TaskOrderTests
{
    private static readonly Type[] Tasks = [typeof(Publish), typeof(Build), typeof(Sign), typeof(Restore), typeof(Check), typeof(Named)];

    [Test]
    public void Dependencies_run_first_and_once()
        => Assert.That(Run("--target=Publish"), Is.EqualTo(["Restore", "Build", "Check", "Sign", "Publish"]));

    [Test]
    public void A_dependee_waits_for_the_task_that_names_it()
        => Assert.That(Run("-t", "Sign"), Is.EqualTo(["Restore", "Build", "Check", "Sign"]));

    [Test]
    public void Exclusive_leaves_dependencies_out()
        => Assert.That(Run("-t", "Publish", "--exclusive"), Is.EqualTo(["Publish"]));

    [Test]
    public void Several_targets_share_their_dependencies()
        => Assert.That(Run("--target=Build", "--target=Sign"), Is.EqualTo(["Restore", "Build", "Check", "Sign"]));

    [Test]
    public void A_name_from_the_attribute_is_the_target()
        => Assert.That(Run("--target=named-otherwise"), Is.EqualTo(["Restore", "Named"]));

    [Test]
    public void Target_names_ignore_case()
        => Assert.That(Run("--target=restore"), Is.EqualTo(["Restore"]));

    [Test]
    public void Without_a_target_Default_is_meant()
    {
        using var build = new HostBuild(Tasks);

        Assert.That(build.Run(), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("The target 'Default' was not found."));
    }

    [Test]
    public void An_unknown_target_fails_before_any_task()
    {
        using var build = new HostBuild(Tasks);

        Assert.That(build.Run("--target=Publsh"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("The target 'Publsh' was not found."));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void A_dependency_that_is_no_task_is_refused()
    {
        using var build = new HostBuild(typeof(Astray));

        Assert.That(build.Run("--target=Astray"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("The dependency 'String' is not a valid task."));
    }

    [Test]
    public void A_task_for_another_context_is_left_out_with_a_warning()
    {
        using var build = new HostBuild(typeof(Foreign), typeof(Restore));

        Assert.That(build.Run("--target=Restore"), Is.Zero);
        Assert.That(build.Output + build.Errors, Does.Contain("isn't convertible to " + typeof(OtherContext).FullName));
        Assert.That(build.Run("--target=Foreign"), Is.EqualTo(1));
    }

    [Test]
    public void Public_tasks_of_an_added_assembly_are_found()
    {
        using var build = new HostBuild().With(host => host.AddAssembly(typeof(TaskOrderTests).Assembly));

        Assert.That(build.Run("--target=Exported"), Is.Zero);
        Assert.That(build.Output, Does.Contain("exported task ran"));
        Assert.That(build.Run("--target=Restore"), Is.EqualTo(1), "Restore is not public");
    }

    private static IReadOnlyList<string> Run(params string[] args)
    {
        using var build = new HostBuild(Tasks);
        Assert.That(build.Run(args), Is.Zero, build.Errors);
        return build.Journal.Entries;
    }

    private sealed class Restore : NotingTask;

    [IsDependentOn(typeof(Restore))]
    private sealed class Build : NotingTask;

    [IsDependentOn(typeof(Build))]
    private sealed class Sign : NotingTask;

    [IsDependentOn(typeof(Build))]
    [IsDependentOn(typeof(Sign))]
    private sealed class Publish : NotingTask;

    [IsDependentOn(typeof(Restore))]
    [IsDependeeOf(typeof(Sign))]
    private sealed class Check : NotingTask;

    [TaskName("named-otherwise")]
    [IsDependentOn(typeof(Restore))]
    private sealed class Named : NotingTask;

    [IsDependentOn(typeof(string))]
    private sealed class Astray : NotingTask;

    private sealed class OtherContext(Core.ICakeContext context) : FrostingContext(context);

    private sealed class Foreign : FrostingTask<OtherContext>;
}
