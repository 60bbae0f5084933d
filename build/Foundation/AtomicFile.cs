using System.Text;

namespace Foundation;

/// <summary>Writes files that other processes may read or that a crash may interrupt: whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>The permissions of a file that only its owner may read.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes beside the file, flushes to the disk and renames over it. The text is UTF-8 without a byte order mark.
    /// </summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="text">The whole content.</param>
    /// <param name="mode">The permissions from the first moment on (Unix); null for the system's default.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; the old file is untouched.</exception>
    public static void Write(string path, string text, UnixFileMode? mode = null)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var beside = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (mode is not null && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = mode;
            }

            using (var stream = new FileStream(beside, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
