namespace Build.Testing;

/// <summary>
/// The processes that run the test projects, side by side. The end-to-end tests take longer than all others together, so they
/// have one of their own: <c>dotnet test</c> of a solution gives each project to the worker that compiled it, and what comes
/// after them in the same worker waits for them while the other one has nothing left to do.
/// </summary>
internal static class TestRuns
{
    private const string Longest = "EndToEnd.Tests";

    // It has a real machine too, for which there is most room when those of the end-to-end tests have ended.
    private const string Last = "Build.Tests";

    /// <summary>The command lines, each with a name for its results.</summary>
    /// <param name="root">The checkout, whose test projects are compiled.</param>
    /// <param name="results">The folder for the TRX files.</param>
    /// <param name="filter">Which tests run, in the words of <c>dotnet test</c>; <c>null</c> for all.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(string root, string results, string? filter) =>
    [
        .. Directory.EnumerateDirectories(Path.Combine(root, "tests"))
            .Select(f => Path.GetFileName(f)!)
            .Where(name => File.Exists(Path.Combine(root, "tests", name, name + ".csproj")))
            .OrderBy(name => name == Last).ThenBy(name => name, StringComparer.Ordinal)
            .GroupBy(name => name == Longest)
            .Select(run => (IReadOnlyList<string>)
            [
                "test", .. run.Select(name => Path.Combine(root, ".artifacts", "bin", name, "release", name + ".dll")),
                "--nologo", "--logger", "console;verbosity=minimal", "--logger", $"trx;LogFilePrefix={(run.Key ? Longest : "Tests")}", "--results-directory", results,
                .. filter is null ? (string[])[] : ["--filter", filter],
            ]),
    ];
}
