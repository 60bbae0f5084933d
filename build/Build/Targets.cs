using System.Reflection;
using Build.CommandLine;
using Build.Pipeline;
using Cake.Frosting;
using Foundation;

namespace Build;

/// <summary>The targets: one for each task class, found by their attributes as the host finds them.</summary>
internal static class Targets
{
    /// <summary>With these options the host shows something instead of running a target.</summary>
    private static readonly string[] ShowsInstead = ["dryrun", "tree", "description", "version", "info"];

    /// <summary>Options that mean nothing to the list.</summary>
    private static readonly string[] OfBuilds =
        [Options.Template, Options.Var, Options.Parallel, Options.Keep, Options.KeepWorkspace, Options.OnError, Options.Debug, Options.Iso, Options.Packer, Options.AllowOldPacker, Options.IfChanged, Options.MaxAge, Options.RotateToken, Options.TrustFingerprint];

    private static readonly Type[] TaskClasses =
        [.. typeof(Targets).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsClass: true } && typeof(IFrostingTask).IsAssignableFrom(t))];

    /// <summary>Every target with its description, in the order of the names.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
        [.. TaskClasses
            .Select(t => (Name(t), t.GetCustomAttribute<TaskDescriptionAttribute>()?.Description ?? ""))
            .OrderBy(t => t.Item1, StringComparer.Ordinal)];

    /// <summary>Checks that the targets asked for exist.</summary>
    /// <exception cref="FailureException">Usage: one does not.</exception>
    public static void Check(ArgumentList arguments)
    {
        foreach (var target in Asked(arguments))
        {
            if (!All.Any(t => string.Equals(t.Name, target, StringComparison.OrdinalIgnoreCase)))
            {
                throw new FailureException(
                    FailureKind.Usage, $"There is no target '{target}'", null, NearMiss.Suggestion(target, All.Select(t => t.Name)));
            }
        }
    }

    /// <summary>Checks that what is meant for a build is not given to the list, which is what runs when no target is named.</summary>
    /// <exception cref="FailureException">Usage: an option of builds without a target.</exception>
    public static void CheckOptions(ArgumentList arguments)
    {
        if (arguments.Has("target") || ShowsInstead.Any(arguments.IsOn) || OfBuilds.FirstOrDefault(arguments.Has) is not { } option)
        {
            return;
        }

        var template = arguments.Get(Options.Template) is { Length: > 0 } given ? given : "<id>";
        throw new FailureException(
            FailureKind.Usage, $"--{option} is given, and no target", "without a target the templates are only listed",
            $"Did you mean --target={nameof(Tasks.BuildTemplate)} --template={template}{(option == Options.Template ? "" : $" --{option}…")}?");
    }

    /// <summary>Whether the user named a target, rather than one that depends on it.</summary>
    public static bool IsAsked(ArgumentList arguments, string target) => Asked(arguments).Contains(target, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the host will run a task: it is a target that the user named, or one that such a target depends on.</summary>
    public static bool WillRun(ArgumentList arguments, Type task) =>
        !ShowsInstead.Any(arguments.IsOn)
        && TaskClasses.Where(t => IsAsked(arguments, Name(t))).Any(t => arguments.IsOn("exclusive") ? t == task : DependsOn(t, task));

    /// <summary>The targets that run before one, in their order.</summary>
    public static IReadOnlyList<string> Before(string target)
    {
        var order = new List<string>();
        void Add(Type task)
        {
            foreach (var dependency in task.GetCustomAttributes<IsDependentOnAttribute>())
            {
                Add(dependency.Task);
                order.Add(Name(dependency.Task));
            }
        }

        Add(TaskClasses.Single(t => Name(t) == target));
        return [.. order.Distinct()];
    }

    private static bool DependsOn(Type task, Type other) =>
        task == other || task.GetCustomAttributes<IsDependentOnAttribute>().Any(a => DependsOn(a.Task, other));

    /// <summary>A new task of a target that does its work for each template by itself; null for others.</summary>
    public static TemplateTask? TemplateTask(string target) =>
        TaskClasses.FirstOrDefault(t => Name(t) == target && t.IsSubclassOf(typeof(TemplateTask))) is { } type ? (TemplateTask)Activator.CreateInstance(type)! : null;

    /// <summary>Whether a target does its work for each template by itself.</summary>
    public static bool IsOfTemplates(string target) => TaskClasses.Any(t => Name(t) == target && t.IsSubclassOf(typeof(TemplateTask)));

    /// <summary>The name of a task's target.</summary>
    public static string Name(Type task) => task.GetCustomAttribute<TaskNameAttribute>()?.Name ?? task.Name;

    private static IEnumerable<string> Asked(ArgumentList arguments) => arguments.GetAll("target");
}
