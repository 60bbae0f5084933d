using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Records;

/// <summary>
/// The few file system calls that the base library does not offer or offers with other meaning: its move copies
/// across file systems without a word, and it cannot flush a folder or make a hard link.
/// </summary>
internal static partial class FileSystemCalls
{
    private static readonly bool IsWindows = OperatingSystem.IsWindows();

    /// <summary>Renames a file, link or folder inside a file system, over what is there; on Windows not over folders.</summary>
    public static void Rename(string from, string to)
    {
        if (!IsWindows)
        {
            if (UnixRename(from, to) != 0)
            {
                throw LastError($"'{from}' cannot be renamed to '{to}'");
            }
        }
        else if (File.GetAttributes(from).HasFlag(FileAttributes.Directory))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }
    }

    /// <summary>
    /// Refuses to write where a link in a folder of records leads: a repository that somebody else can write to could lead
    /// the writing anywhere. The folder itself was chosen by the user and may be a link.
    /// </summary>
    /// <exception cref="IOException">There is a link on the way.</exception>
    public static void RefuseLinks(RecordRoot root, string path)
    {
        for (var place = path; place is not null && place.Length > root.Chosen.Length; place = Path.GetDirectoryName(place))
        {
            if (new FileInfo(place).LinkTarget is not null)
            {
                throw new IOException($"'{place}' is a link, and records are not written through links");
            }
        }
    }

    /// <summary>
    /// Asks whether entries may be made in a folder, and makes none: what a run that is killed here would leave among
    /// the records is a finding. Windows does not answer that question, so there only the writing shows it.
    /// </summary>
    /// <exception cref="IOException">They may not, such as on a read-only file system.</exception>
    public static void RequireWritable(string folder)
    {
        const int writeAndEnter = 2 | 1;
        if (!IsWindows && UnixAccess(folder, writeAndEnter) != 0)
        {
            throw LastError($"'{folder}' cannot be written to");
        }
    }

    /// <summary>Asks whether a file that may be there can be opened for writing, and does not open it.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    public static void RequireFileWritable(string path)
    {
        const int readAndWrite = 4 | 2;
        RefuseFolder(path);
        if (!IsWindows && File.Exists(path) && UnixAccess(path, readAndWrite) != 0)
        {
            throw LastError($"'{path}' cannot be written to");
        }
    }

    /// <summary>Refuses a folder where a file or link is to be: nothing can be renamed over it. A link to a folder can be replaced.</summary>
    /// <exception cref="IOException">There is one.</exception>
    public static void RefuseFolder(string path)
    {
        if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            throw new IOException($"'{path}' is a folder");
        }
    }

    /// <summary>Gives a file a second name. False where that cannot be done, such as across file systems.</summary>
    public static bool TryLink(string existing, string name) =>
        IsWindows ? CreateHardLink(name, existing, 0) : UnixLink(existing, name) == 0;

    /// <summary>Flushes the entries of a folder to the disk (POSIX wants that beside the flush of each file).</summary>
    public static void SyncFolder(string folder)
    {
        if (IsWindows)
        {
            return;
        }

        var descriptor = UnixOpen(folder, 0);
        if (descriptor < 0)
        {
            throw LastError($"'{folder}' cannot be opened");
        }

        try
        {
            // Some network file systems cannot flush folders and say EINVAL; there is nothing more to do then.
            const int einval = 22;
            if (UnixFsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != einval)
            {
                throw LastError($"'{folder}' cannot be flushed");
            }
        }
        finally
        {
            _ = UnixClose(descriptor);
        }
    }

    /// <summary>Creates a file with its content and permissions and flushes it.</summary>
    public static void WriteNew(string path, ReadOnlySpan<byte> content)
    {
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 }))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        MakeReadOnly(path, isFolder: false);
    }

    /// <summary>0444 for a file, 0555 for a folder; the read-only attribute for files on Windows.</summary>
    public static void MakeReadOnly(string path, bool isFolder)
    {
        const UnixFileMode read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, isFolder ? read | enter : read);
        }
        else if (!isFolder)
        {
            File.SetAttributes(path, FileAttributes.ReadOnly);
        }
    }

    /// <summary>Deletes a folder of ours whatever its permissions; links in it are removed, not followed.</summary>
    public static void DeleteFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        else
        {
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                File.SetAttributes(file, FileAttributes.Normal);
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>
    /// Removes what <see cref="Foundation.AtomicFile"/> left beside a file when its process died. Call it only while
    /// holding the lock under which the file is written.
    /// </summary>
    public static void RemoveUnfinished(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder))
        {
            foreach (var unfinished in Directory.EnumerateFiles(folder, $".{Path.GetFileName(path)}.*.tmp"))
            {
                File.Delete(unfinished);
            }
        }
    }

    private static IOException LastError(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnixRename(string from, string to);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnixAccess(string path, int mode);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnixLink(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnixOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int UnixFsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int UnixClose(int descriptor);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string name, string existing, nint reserved);
}
