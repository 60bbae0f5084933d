using System.Text;
using Foundation;

namespace Records.Verification;

/// <summary>Checks <c>latest</c> of one template without following it.</summary>
internal static class LatestCheck
{
    private const string TextForm = "latest record: ";

    /// <summary>What is wrong; null when nothing is.</summary>
    public static Finding? Check(string folder, IReadOnlyList<CheckedRecord> records)
    {
        var newest = records.Where(r => r is { IsAuthentic: true, Stamp: not null }).MaxBy(r => r.Stamp)?.Name
            ?? records.Where(r => r.Stamp is not null).MaxBy(r => r.Stamp)?.Name;
        var target = Target(Path.Combine(folder, "latest"));
        if (target is null)
        {
            return newest is null ? null : new(FindingName.LatestMissing, null, $"there is none; it must be on {newest}");
        }

        if (target == newest)
        {
            return null;
        }

        return UtcStamp.TryParse(target, out _) && records.Any(r => r.Name == target)
            ? new(FindingName.LatestPointsElsewhere, null, $"it is on {target}; the newest record is {newest}")
            : UtcStamp.TryParse(target, out _)
                ? new(FindingName.LatestDangling, null, $"it is on {target}, which is not there")
                : new(FindingName.LatestPointsElsewhere, null, $"it is on '{target}', which is no record of this template");
    }

    /// <summary>
    /// What it names: the link's target, or the content of the small file that stands for a link (ours, or git's on a
    /// checkout without links). Null when there is nothing.
    /// </summary>
    private static string? Target(string path)
    {
        const int limit = 1024;
        if (SafeFile.IsLink(path))
        {
            return new FileInfo(path).LinkTarget ?? "";
        }

        if (!File.Exists(path))
        {
            return Directory.Exists(path) ? "" : null;
        }

        var content = SafeFile.Read(path, limit);
        if (content is null)
        {
            return "";
        }

        var line = Encoding.UTF8.GetString(content).Split('\n')[0].TrimEnd('\r');
        return line.StartsWith(TextForm, StringComparison.Ordinal) ? line[TextForm.Length..] : line;
    }
}
