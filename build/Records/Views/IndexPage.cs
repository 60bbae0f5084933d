using System.Globalization;
using Records.Signing;
using Records.Verification;
using Scriban.Runtime;

namespace Records.Views;

/// <summary>Lays out the index: Linux and Windows templates, newest record first, and what does not verify.</summary>
internal static class IndexPage
{
    /// <summary>How much of a hash is shown: the whole one would make the table wider than a screen, and is on the record's page.</summary>
    private const int ShownHash = 12;

    private sealed record Row(CheckedRecord Record, IndexEntry Entry, DestroyedBuild? Destroyed);

    public static string Render(
        RecordRoot root, IReadOnlyList<CheckedRecord> records, IReadOnlyDictionary<string, IndexEntry> entries, IReadOnlyList<RecordVerdict> strangers, DestroyedBuilds destroyed)
    {
        var good = records
            .Where(r => r.Findings.All(f => f.Name == FindingName.ChainForked) && entries.ContainsKey(r.Path))
            .Select(r => new Row(r, entries[r.Path], destroyed.Of(r.Subject, entries[r.Path].Facts.ChainId)))
            .ToList();
        var templates = good.Where(r => r.Record.Subject != "init")
            .GroupBy(r => r.Record.Subject, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => g.OrderByDescending(r => r.Record.Stamp).ToList())
            .ToList();
        var init = good.Where(r => r.Record.Subject == "init").OrderByDescending(r => r.Record.Stamp).ToList();
        var model = new ScriptObject
        {
            ["is_sandbox"] = root.IsSandbox,
            ["count"] = good.Count,
            ["namespace"] = RecordSigner.Namespace,
            ["groups"] = new ScriptArray { Group("Linux", templates.Where(t => !IsWindows(t))), Group("Windows", templates.Where(IsWindows)) },
            ["init"] = new ScriptArray(init.Select(InitRow)),
            ["templates"] = new ScriptArray(templates.Select(Quick)),
            ["bad"] = Bad(records, strangers),
        };
        return View.Render("index.sbn", model);
    }

    private static bool IsWindows(List<Row> template) => template[0].Entry.Facts.OsType is { } os
        ? os.StartsWith('w')
        : template[0].Record.Subject.Contains("windows", StringComparison.OrdinalIgnoreCase);

    private static ScriptObject Group(string title, IEnumerable<List<Row>> templates) => new()
    {
        ["title"] = title,
        ["templates"] = new ScriptArray(templates.Select(rows => new ScriptObject
        {
            ["id"] = Id(rows),
            ["rows"] = new ScriptArray(rows.Select(BuildRow)),
        })),
    };

    /// <summary>One line of Markdown; <c>IndexCheck</c> reads the link at its start and the hash at its end.</summary>
    private static string BuildRow(Row row)
    {
        var e = row.Entry.Facts;
        return $"| {Link(row)} | {Number(e.Vmid)}{Fate(row)} | {Text(e.Node)} | {Text(e.Packer)} | {Text(e.Iso)} | {Text(e.Test)} | {Text(row.Entry.Signer)}{Note(row)} | {Hash(row)} |";
    }

    private static string InitRow(Row row) =>
        $"| {Link(row)} | {Text(row.Entry.Facts.TokenId)} | {Text(row.Entry.Facts.Node)} | {Text(row.Entry.Signer)}{Note(row)} | {Hash(row)} |";

    private static ScriptObject Quick(List<Row> rows) => new()
    {
        ["id"] = MarkdownText.Code(Id(rows)),
        ["link"] = Link(rows[0]),
        ["log"] = $"[packer.log]({rows[0].Record.Path}/packer.log)",
        ["count"] = rows.Count,
    };

    private static ScriptArray Bad(IReadOnlyList<CheckedRecord> records, IReadOnlyList<RecordVerdict> strangers) =>
    [
        .. records.Where(r => r.Findings.Any(f => f.Name != FindingName.ChainForked))
            .Select(r => (r.Path, r.Findings))
            .Concat(strangers.Select(s => (s.Path, Findings: s.Findings.ToList())))
            .OrderBy(b => b.Path, StringComparer.Ordinal)
            .Select(b => new ScriptObject
            {
                ["path"] = MarkdownText.Code(b.Path),
                ["findings"] = string.Join(", ", b.Findings.Select(f => f.Name).Distinct().Order(StringComparer.Ordinal)),
            }),
    ];

    private static string Id(List<Row> rows) => rows[0].Record.Subject["builds/".Length..];

    private static string Link(Row row) => $"[{row.Record.Name}]({row.Record.Path}/README.md)";

    private static string Note(Row row) => row.Record.Findings.Count == 0 ? "" : " (merged, not yet joined)";

    private static string Hash(Row row) => $"`{row.Entry.LogSha256[..ShownHash]}…`";

    private static string Fate(Row row) => row.Destroyed is { } fate
        ? $", {(fate.Outcome == DestroyedBuild.Destroyed ? "destroyed on" : "being destroyed since")} {fate.At} by {Text(fate.By)}"
        : "";

    private static string Text(string? value) => value is null ? RecordReadme.NotRecorded : MarkdownText.Code(value);

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? RecordReadme.NotRecorded;
}
