using System.Text;
using System.Text.Json;
using Build.Context;
using Build.Stages;
using Records;
using Templates;

namespace Build.Output;

/// <summary>The catalogue: each template with its last record on a cluster and in the sandbox.</summary>
internal static class CatalogueTable
{
    public static void Print(BuildContext context)
    {
        var real = RecordRoot.For(context.Settings.RecordsFolder, "proxmox");
        var sandbox = RecordRoot.For(context.Settings.RecordsFolder, RecordRoot.Sandbox);
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        var rows = context.Catalogue.Summaries()
            .Select(t => (Template: t, Age: context.Catalogue.MediumAge(t.Id), Real: RecordCatalogue.LastRecord(real, t.Id)?.ToString(), Sandbox: RecordCatalogue.LastRecord(sandbox, t.Id)?.ToString()))
            .ToList();
        if (context.Settings.JsonOutput)
        {
            PrintJson(rows, today);
            Console.Error.Write(LeftBehind(context));
            return;
        }

        var width = rows.Select(r => r.Template.Id.Length).DefaultIfEmpty(0).Max();
        var titles = rows.Select(r => r.Template.Title.Length).DefaultIfEmpty(0).Max();
        Console.WriteLine($"{"Template".PadRight(width)}  {"".PadRight(titles)}  {"Last record",-18}  {"In the sandbox",-18}  Age of the medium");
        foreach (var (template, age, last, trial) in rows)
        {
            var title = template.Title.Length > 0 ? template.Title : "(template.json cannot be read)";
            Console.WriteLine($"{template.Id.PadRight(width)}  {title.PadRight(titles)}  {last ?? "none",-18}  {trial ?? "none",-18}  {age.Describe(today)}");
        }

        Console.WriteLine();
        Console.WriteLine("Build one: ./build.sh --target=BuildTemplate --template=<id>     All options: ./build.sh --help");
        Console.Write(LeftBehind(context));
    }

    /// <summary>The VMs that earlier runs may have left on a server; no server is asked.</summary>
    private static string LeftBehind(BuildContext context)
    {
        var text = new StringBuilder();
        var notes = context.VmNotes.Left(file => text.AppendLine($"Warning: {LeftVms.Unreadable(file)}"));
        return notes.Aggregate(text, (t, note) => t.AppendLine($"Warning: {LeftVms.Told(note)}")).ToString();
    }

    // Written by hand over Utf8JsonWriter: it needs no reflection, and a list should be there at once.
    private static void PrintJson(List<(TemplateSummary Template, MediumAge Age, string? Real, string? Sandbox)> rows, DateOnly today)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = MachineOutput.Encoder }))
        {
            json.WriteStartArray();
            foreach (var (template, age, last, trial) in rows)
            {
                json.WriteStartObject();
                json.WriteString("id", template.Id);
                json.WriteString("title", template.Title);
                json.WriteString("family", template.Family);
                json.WriteString("last_record", last);
                json.WriteString("last_sandbox_record", trial);
                json.WriteString("medium_released", age.Released?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
                json.WriteNumber("max_age_days", age.MaximumDays);
                json.WriteBoolean("medium_old", age.IsOld(today));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.Write("\n"u8);
    }
}
