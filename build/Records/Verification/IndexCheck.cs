using System.Text;
using System.Text.RegularExpressions;

namespace Records.Verification;

/// <summary>
/// Whether the index lists exactly the records that are there, with the log hashes that they state; and, where all of
/// them verify, whether it is line for line the page that they give.
/// </summary>
internal static partial class IndexCheck
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int MaxFindings = 20;

    /// <param name="root">The records.</param>
    /// <param name="records">All that were found.</param>
    /// <param name="pending">Those of which a run that died may not have told the index.</param>
    /// <param name="destroyed">What statements say of builds that were destroyed.</param>
    /// <param name="isWhole">Whether nothing else is wrong in this folder: only then is it known what the whole page must say.</param>
    public static IReadOnlyList<Finding> Check(RecordRoot root, IReadOnlyList<CheckedRecord> records, PendingPublications pending, DestroyedBuilds destroyed, bool isWhole)
    {
        var wanted = records.Where(r => r.Findings.All(f => f.Name == FindingName.ChainForked)).ToDictionary(Name, StringComparer.Ordinal);
        var content = Read(root.Index, out var error);
        if (content is null)
        {
            return error is not null ? [new(FindingName.IndexDisagrees, null, error)]
                : wanted.Keys.All(pending.Contains) ? []
                : [new(FindingName.IndexMissing, null, "there are records and no index")];
        }

        var lines = Encoding.UTF8.GetString(content).Split('\n');
        var findings = new List<Finding>();
        var listed = new HashSet<string>(StringComparer.Ordinal);
        var there = records.Select(Name).ToHashSet(StringComparer.Ordinal);
        foreach (var row in lines.Select(line => Row().Match(line)).Where(row => row.Success))
        {
            var record = row.Groups["record"].Value;
            listed.Add(record);
            if (!there.Contains(record))
            {
                findings.Add(new(FindingName.IndexDisagrees, null, $"it lists {record}, which is not there"));
            }
            else if (wanted.TryGetValue(record, out var good) && !ExpectedIndex.IsHash(row.Groups["sha"].Value, good.LogSha256!))
            {
                findings.Add(new(FindingName.IndexDisagrees, null, $"it states another log hash for {record} than the record does"));
            }
        }

        findings.AddRange(wanted.Keys.Where(r => !listed.Contains(r) && !pending.Contains(r)).Order(StringComparer.Ordinal)
            .Select(r => new Finding(FindingName.IndexDisagrees, null, $"it does not list {r}")));
        if (findings.Count == 0 && isWhole && records.All(r => r.Findings.Count == 0)
            && ExpectedIndex.FirstDifference(lines, root, [.. records.Where(r => listed.Contains(Name(r)))], destroyed) is { } difference)
        {
            findings.Add(new(FindingName.IndexDisagrees, null, difference));
        }

        return [.. findings.Take(MaxFindings)];
    }

    private static string Name(CheckedRecord record) => $"{record.Subject}/{record.Name}";

    /// <summary>The content; null when there is no such file or, with the reason, when it cannot be read.</summary>
    private static byte[]? Read(string path, out string? error)
    {
        error = null;
        try
        {
            if (SafeFile.IsLink(path) || Directory.Exists(path))
            {
                error = "it must be a file";
                return null;
            }

            var content = File.Exists(path) ? SafeFile.Read(path, MaxBytes) : null;
            error = content is null && File.Exists(path) ? $"it has more than {MaxBytes} bytes" : null;
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
            return null;
        }
    }

    /// <summary>A row of the history: the link to the record first, the log's hash last.</summary>
    [GeneratedRegex(
        @"^\| \[[^\]]*\]\((?<record>(?:builds/[A-Za-z0-9._-]+|init)/[0-9T:Z-]+)/README\.md\) \|.*\| `(?<sha>[0-9a-f]{64}|[0-9a-f]{12}…)` \|$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Row();
}
