using System.Globalization;
using System.Xml.Linq;

namespace Build.Testing;

/// <summary>How many tests passed, failed and were skipped, read from the TRX files of all test projects.</summary>
internal sealed record TestSummary(int Passed, int Failed, int Skipped, IReadOnlyList<string> FailedTests)
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Adds up the TRX files of a folder.</summary>
    public static TestSummary Read(string folder)
    {
        var results = Directory.EnumerateFiles(folder, "*.trx")
            .SelectMany(file => XDocument.Load(file).Descendants(Trx + "UnitTestResult"))
            .Select(result => (Name: (string?)result.Attribute("testName") ?? "?", Outcome: (string?)result.Attribute("outcome") ?? ""))
            .ToList();
        var failed = results.Where(r => r.Outcome is not ("Passed" or "NotExecuted")).Select(r => r.Name).Order(StringComparer.Ordinal).ToList();
        return new TestSummary(
            results.Count(r => r.Outcome == "Passed"), failed.Count, results.Count(r => r.Outcome == "NotExecuted"), failed);
    }

    /// <summary>The line that CI reads: <c>12 passed, 0 failed</c>, with the skipped ones if there are any.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed")
        + (Skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Skipped} skipped") : "");
}
