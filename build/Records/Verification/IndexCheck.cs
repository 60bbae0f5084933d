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
        var content = Read(root.Index, out var error);
        if (content is null)
        {
            return error is not null ? [new(FindingName.IndexDisagrees, null, error)]
                : records.Where(IsWanted).All(r => pending.Contains(r.Path)) ? []
                : [new(FindingName.IndexMissing, null, "there are records and no index")];
        }

        var page = new PageLines(content);
        var findings = new List<Finding>();
        var listed = new HashSet<CheckedRecord>(ReferenceEqualityComparer.Instance);
        var there = records.ToDictionary(r => r.Path, StringComparer.Ordinal);
        foreach (var row in page.Select(line => Row().Match(line)).Where(row => row.Success))
        {
            var path = row.Groups["record"].Value;
            if (!there.TryGetValue(path, out var record))
            {
                findings.Add(new(FindingName.IndexDisagrees, null, $"it lists {path}, which is not there"));
            }
            else
            {
                listed.Add(record);
                if (IsWanted(record) && !ExpectedIndex.IsHash(row.Groups["sha"].Value, record.LogSha256!))
                {
                    findings.Add(new(FindingName.IndexDisagrees, null, $"it states another log hash for {path} than the record does"));
                }
            }
        }

        findings.AddRange(records.Where(r => IsWanted(r) && !listed.Contains(r) && !pending.Contains(r.Path)).Select(r => r.Path).Order(StringComparer.Ordinal)
            .Select(r => new Finding(FindingName.IndexDisagrees, null, $"it does not list {r}")));
        if (findings.Count == 0 && isWhole && records.All(r => r.Findings.Count == 0)
            && ExpectedIndex.FirstDifference(page, root, [.. records.Where(listed.Contains)], destroyed) is { } difference)
        {
            findings.Add(new(FindingName.IndexDisagrees, null, difference));
        }

        return [.. findings.Take(MaxFindings)];
    }

    private static bool IsWanted(CheckedRecord record) => record.Findings.All(f => f.Name == FindingName.ChainForked);

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
