using System.Text;
using System.Text.RegularExpressions;

namespace Records.Verification;

/// <summary>Whether the index lists exactly the records that are there, with the log hashes that they state.</summary>
internal static partial class IndexCheck
{
    private const int MaxBytes = 64 * 1024 * 1024;

    public static IReadOnlyList<Finding> Check(RecordRoot root, IReadOnlyList<CheckedRecord> records)
    {
        var path = root.Index;
        var wanted = records.Where(r => r.Findings.All(f => f.Name == FindingName.ChainForked)).ToDictionary(r => $"{r.Subject}/{r.Name}", r => r.LogSha256);
        if (!File.Exists(path) || SafeFile.IsLink(path))
        {
            return wanted.Count == 0 ? [] : [new(FindingName.IndexMissing, null, "there are records and no index")];
        }

        var content = SafeFile.Read(path, MaxBytes);
        if (content is null)
        {
            return [new(FindingName.IndexDisagrees, null, $"it has more than {MaxBytes} bytes")];
        }

        var findings = new List<Finding>();
        var listed = new HashSet<string>(StringComparer.Ordinal);
        var there = records.Select(r => $"{r.Subject}/{r.Name}").ToHashSet(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            if (Row().Match(line) is not { Success: true } row)
            {
                continue;
            }

            var record = row.Groups["record"].Value;
            listed.Add(record);
            if (!there.Contains(record))
            {
                findings.Add(new(FindingName.IndexDisagrees, null, $"it lists {record}, which is not there"));
            }
            else if (wanted.TryGetValue(record, out var sha) && row.Groups["sha"].Value != sha)
            {
                findings.Add(new(FindingName.IndexDisagrees, null, $"it states another log hash for {record} than the record does"));
            }
        }

        findings.AddRange(wanted.Keys.Where(r => !listed.Contains(r)).Order(StringComparer.Ordinal)
            .Select(r => new Finding(FindingName.IndexDisagrees, null, $"it does not list {r}")));
        return findings;
    }

    /// <summary>A row of the history: the link to the record first, the log's hash last.</summary>
    [GeneratedRegex(
        @"^\| \[[^\]]*\]\((?<record>(?:builds/[A-Za-z0-9._-]+|init)/[0-9T:Z-]+)/README\.md\) \|.*\| `(?<sha>[0-9a-f]{64})` \|$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Row();
}
