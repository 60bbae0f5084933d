using System.Reflection;

namespace Bench;

/// <summary>What an operator waits for when nothing is to be done: a listing, beside an empty Cake script and an empty program.</summary>
internal static class StartBench
{
    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "start")).FullName;
        File.WriteAllText(Path.Combine(folder, "empty.cake"), "");
        var cake = CakeTool();
        var hello = Path.Combine(AppContext.BaseDirectory, "..", "..", "Hello", Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "Hello.dll");
        var script = Path.Combine(sizes.Root, "build.sh");
        double List() => Timing.OfProcess(script, ["--target=List"], sizes.Root);

        var (list, empty) = Timing.Interleave(sizes.Repetitions, List, () => Timing.OfProcess("dotnet", [cake, "empty.cake"], folder));
        yield return Line("an empty script under Cake.Tool " + CakeVersion, list, empty) with { ReachRatio = 1.0 / 6, ReachValue = 0.45 };

        var (again, least) = Timing.Interleave(sizes.Repetitions, List, () => Timing.OfProcess("dotnet", [Path.GetFullPath(hello)], folder));
        yield return Line("dotnet hello.dll", again, least);
    }

    private static string CakeVersion => typeof(StartBench).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "CakeVersion").Value!;

    private static string CakeTool()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Path.Combine(packages, "cake.tool", CakeVersion, "tools", "net10.0", "any", "Cake.dll");
    }

    private static Result Line(string beside, double[] ours, double[] theirs) => new()
    {
        Measurement = "start",
        What = "warm ./build.sh --target=List",
        Beside = beside,
        Value = Timing.Median(ours),
        BesideValue = Timing.Median(theirs),
        Runs = ours,
        BesideRuns = theirs,
    };
}
