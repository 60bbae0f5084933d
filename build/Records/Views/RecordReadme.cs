using Records.Model;

namespace Records.Views;

/// <summary>The README of one record.</summary>
internal static class RecordReadme
{
    /// <summary>Renders it from what <c>run.json</c> says.</summary>
    public static string Render(RunRecord record) => $"# Record {record.TimestampUtc}\n";
}
