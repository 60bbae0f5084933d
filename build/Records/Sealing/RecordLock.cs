using System.Diagnostics;
using Foundation;

namespace Records.Sealing;

/// <summary>
/// A lock among processes, held by an open file: the system lets go of it when the process ends, however it ends.
/// </summary>
internal sealed class RecordLock : IDisposable
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(5);
    private readonly FileStream file;

    private RecordLock(FileStream file) => this.file = file;

    /// <summary>Waits until nobody else holds the lock.</summary>
    /// <param name="root">The records.</param>
    /// <param name="name">What is locked: a subject's name, or another word.</param>
    /// <param name="limit">How long to wait; null for five minutes.</param>
    /// <exception cref="FailureException">Somebody held it for longer.</exception>
    /// <exception cref="IOException">The lock's file cannot be made.</exception>
    public static RecordLock Take(RecordRoot root, string name, TimeSpan? limit = null)
    {
        var longest = limit ?? DefaultLimit;
        var path = PathOf(root, name);
        FileSystemCalls.RefuseLinks(root, path);
        Directory.CreateDirectory(root.State);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (waited.Elapsed > longest)
                {
                    throw new FailureException(
                        FailureKind.Task, $"The records of {name} cannot be changed",
                        $"another run has held {path} for {longest.TotalMinutes:0} minutes", "Wait for that run to end, or end it", cause: e);
                }

                Thread.Sleep(Random.Shared.Next(5, 30));
            }
        }
    }

    /// <summary>The file that is held open.</summary>
    public static string PathOf(RecordRoot root, string name) => Path.Combine(root.State, $"{name.Replace('/', '-')}.lock");

    public void Dispose() => file.Dispose();

    private static bool IsHeld(IOException e)
    {
        // EWOULDBLOCK on Linux and macOS; ERROR_SHARING_VIOLATION on Windows.
        const int linux = 11;
        const int apple = 35;
        const int windows = unchecked((int)0x80070020);
        return e.HResult is linux or apple or windows;
    }
}
