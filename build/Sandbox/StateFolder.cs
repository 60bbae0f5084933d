using Foundation;

namespace Sandbox;

/// <summary>
/// The folder of the node's state, held by one process at a time. Who finds it held works on a copy of its own, which
/// is thrown away at the end.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    private const long MostCopiedBytes = 64L << 20;
    private readonly FileStream? held;

    private StateFolder(NodePaths paths, FileStream? held) => (Paths, this.held) = (paths, held);

    public NodePaths Paths { get; }

    public bool IsPrivateCopy => held is null;

    /// <summary>Takes the folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="alone">Whether a copy will not do: two must not write into the same disks.</param>
    /// <exception cref="FailureException">It is held, and a copy will not do.</exception>
    public static StateFolder Open(string directory, bool alone = false)
    {
        var paths = new NodePaths(Path.GetFullPath(directory));
        Directory.CreateDirectory(paths.Root);
        if (TryHold(paths.LockFile) is { } held)
        {
            if (Directory.Exists(paths.Incoming))
            {
                // What a process left that ended in the middle of an upload.
                Directory.Delete(paths.Incoming, recursive: true);
            }

            return new StateFolder(paths, held);
        }

        if (alone)
        {
            throw new FailureException(
                FailureKind.Task, "Another run holds the sandbox's real machines", null, "Wait for it to end, or choose another state with --runtime-root=<dir>");
        }

        var copy = new NodePaths(Directory.CreateTempSubdirectory("sandbox-node-").FullName);
        if (File.Exists(paths.State))
        {
            File.Copy(paths.State, copy.State);
        }

        CopyFiles(Path.Combine(paths.Root, "storage"), Path.Combine(copy.Root, "storage"));
        return new StateFolder(copy, null);
    }

    /// <summary>Whether a process holds the folder.</summary>
    public static bool IsHeld(string directory)
    {
        var file = new NodePaths(Path.GetFullPath(directory)).LockFile;
        if (!File.Exists(file))
        {
            return false;
        }

        using var held = TryHold(file);
        return held is null;
    }

    public void Dispose()
    {
        held?.Dispose();
        if (IsPrivateCopy)
        {
            Directory.Delete(Paths.Root, recursive: true);
        }
    }

    private static FileStream? TryHold(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void CopyFiles(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (new FileInfo(file).Length <= MostCopiedBytes || !TryLink(target, file))
            {
                File.Copy(file, target);
            }
        }
    }

    private static bool TryLink(string link, string file)
    {
        try
        {
            File.CreateSymbolicLink(link, file);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
