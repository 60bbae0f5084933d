using System.Text.Json;
using Records.Verification;

namespace Build.Output;

/// <summary>What Verify found: a line for each record and each finding, or JSON.</summary>
internal static class VerdictTable
{
    public static void Print(IReadOnlyList<RecordVerdict> verdicts, bool asJson)
    {
        if (asJson)
        {
            PrintJson(verdicts);
            return;
        }

        var width = verdicts.Select(v => Visible(v.Path).Length).DefaultIfEmpty(0).Max();
        foreach (var verdict in verdicts)
        {
            var signer = verdict.Signer is null ? "" : $"signed by {Visible(verdict.Signer)}";
            Console.WriteLine($"{(verdict.IsValid ? "ok      " : "FAILED  ")}{Visible(verdict.Path).PadRight(width)}  {signer}".TrimEnd());
            foreach (var finding in verdict.Findings)
            {
                Console.WriteLine($"        {finding.Name}: {(finding.File is null ? "" : Visible(finding.File) + ": ")}{Visible(finding.Message)}");
            }
        }

        PrintSigners(verdicts);
        Console.WriteLine(verdicts.Count == 0 ? "There are no records." : $"{verdicts.Count(v => v.IsValid)} ok, {verdicts.Count(v => !v.IsValid)} failed");
    }

    /// <summary>A name is what anybody can write beside a key; the fingerprint is what to ask the signer for.</summary>
    private static void PrintSigners(IReadOnlyList<RecordVerdict> verdicts)
    {
        foreach (var key in verdicts.Where(v => v.Fingerprint is not null).GroupBy(v => (v.Signer, v.Fingerprint)).OrderBy(k => k.Key))
        {
            Console.WriteLine($"signer  {Visible(key.Key.Signer!)} with the key {key.Key.Fingerprint}: {key.Count()} {(key.Count() == 1 ? "record" : "records")}");
        }
    }

    private static void PrintJson(IReadOnlyList<RecordVerdict> verdicts)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = MachineOutput.Encoder }))
        {
            json.WriteStartArray();
            foreach (var verdict in verdicts)
            {
                json.WriteStartObject();
                json.WriteString("path", verdict.Path);
                json.WriteString("kind", verdict.Kind.ToString().ToLowerInvariant());
                json.WriteBoolean("valid", verdict.IsValid);
                json.WriteString("signer", verdict.Signer);
                json.WriteString("fingerprint", verdict.Fingerprint);
                json.WriteStartArray("findings");
                foreach (var finding in verdict.Findings)
                {
                    json.WriteStartObject();
                    json.WriteString("name", finding.Name);
                    json.WriteString("file", finding.File);
                    json.WriteString("message", finding.Message);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                json.Flush();
            }

            json.WriteEndArray();
        }

        output.Write("\n"u8);
    }

    /// <summary>Names come out of records that nobody trusts: they must not colour or move anything on a terminal.</summary>
    public static string Visible(string text) => text.Any(IsHidden) ? string.Concat(text.Select(c => IsHidden(c) ? '\uFFFD' : c)) : text;

    private static bool IsHidden(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format;
}
