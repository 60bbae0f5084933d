using System.Globalization;

namespace Records.Verification;

/// <summary>
/// The lines that the index of these records has. Worked out here anew and not with the code that writes the index, so
/// that a mistake there is found here; only the prose is taken from the view, since it says nothing of any record.
/// </summary>
internal static class ExpectedIndex
{
    private const string Nothing = "none";
    private const string Remedy = "; after an update of this program PublishLatest --exclusive writes it anew";
    private const string NoBuilds = "There are no records of builds yet.";

    /// <summary>A line: a text, or the cells of a row.</summary>
    private sealed record Line(string? Text, Func<string, bool>[]? Cells)
    {
        public bool Is(string line) => Cells is null
            ? line == Text
            : line.Split('|') is ["", .. var cells, ""] && cells.Length == Cells.Length
                && cells.Zip(Cells).All(pair => pair.First is [' ', .. var cell, ' '] && pair.Second(cell));
    }

    /// <summary>What differs first between a page and the one that the records give; null when nothing does. Blank lines do not count.</summary>
    /// <param name="page">The lines of the page.</param>
    /// <param name="root">The records.</param>
    /// <param name="records">Those that the page tells of; they verify.</param>
    public static string? FirstDifference(IReadOnlyList<string> page, RecordRoot root, IReadOnlyList<CheckedRecord> records)
    {
        using var expected = Lines(root, records).GetEnumerator();
        for (var i = 0; i < page.Count; i++)
        {
            if (page[i].Length == 0)
            {
                continue;
            }

            if (!expected.MoveNext())
            {
                return $"line {i + 1} is more than the records give{Remedy}";
            }

            if (!expected.Current.Is(page[i]))
            {
                return $"line {i + 1} is not the one that the records give{(expected.Current.Text is { } text ? $": '{text}'" : "")}{Remedy}";
            }
        }

        return expected.MoveNext() ? $"it ends too early{Remedy}" : null;
    }

    private static IEnumerable<Line> Lines(RecordRoot root, IReadOnlyList<CheckedRecord> records)
    {
        var prose = Prose();
        var quick = prose.IndexOf(NoBuilds);
        var integrity = prose.IndexOf("## Integrity");
        var templates = records.Where(r => r.Subject != "init")
            .GroupBy(r => r.Subject, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => g.OrderByDescending(r => r.Name, StringComparer.Ordinal).ToList())
            .ToList();
        IEnumerable<string> head = [root.IsSandbox ? "# Sandbox records" : "# Build records", .. prose.Take(quick).Where(l => root.IsSandbox || !l.StartsWith('>'))];
        return head.Select(Text)
            .Concat(templates.Count == 0 ? [Text(NoBuilds)] : Table("Template | Newest record | Its log | Records", templates.Select(Quick)))
            .Concat(Group("## Linux", templates.Where(t => !IsWindows(t[0]))))
            .Concat(Group("## Windows", templates.Where(t => IsWindows(t[0]))))
            .Append(Text("## Access to the cluster"))
            .Concat(Table("Record | API token | Node | Signed by | Log SHA-256", records.Where(r => r.Subject == "init").OrderByDescending(r => r.Name, StringComparer.Ordinal).Select(Init)))
            .Concat(prose.Skip(integrity).Select(Text));
    }

    private static IEnumerable<Line> Group(string title, IEnumerable<List<CheckedRecord>> templates)
    {
        var lines = templates.SelectMany(records => Table(
            "Record | VMID | Node | Packer | Installation medium | Test | Signed by | Log SHA-256", records.Select(Build)).Prepend(Text($"### {Id(records)}"))).ToList();
        return (lines.Count == 0 ? [Text(Nothing)] : lines).Prepend(Text(title));
    }

    private static IEnumerable<Line> Table(string heads, IEnumerable<Line> rows)
    {
        var all = rows.ToList();
        return all.Count == 0
            ? [Text(Nothing)]
            : [Text($"| {heads} |"), Text($"|{string.Concat(heads.Split('|').Select(_ => "---|"))}"), .. all];
    }

    private static Line Quick(List<CheckedRecord> records) => Row(
        c => ShownValue.Is(c, Id(records)),
        c => c == Link(records[0]),
        c => c == $"[packer.log]({records[0].Subject}/{records[0].Name}/packer.log)",
        c => c == records.Count.ToString(CultureInfo.InvariantCulture));

    private static Line Build(CheckedRecord r) => Row(
        c => c == Link(r),
        c => c == (r.ForIndex!.Vmid?.ToString(CultureInfo.InvariantCulture) ?? ShownValue.NotRecorded),
        c => ShownValue.Is(c, r.ForIndex!.Node),
        c => ShownValue.Is(c, r.ForIndex!.Packer),
        c => ShownValue.Is(c, r.ForIndex!.Iso),
        c => ShownValue.Is(c, r.ForIndex!.Test),
        c => ShownValue.Is(c, r.Signer),
        c => ShownValue.Is(c, r.LogSha256));

    private static Line Init(CheckedRecord r) => Row(
        c => c == Link(r),
        c => ShownValue.Is(c, r.ForIndex!.TokenId),
        c => ShownValue.Is(c, r.ForIndex!.Node),
        c => ShownValue.Is(c, r.Signer),
        c => ShownValue.Is(c, r.LogSha256));

    private static Line Text(string text) => new(text, null);

    private static Line Row(params Func<string, bool>[] cells) => new(null, cells);

    private static string Id(List<CheckedRecord> records) => records[0].Subject["builds/".Length..];

    private static string Link(CheckedRecord r) => $"[{r.Name}]({r.Subject}/{r.Name}/README.md)";

    // Proxmox's ostype of Windows is w2k8, win11 and the like; of Linux l24 and l26.
    private static bool IsWindows(CheckedRecord r) => r.ForIndex!.OsType is { } os
        ? os.StartsWith('w')
        : r.Subject.Contains("windows", StringComparison.OrdinalIgnoreCase);

    private static List<string> Prose()
    {
        using var stream = typeof(ExpectedIndex).Assembly.GetManifestResourceStream("index.sbn")!;
        using var reader = new StreamReader(stream);
        return
        [
            .. reader.ReadToEnd().ReplaceLineEndings("\n").Replace("{{ namespace }}", "packer-build-record", StringComparison.Ordinal).Split('\n')
                .Where(l => l.Length > 0 && !l.Contains("{{", StringComparison.Ordinal)),
        ];
    }
}
