using System.Reflection;
using Build.CommandLine;
using Cake.Frosting;
using Foundation;

namespace Build;

/// <summary>The targets: one for each task class, found by their attributes as the host finds them.</summary>
internal static class Targets
{
    /// <summary>Every target with its description, in the order of the names.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
        [.. typeof(Targets).Assembly.GetTypes()
            .Where(t => t is { IsAbstract: false, IsClass: true } && typeof(IFrostingTask).IsAssignableFrom(t))
            .Select(t => (t.GetCustomAttribute<TaskNameAttribute>()?.Name ?? t.Name, t.GetCustomAttribute<TaskDescriptionAttribute>()?.Description ?? ""))
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

    /// <summary>Whether the user named a target, rather than one that depends on it.</summary>
    public static bool IsAsked(ArgumentList arguments, string target) => Asked(arguments).Contains(target, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Asked(ArgumentList arguments) => arguments.GetAll("target");
}
