namespace Bench;

/// <summary>What a new user waits for before the first command does anything, and a developer after a change: of what git has committed or staged.</summary>
internal static class CompileBench
{
    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var runs = Enumerable.Range(0, Math.Min(3, sizes.LongRepetitions)).Select(i => Once(sizes, i)).ToList();
        yield return Line("first ./build.sh --target=List, empty package folder", runs.ConvertAll(r => r.First)) with { ReachValue = 20 };
        yield return Line("the same after a task class was changed", runs.ConvertAll(r => r.Changed));
    }

    private static (double First, double Changed) Once(Sizes sizes, int number)
    {
        var folder = Path.Combine(sizes.Work, "compile", $"{number}");
        var checkout = Path.Combine(folder, "checkout");
        Timing.Run("git", ["checkout-index", "--all", $"--prefix={checkout}/"], sizes.Root);

        // The variable tells a running program where its repository is.
        var variables = new Dictionary<string, string> { ["NUGET_PACKAGES"] = Path.Combine(folder, "packages"), ["BUILD_RECORDS_ROOT"] = checkout };
        double List() => Timing.OfProcess(Path.Combine(checkout, "build.sh"), ["--target=List"], checkout, variables);
        var first = List();
        File.AppendAllText(Path.Combine(checkout, "build", "Build", "Tasks", "List.cs"), "// changed\n");
        var changed = List();
        Tree.Delete(folder);
        return (first, changed);
    }

    private static Result Line(string what, IReadOnlyList<double> runs) => new() { Measurement = "compile", What = what, Value = Timing.Median(runs), Runs = runs };
}
