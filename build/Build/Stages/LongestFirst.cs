using System.Globalization;
using System.Text.RegularExpressions;
using Build.Context;
using Records;

namespace Build.Stages;

/// <summary>
/// The order in which builds start when several run at once: the longest first, so that it does not run alone at the
/// end (Graham's rule, LPT). A build takes as long as its last record says; without one, as long as its template lets
/// the installation take.
/// </summary>
internal static partial class LongestFirst
{
    public static IReadOnlyList<TemplateRun> Of(RecordRoot records, IReadOnlyList<TemplateRun> runs) => runs.Count < 2
        ? runs
        : [.. runs.OrderByDescending(r => LastSeconds(records, r.Template.Id) ?? Seconds(r.Template.LoginTimeout))];

    /// <summary>A duration as Packer writes it, such as <c>1h30m</c>, in seconds; 0 when it is none.</summary>
    internal static double Seconds(string duration) => Part().Matches(duration).Sum(part =>
        double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * part.Groups[2].Value switch { "h" => 3600, "m" => 60, _ => 1 });

    private static double? LastSeconds(RecordRoot records, string template) =>
        RecordCatalogue.LastRecord(records, template) is { } stamp
            ? RecordCatalogue.Read(records, RecordSubject.Build(template), stamp)?.DurationSeconds
            : null;

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|m|s)(?!s)", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
