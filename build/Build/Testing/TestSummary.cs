using System.Globalization;
using System.Xml.Linq;

namespace Build.Testing;

/// <summary>How many tests passed, failed and were skipped, read from the TRX files of all test projects.</summary>
internal sealed record TestSummary(int Passed, int Failed, int Skipped, IReadOnlyList<string> FailedTests)
{
    /// <summary>Why tests did not run, with how many each reason kept, the most first.</summary>
    public IReadOnlyList<(string Reason, int Count)> Skips { get; private init; } = [];

    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Adds up the TRX files of a folder.</summary>
    public static TestSummary Read(string folder)
    {
        var results = Directory.EnumerateFiles(folder, "*.trx")
            .SelectMany(file => XDocument.Load(file).Descendants(Trx + "UnitTestResult"))
            .Select(result => (Name: (string?)result.Attribute("testName") ?? "?", Outcome: (string?)result.Attribute("outcome") ?? "", Why: Reason(result)))
            .ToList();
        var skipped = results.Where(r => r.Outcome is "NotExecuted" or "Inconclusive").ToList();
        var failed = results.Where(r => r.Outcome is not ("Passed" or "NotExecuted" or "Inconclusive")).Select(r => r.Name).Order(StringComparer.Ordinal).ToList();
        return new TestSummary(
            results.Count(r => r.Outcome == "Passed"), failed.Count, skipped.Count, failed)
        {
            Skips = [.. skipped.GroupBy(s => s.Why, StringComparer.Ordinal).Select(g => (g.Key, g.Count())).OrderByDescending(g => g.Item2).ThenBy(g => g.Key, StringComparer.Ordinal)],
        };
    }

    /// <summary>The first line of what NUnit says of a test that did not run: the reason that its author gave.</summary>
    private static string Reason(XElement result)
    {
        var text = result.Descendants(Trx + "Message").Concat(result.Descendants(Trx + "StdOut")).Select(m => m.Value.Trim()).FirstOrDefault(m => m.Length > 0) ?? "";
        return text.Split('\n')[0].Trim() is { Length: > 0 } line ? line : "no reason is given";
    }

    /// <summary>The line that CI reads: <c>12 passed, 0 failed</c>, with the skipped ones if there are any.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed")
        + (Skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Skipped} skipped") : "");
}
