using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Foundation;

namespace Build.Ci;

/// <summary>One thing that was checked.</summary>
/// <param name="Group">What it belongs to, such as <c>Validate</c>.</param>
/// <param name="Name">What was checked.</param>
/// <param name="Failure">Why it does not hold, the first line in short; null when it holds.</param>
/// <param name="Remarks">What else is to be said, such as warnings.</param>
/// <param name="Duration">How long it took.</param>
public sealed record CheckResult(string Group, string Name, string? Failure, string? Remarks = null, TimeSpan Duration = default);

/// <summary>Results in the format of JUnit's Ant task, as GitLab, Jenkins, Azure Pipelines and TeamCity read it.</summary>
internal static class JUnitFile
{
    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="name">The name of the suite.</param>
    /// <param name="results">What was checked.</param>
    public static void Write(string path, string name, IReadOnlyList<CheckResult> results)
    {
        var suite = new XElement(
            "testsuite", new XAttribute("name", name), new XAttribute("tests", results.Count), new XAttribute("failures", results.Count(r => r.Failure is not null)),
            new XAttribute("errors", 0), new XAttribute("skipped", 0), new XAttribute("time", Seconds(results.Aggregate(TimeSpan.Zero, (sum, r) => sum + r.Duration))),
            results.Select(Case));
        AtomicFile.Write(path, $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{new XElement("testsuites", suite)}\n");
    }

    private static XElement Case(CheckResult result)
    {
        var element = new XElement("testcase", new XAttribute("classname", Text(result.Group)), new XAttribute("name", Text(result.Name)), new XAttribute("time", Seconds(result.Duration)));
        if (result.Failure is { } failure)
        {
            element.Add(new XElement("failure", new XAttribute("message", Text(failure.Split('\n')[0])), new XAttribute("type", "failure"), Text(failure)));
        }

        if (result.Remarks is { Length: > 0 } remarks)
        {
            element.Add(new XElement("system-out", Text(remarks)));
        }

        return element;
    }

    private static string Seconds(TimeSpan duration) => duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>XML cannot hold every character, and a guest may say any.</summary>
    private static string Text(string text)
    {
        var kept = text.Where((c, i) => XmlConvert.IsXmlChar(c) || (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) || (char.IsLowSurrogate(c) && i > 0 && char.IsHighSurrogate(text[i - 1])));
        return string.Concat(kept);
    }
}
