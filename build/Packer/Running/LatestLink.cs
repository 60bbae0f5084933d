using Foundation;

namespace Packer.Running;

/// <summary>The entry <c>latest</c> of a folder of runs: a link, or a small file with the name where links cannot be made.</summary>
public static class LatestLink
{
    /// <summary>The entry's name.</summary>
    public const string Name = "latest";

    /// <summary>Lets <c>latest</c> point at one of the folder's entries. An older one is replaced in one step.</summary>
    public static void Point(string folder, string target)
    {
        Directory.CreateDirectory(folder);
        var latest = Path.Combine(folder, Name);
        var beside = Path.Combine(folder, $".{Name}.{Guid.NewGuid():N}");
        try
        {
            if (OperatingSystem.IsWindows() && Directory.Exists(latest))
            {
                Directory.Delete(latest);
            }

            // A link to a folder is renamed as what it is: a file of its own.
            File.CreateSymbolicLink(beside, target);
            File.Move(beside, latest, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            File.Delete(beside);
            AtomicFile.Write(latest, target + "\n");
        }
    }

    /// <summary>The name that <c>latest</c> points at, or null.</summary>
    public static string? Read(string folder)
    {
        var latest = new FileInfo(Path.Combine(folder, Name));
        return latest.LinkTarget ?? (latest.Exists ? File.ReadAllText(latest.FullName).Trim() : null);
    }
}
