using System.Globalization;
using System.Text;
using System.Text.Json;
using Foundation;

namespace Bench;

/// <summary>Everything that was measured on one machine, kept as JSON beside the page that shows it.</summary>
internal sealed record Report(string Machine, double LoadAtStart, double LoadAtEnd, string MeasuredUtc, int ScalePercent, IReadOnlyList<Result> Results)
{
    private const string Begin = "<!-- figures: begin, written by --target=Bench -->";
    private const string End = "<!-- figures: end -->";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The report with what an earlier one, of the same machine and size, has of other measurements.</summary>
    public Report With(Report? earlier, IReadOnlyCollection<string> order)
    {
        var now = Results.Select(r => r.Measurement).ToHashSet();
        var kept = earlier is { } e && e.Machine == Machine && e.ScalePercent == ScalePercent ? e.Results.Where(r => !now.Contains(r.Measurement)) : [];
        var places = order.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i);
        return this with { Results = [.. kept.Concat(Results).OrderBy(r => places.GetValueOrDefault(r.Measurement, int.MaxValue))] };
    }

    /// <summary>The report that a file holds, or null.</summary>
    public static Report? Read(string path) => File.Exists(path) ? JsonSerializer.Deserialize<Report>(File.ReadAllText(path), Json) : null;

    /// <summary>Writes the JSON.</summary>
    public void WriteJson(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, JsonSerializer.Serialize(this, Json) + "\n");
    }

    /// <summary>Puts the table into a page, between its two marks, or at its end.</summary>
    public void WriteInto(string page)
    {
        var text = File.Exists(page) ? File.ReadAllText(page) : "# Performance\n";
        var from = text.IndexOf(Begin, StringComparison.Ordinal);
        var to = text.IndexOf(End, StringComparison.Ordinal);
        var (before, after) = from >= 0 && to > from ? (text[..from], text[(to + End.Length)..]) : (text.TrimEnd() + "\n\n", "\n");
        AtomicFile.Write(page, $"{before}{Begin}\n{Markdown()}{End}{after}");
    }

    /// <summary>The table.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n{Machine}; {MeasuredUtc}; load {LoadAtStart:0.0} at the start and {LoadAtEnd:0.0} at the end");
        text.Append(ScalePercent == 100 ? ".\n\n" : string.Create(CultureInfo.InvariantCulture, $"; sizes at {ScalePercent} %.\n\n"));
        text.Append("| what | | beside | | ratio | to reach | reached |\n|---|---:|---|---:|---:|---|---|\n");
        foreach (var r in Results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.What} | {Value(r.Value, r.Unit)} | {r.Beside ?? ""} | {(r.BesideValue is { } b ? Value(b, r.Unit) : "")} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(r.Ratio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} ×") : "")} | {Reach(r)} | {r.Reached switch { true => "yes", false => "no", null => "" }} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static string Reach(Result r) => string.Join(", ", new[]
    {
        r.ReachRatio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"≤ {ratio:0.##} ×") : null,
        r.ReachValue is { } value ? $"≤ {Value(value, r.Unit)}" : null,
    }.OfType<string>());

    private static string Value(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.ToString(unit == "MB" ? "0" : value < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture)} {unit}");
}
