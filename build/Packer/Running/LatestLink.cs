using System.Runtime.InteropServices;
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
        if (!TryLink(folder, target))
        {
            AtomicFile.Write(Path.Combine(folder, Name), target + "\n");
        }
    }

    /// <summary>The name that <c>latest</c> points at, or null.</summary>
    public static string? Read(string folder)
    {
        var latest = new FileInfo(Path.Combine(folder, Name));
        return latest.LinkTarget ?? (latest.Exists ? File.ReadAllText(latest.FullName).Trim() : null);
    }

    private static bool TryLink(string folder, string target)
    {
        var beside = Path.Combine(folder, $".{Name}.{Guid.NewGuid():N}");
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Needs a right that few users have, and cannot replace a link in one step.
                return false;
            }

            File.CreateSymbolicLink(beside, target);
            if (rename(beside, Path.Combine(folder, Name)) == 0)
            {
                return true;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file system without links.
        }

        File.Delete(beside);
        return false;
    }

    // File.Move follows a link and refuses one that leads to a folder.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
