using Foundation;
using Records.Model;

namespace Records.Sealing;

/// <summary>What the records of a subject that are there mean for the next one.</summary>
internal static class Chain
{
    /// <summary>The stamps of the record folders, oldest first.</summary>
    public static List<UtcStamp> Stamps(string folder)
    {
        var stamps = new List<UtcStamp>();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateDirectories(folder))
            {
                if (UtcStamp.TryParse(Path.GetFileName(path), out var stamp) && !IsLink(path))
                {
                    stamps.Add(stamp);
                }
            }
        }

        stamps.Sort();
        return stamps;
    }

    /// <summary>The newest record's stamp; null when there is none.</summary>
    public static UtcStamp? NewestStamp(string folder) => Stamps(folder) is [.., var last] ? last : null;

    /// <summary>The link to the newest record; one that has lost its sums cannot be linked to.</summary>
    public static PreviousRecord? Newest(string folder)
    {
        foreach (var stamp in Enumerable.Reverse(Stamps(folder)))
        {
            var sums = Path.Combine(folder, stamp.ToString(), RecordFiles.Sums);
            if (File.Exists(sums) && !IsLink(sums))
            {
                return new(stamp.ToString(), FileHash.Sha256(sums));
            }
        }

        return null;
    }

    private static bool IsLink(string path) => File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint);
}
