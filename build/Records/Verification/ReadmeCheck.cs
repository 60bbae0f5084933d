using System.Globalization;
using System.Text;

namespace Records.Verification;

/// <summary>Whether a record's README states what <c>run.json</c> does, where a reviewer looks first.</summary>
internal static class ReadmeCheck
{
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>What disagrees, one sentence each.</summary>
    public static IReadOnlyList<string> Errors(byte[] content, RunFacts run)
    {
        var stated = Rows(Encoding.UTF8.GetString(content));
        var errors = new List<string>();
        Expect("Log file", $"`{run.LogFile}`");
        Expect("Log SHA-256", $"`{run.LogSha256}`");
        Expect("Log size", string.Create(CultureInfo.InvariantCulture, $"`{run.LogBytes}` bytes"));
        Expect("Record", $"`{run.Timestamp}`");
        if (run.Template is not null)
        {
            Expect("Template", $"`{run.Template}`");
            Expect("VMID", run.Vmid is { } vmid ? $"`{vmid.ToString(CultureInfo.InvariantCulture)}`" : "not recorded");
        }

        return errors;

        void Expect(string label, string value)
        {
            var rows = stated.Where(r => r.Label == label).ToList();
            if (rows.Count != 1 || rows[0].Value != value)
            {
                errors.Add(rows.Count == 1
                    ? $"it states '{rows[0].Value}' as {label} where run.json has {value}"
                    : $"it states {label} {rows.Count} times where it must once");
            }
        }
    }

    private static List<(string Label, string Value)> Rows(string text)
    {
        var rows = new List<(string, string)>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("| ", StringComparison.Ordinal) && line.EndsWith(" |", StringComparison.Ordinal) && line.Length > 4)
            {
                var bar = line.IndexOf(" | ", 2, StringComparison.Ordinal);
                if (bar > 0 && bar + 3 <= line.Length - 2)
                {
                    rows.Add((line[2..bar], line[(bar + 3)..^2]));
                }
            }
        }

        return rows;
    }
}
