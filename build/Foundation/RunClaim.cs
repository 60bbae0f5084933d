namespace Foundation;

/// <summary>
/// A second that belongs to one run alone under a runtime root: logs and workspaces are named by it, and two runs must not
/// write into each other's. It is a file under <c>run/</c> that is held open and goes with the process, however that
/// ends; while one is held, nothing under the root may be removed.
/// </summary>
public sealed class RunClaim : IDisposable
{
    private readonly FileStream held;

    private RunClaim(FileStream held, UtcStamp stamp) => (this.held, Stamp) = (held, stamp);

    /// <summary>The second.</summary>
    public UtcStamp Stamp { get; }

    /// <summary>Takes the given second, or the first one after it that no other run has.</summary>
    /// <exception cref="FailureException">The runtime root cannot be written to.</exception>
    public static RunClaim Take(RuntimePaths paths, UtcStamp from)
    {
        try
        {
            Directory.CreateDirectory(paths.Claims);
            for (var stamp = from;; stamp = stamp.Next())
            {
                if (TryHold(Path.Combine(paths.Claims, stamp.ToString())) is { } held)
                {
                    return new RunClaim(held, stamp);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FailureException(
                FailureKind.Task, $"The runtime root {paths.Root} cannot be used", error.Message, WriteRemedy.For(error, paths.Root, "choose another one with --runtime-root"), cause: error);
        }
    }

    /// <summary>Whether a run holds a second under this root.</summary>
    public static bool IsAnyHeld(RuntimePaths paths) =>
        Directory.Exists(paths.Claims) && Directory.EnumerateFiles(paths.Claims).Any(IsHeld);

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    // The file stays when the process is killed; then nobody holds it, and its second is taken all the same.
    private static FileStream? TryHold(string file)
    {
        try
        {
            return new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }
    }

    internal static bool IsHeld(string file)
    {
        try
        {
            using var free = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
