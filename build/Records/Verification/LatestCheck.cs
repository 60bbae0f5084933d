using System.Text;
using Foundation;

namespace Records.Verification;

/// <summary>Checks <c>latest</c> of one template without following it.</summary>
internal static class LatestCheck
{
    private const string TextForm = "latest record: ";
    private const string TextEnd = "This file stands for a link to that folder: links could not be made where the record was written.\n";
    private const int Longest = 1024;

    /// <summary>What is wrong; null when nothing is.</summary>
    /// <param name="folder">The template's folder.</param>
    /// <param name="records">All records in it.</param>
    /// <param name="pending">The names of the records that a run has sealed and died before it published them.</param>
    public static Finding? Check(string folder, IReadOnlyList<CheckedRecord> records, IReadOnlySet<string> pending)
    {
        try
        {
            return Wrong(Target(Path.Combine(folder, "latest")), records, pending);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(FindingName.Unreadable, null, e.Message);
        }
    }

    private static Finding? Wrong(string? target, IReadOnlyList<CheckedRecord> records, IReadOnlySet<string> pending)
    {
        var stamped = records.Where(r => r.Stamp is not null).OrderByDescending(r => r.Stamp).ToList();
        var authentic = stamped.Where(r => r.IsAuthentic).ToList();
        var newest = (authentic.FirstOrDefault() ?? stamped.FirstOrDefault())?.Name;
        var published = authentic.FirstOrDefault(r => !pending.Contains(r.Name))?.Name;
        if (target == newest || (target == published && newest is not null && pending.Contains(newest)))
        {
            return null;
        }

        if (target is null)
        {
            return new(FindingName.LatestMissing, null, $"there is none; it must be on {newest}");
        }

        // On a newer record that was damaged: that record has the finding, and where it belongs latest was right.
        if (stamped.FirstOrDefault(r => r.Name == target) is { IsAuthentic: false } damaged && string.CompareOrdinal(damaged.Name, newest) > 0)
        {
            return null;
        }

        return !UtcStamp.TryParse(target, out _)
            ? new(FindingName.LatestPointsElsewhere, null, $"it is on '{target}', which is no record of this template")
            : records.Any(r => r.Name == target)
                ? new(FindingName.LatestPointsElsewhere, null, $"it is on {target}; the newest record is {newest}")
                : new(FindingName.LatestDangling, null, $"it is on {target}, which is not there");
    }

    /// <summary>
    /// What it names: the link's target, or the content of the small file that stands for a link (ours, or git's on a
    /// checkout without links). Null when there is nothing.
    /// </summary>
    public static string? Target(string path)
    {
        if (SafeFile.IsLink(path))
        {
            return new FileInfo(path).LinkTarget ?? "";
        }

        if (!File.Exists(path))
        {
            return Directory.Exists(path) ? "" : null;
        }

        var text = SafeFile.Read(path, Longest) is { } content ? Encoding.UTF8.GetString(content) : "";
        return text.StartsWith(TextForm, StringComparison.Ordinal) && text.EndsWith($"\n{TextEnd}", StringComparison.Ordinal)
            ? text[TextForm.Length..^(TextEnd.Length + 1)]
            : text;
    }
}
