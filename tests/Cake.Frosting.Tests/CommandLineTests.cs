using Cake.Common;
using Cake.Core;

namespace Cake.Frosting.Tests;

public sealed class CommandLineTests
{
    [Test]
    public void Arguments_of_the_build_reach_its_context()
        => Assert.That(
            Arguments("--template=rocky,alma", "--var", "a=1", "--var=b=2", "--var:c=x,y", "--flag"),
            Is.EqualTo(["template: rocky,alma", "var: a=1; b=2; c=x,y", "flag", "target: Default"]));

    [Test]
    public void Argument_names_ignore_case()
        => Assert.That(Arguments("--TEMPLATE=rocky"), Does.Contain("template: rocky"));

    [Test]
    public void A_flag_of_the_host_with_a_value_belongs_to_the_build()
    {
        using var build = new HostBuild(typeof(Versioned));

        Assert.That(build.Run("--version=1.2.3", "-t=Versioned"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.EqualTo(["1.2.3"]));
    }

    [Test]
    public void The_target_is_an_argument_too()
        => Assert.That(Arguments("--target=Telling"), Does.Contain("target: Telling"));

    [Test]
    public void Tree_shows_the_dependencies_and_runs_nothing()
    {
        using var build = new HostBuild(typeof(Inner), typeof(Outer));

        Assert.That(build.Run("--tree"), Is.Zero);
        Assert.That(build.Output.Replace("\r", "", StringComparison.Ordinal), Does.Contain("Outer\n└─Inner\n"));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void Dryrun_lists_the_order_and_runs_no_task()
    {
        using var build = new HostBuild(typeof(Inner), typeof(Outer));

        Assert.That(build.Run("--dryrun", "-t", "Outer"), Is.Zero);
        Assert.That(build.Output, Does.Contain("1. Inner").And.Contain("2. Outer").And.Contain("This was a dry run."));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void Description_lists_what_tasks_do()
    {
        using var build = new HostBuild(typeof(Inner), typeof(Outer));

        Assert.That(build.Run("--description"), Is.Zero);
        Assert.That(build.Output, Does.Match(@"Inner\s+The inner part\."));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [TestCase("--version")]
    [TestCase("--info")]
    public void Version_and_info_run_nothing(string option)
    {
        using var build = new HostBuild(typeof(Inner));

        Assert.That(build.Run(option), Is.Zero);
        Assert.That(build.Output, Is.Not.Empty);
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void Help_runs_nothing()
    {
        using var build = new HostBuild(typeof(Inner));

        Assert.That(build.Run("--help", "-t", "Inner"), Is.Zero);
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [TestCase("surplus")]
    [TestCase("--target")]
    [TestCase("--verbosity=loud")]
    public void A_line_that_makes_no_sense_is_refused(string line)
    {
        using var build = new HostBuild(typeof(Inner));

        Assert.That(build.Run(line), Is.EqualTo(-1));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void Verbosity_decides_what_is_shown()
    {
        using var build = new HostBuild(typeof(Talking));
        build.Run("-t", "Talking", "--verbosity=verbose", "--no-report");
        Assert.That(build.Output, Does.Contain("a detail").And.Contain("a fact"));

        using var quiet = new HostBuild(typeof(Talking));
        quiet.Run("-t", "Talking", "--verbosity", "quiet", "--no-report");
        Assert.That(quiet.Output, Does.Not.Contain("a fact"));
    }

    [Test]
    public void The_report_can_be_left_out()
    {
        using var build = new HostBuild(typeof(Inner));
        build.Run("-t", "Inner");
        Assert.That(build.Output, Does.Contain("Duration"));

        using var bare = new HostBuild(typeof(Inner));
        bare.Run("-t", "Inner", "--no-report");
        Assert.That(bare.Output, Does.Not.Contain("Duration"));
    }

    [Test]
    public void A_working_directory_on_the_command_line_wins()
    {
        using var build = new HostBuild(typeof(Placed));
        var folder = build.Folder.CreateSubdirectory("inside");

        Assert.That(build.Run("-t", "Placed", "--working", folder.FullName), Is.Zero);
        Assert.That(build.Journal.Entries.Single(), Does.EndWith("/inside"));
    }

    [Test]
    public void A_working_directory_must_exist()
    {
        using var build = new HostBuild(typeof(Placed));

        Assert.That(build.Run("-t", "Placed", "-w", "/nowhere/at/all"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("The working directory '/nowhere/at/all' does not exist."));
    }

    private static IReadOnlyList<string> Arguments(params string[] args)
    {
        using var build = new HostBuild(typeof(Telling), typeof(Default));
        Assert.That(build.Run(args), Is.Zero, build.Errors);
        return build.Journal.Entries;
    }

    private sealed class Telling : FrostingTask<JournalContext>
    {
        public override void Run(JournalContext context)
        {
            foreach (var name in new[] { "template", "var" }.Where(context.HasArgument))
            {
                context.Note(name + ": " + string.Join("; ", context.Arguments<string>(name)));
            }

            if (context.HasArgument("flag"))
            {
                context.Note("flag");
            }

            context.Note("target: " + context.Argument<string>("target"));
        }
    }

    [IsDependentOn(typeof(Telling))]
    private sealed class Default : FrostingTask;

    private sealed class Versioned : FrostingTask<JournalContext>
    {
        public override void Run(JournalContext context) => context.Note(context.Argument<string>("version"));
    }

    [TaskDescription("The inner part.")]
    private sealed class Inner : NotingTask;

    [IsDependentOn(typeof(Inner))]
    private sealed class Outer : NotingTask;

    private sealed class Talking : FrostingTask
    {
        public override void Run(ICakeContext context)
        {
            Cake.Core.Diagnostics.LogExtensions.Information(context.Log, "a fact");
            Cake.Core.Diagnostics.LogExtensions.Verbose(context.Log, "a detail");
        }
    }

    private sealed class Placed : FrostingTask<JournalContext>
    {
        public override void Run(JournalContext context) => context.Note(context.Environment.WorkingDirectory.FullPath);
    }
}
