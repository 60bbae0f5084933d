using Foundation;

namespace Records.Sealing;

/// <summary>
/// <c>latest</c>: a relative link to the newest record's folder or, where links cannot be made (Windows without the
/// right to, file systems that have none), a small text file that says so. It is made beside and renamed, so that there is always one.
/// </summary>
internal static class LatestPointer
{
    /// <summary>How the text file begins; the folder's name follows.</summary>
    public const string TextForm = "latest record: ";

    public static void Set(string folder, UtcStamp stamp)
    {
        var path = Path.Combine(folder, RecordFiles.Latest);
        if (IsSet(path, stamp))
        {
            return;
        }

        var beside = Path.Combine(folder, $".tmp-{Guid.NewGuid():N}");
        try
        {
            try
            {
                Directory.CreateSymbolicLink(beside, stamp.ToString());
            }
            catch (Exception e) when (IsWithoutLinks(e))
            {
                File.WriteAllText(beside, TextContent(stamp));
            }

            if (OperatingSystem.IsWindows() && Directory.Exists(path))
            {
                Directory.Delete(path); // Windows cannot rename over a link to a folder.
            }

            FileSystemCalls.Rename(beside, path);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }

        FileSystemCalls.SyncFolder(folder);
    }

    /// <summary>The text file's content.</summary>
    internal static string TextContent(UtcStamp stamp) =>
        $"{TextForm}{stamp}\nThis file stands for a link to that folder: links could not be made where the record was written.\n";

    private static bool IsWithoutLinks(Exception e)
    {
        // EPERM, which Linux gives for file systems without links such as FAT, ENOSYS and EOPNOTSUPP (Linux, macOS).
        return e is IOException or UnauthorizedAccessException
            && (OperatingSystem.IsWindows() || e.HResult is 1 or 38 or 78 or 95 or 102 || e.InnerException?.HResult is 1);
    }

    private static bool IsSet(string path, UtcStamp stamp)
    {
        var info = new FileInfo(path);
        return info.LinkTarget == stamp.ToString()
            || (info is { Exists: true, LinkTarget: null, Length: < 1024 } && File.ReadAllText(path) == TextContent(stamp));
    }
}
