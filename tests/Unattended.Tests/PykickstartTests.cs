using System.Runtime.CompilerServices;

namespace Unattended.Tests;

/// <summary>
/// The judge of kickstart files against one that others wrote: pykickstart, with which Anaconda reads them. Its verdicts
/// are data, because it is not installed everywhere; <c>Data/pykickstart.tsv</c> says how they came about.
/// </summary>
internal sealed class PykickstartTests
{
    private static readonly string[] Releases = ["8.10", "9.6", "10.0"];

    private static IEnumerable<TestCaseData> Commands() => File.ReadLines(Table())
        .Where(l => l.Length > 0 && l[0] != '#')
        .Select(l => l.Split('\t', 2))
        .GroupBy(l => l[1].Split(' ')[0])
        .SelectMany(g => Releases.Select((release, i) => new TestCaseData(release, g.Select(l => (Line: l[1], Reads: l[0].Split(' ')[i] == "+")).ToArray()).SetName($"{g.Key} on RHEL {release}")));

    [TestCaseSource(nameof(Commands))]
    public void A_line_is_refused_where_pykickstart_refuses_it(string release, (string Line, bool Reads)[] lines)
    {
        var context = new UnattendedContext { FileName = "ks.cfg", OsId = "rhel", VersionId = release };
        var wrong = lines.Select(l => (l.Line, l.Reads, Reading: UnattendedFile.Read(UnattendedFormat.Kickstart, l.Line + "\n", context)))
            .Where(l => l.Reads == l.Reading.Plan is null)
            .Select(l => $"{l.Line}\n  pykickstart {(l.Reads ? "reads" : "refuses")} it; we say: {l.Reading.Describe()}");
        Assert.That(string.Join('\n', wrong), Is.Empty);
    }

    private static string Table([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Data", "pykickstart.tsv");
}
