using System.Globalization;

namespace Records.Verification;

/// <summary>
/// The lines that the index of these records has. Worked out here anew and not with the code that writes the index, so
/// that a mistake there is found here; only the prose is taken from the view, since it says nothing of any record.
/// </summary>
internal static class ExpectedIndex
{
    private const int ShownHash = 12;
    private const string Nothing = "none";
    private const string Remedy = "; after an update of this program PublishLatest --exclusive writes it anew";
    private const string NoBuilds = "There are no records of builds yet.";

    /// <summary>The prose of earlier versions of this program, the newest first.</summary>
    private static readonly string[] Earlier = ["index.v2.txt", "index.v1.txt"];

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
    /// <param name="destroyed">What statements say of builds that were destroyed.</param>
    public static string? FirstDifference(IEnumerable<string> page, RecordRoot root, IReadOnlyList<CheckedRecord> records, DestroyedBuilds destroyed)
    {
        // A page that an earlier version of this program wrote is right for as long as no record is added.
        var difference = Difference(page, Lines(root, records, destroyed, "index.sbn"));
        return difference is null || Earlier.Any(view => Difference(page, Lines(root, records, destroyed, view)) is null) ? null : difference;
    }

    /// <summary>Whether a cell's hash, which may be shortened, is this one.</summary>
    public static bool IsHash(string shown, string hash) =>
        shown == hash || (shown.Length == ShownHash + 1 && shown[^1] == '…' && hash.StartsWith(shown[..^1], StringComparison.Ordinal));

    private static string? Difference(IEnumerable<string> page, IEnumerable<Line> lines)
    {
        using var expected = lines.GetEnumerator();
        foreach (var (i, line) in page.Index().Where(l => l.Item.Length > 0))
        {
            if (!expected.MoveNext())
            {
                return $"line {i + 1} is more than the records give{Remedy}";
            }

            if (!expected.Current.Is(line))
            {
                return $"line {i + 1} is not the one that the records give{(expected.Current.Text is { } text ? $": '{text}'" : "")}{Remedy}";
            }
        }

        return expected.MoveNext() ? $"it ends too early{Remedy}" : null;
    }

    private static IEnumerable<Line> Lines(RecordRoot root, IReadOnlyList<CheckedRecord> records, DestroyedBuilds destroyed, string view)
    {
        var prose = Prose(view);
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
            .Concat(Group("## Linux", templates.Where(t => !IsWindows(t[0])), destroyed))
            .Concat(Group("## Windows", templates.Where(t => IsWindows(t[0])), destroyed))
            .Append(Text("## Access to the cluster"))
            .Concat(Table("Record | API token | Node | Signed by | Log SHA-256", records.Where(r => r.Subject == "init").OrderByDescending(r => r.Name, StringComparer.Ordinal).Select(Init)))
            .Concat(prose.Skip(integrity).Select(Text));
    }

    private static IEnumerable<Line> Group(string title, IEnumerable<List<CheckedRecord>> templates, DestroyedBuilds destroyed) =>
        templates.SelectMany(records => Table(
                "Record | VMID | Node | Packer | Installation medium | Test | Signed by | Log SHA-256",
                records.Select(r => Build(r, destroyed.Of(r.Subject, r.ForIndex!.ChainId)))).Prepend(Text($"### {Id(records)}")))
            .DefaultIfEmpty(Text(Nothing))
            .Prepend(Text(title));

    /// <summary>One row at a time: those of many records are not kept.</summary>
    private static IEnumerable<Line> Table(string heads, IEnumerable<Line> rows)
    {
        var isEmpty = true;
        foreach (var row in rows)
        {
            if (isEmpty)
            {
                yield return Text($"| {heads} |");
                yield return Text($"|{string.Concat(heads.Split('|').Select(_ => "---|"))}");
                isEmpty = false;
            }

            yield return row;
        }

        if (isEmpty)
        {
            yield return Text(Nothing);
        }
    }

    private static Line Quick(List<CheckedRecord> records) => Row(
        c => ShownValue.Is(c, Id(records)),
        c => c == Link(records[0]),
        c => c == $"[packer.log]({records[0].Path}/packer.log)",
        c => c == records.Count.ToString(CultureInfo.InvariantCulture));

    private static Line Build(CheckedRecord r, DestroyedBuild? fate) => Row(
        c => c == Link(r),
        c => IsVmid(c, r.ForIndex!.Vmid?.ToString(CultureInfo.InvariantCulture) ?? ShownValue.NotRecorded, fate),
        c => ShownValue.Is(c, r.ForIndex!.Node),
        c => ShownValue.Is(c, r.ForIndex!.Packer),
        c => ShownValue.Is(c, r.ForIndex!.Iso),
        c => ShownValue.Is(c, r.ForIndex!.Test),
        c => ShownValue.Is(c, r.Signer),
        c => c is ['`', .. var hash, '`'] && IsHash(hash, r.LogSha256!));

    private static bool IsVmid(string cell, string vmid, DestroyedBuild? fate)
    {
        if (fate is null || (fate.IsNew && cell == vmid))
        {
            return cell == vmid;
        }

        return (fate.Outcome == DestroyedBuild.Destroyed && IsFate($"{vmid}, destroyed on {fate.At} by "))
            || ((fate.Outcome == DestroyedBuild.Pending || fate.IsNew) && IsFate($"{vmid}, being destroyed since {fate.Begun} by "));

        bool IsFate(string start) => cell.StartsWith(start, StringComparison.Ordinal) && ShownValue.Is(cell.AsSpan(start.Length), fate.By);
    }

    private static Line Init(CheckedRecord r) => Row(
        c => c == Link(r),
        c => ShownValue.Is(c, r.ForIndex!.TokenId),
        c => ShownValue.Is(c, r.ForIndex!.Node),
        c => ShownValue.Is(c, r.Signer),
        c => c is ['`', .. var hash, '`'] && IsHash(hash, r.LogSha256!));

    private static Line Text(string text) => new(text, null);

    private static Line Row(params Func<string, bool>[] cells) => new(null, cells);

    private static string Id(List<CheckedRecord> records) => records[0].Subject["builds/".Length..];

    private static string Link(CheckedRecord r) => $"[{r.Name}]({r.Path}/README.md)";

    // Proxmox's ostype of Windows is w2k8, win11 and the like; of Linux l24 and l26.
    private static bool IsWindows(CheckedRecord r) => r.ForIndex!.OsType is { } os
        ? os.StartsWith('w')
        : r.Subject.Contains("windows", StringComparison.OrdinalIgnoreCase);

    private static List<string> Prose(string view)
    {
        using var stream = typeof(ExpectedIndex).Assembly.GetManifestResourceStream(view)!;
        using var reader = new StreamReader(stream);
        return
        [
            .. reader.ReadToEnd().ReplaceLineEndings("\n").Replace("{{ namespace }}", "packer-build-record", StringComparison.Ordinal).Split('\n')
                .Where(l => l.Length > 0 && !l.Contains("{{", StringComparison.Ordinal)),
        ];
    }
}
