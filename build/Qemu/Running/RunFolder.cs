using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Foundation;

namespace Qemu.Running;

/// <summary>
/// The folder of one running VM with its sockets, which only its owner may enter, and the mark in the node's state by which
/// the next start finds it. Processes are known by that folder's name in their arguments, or by their number and the moment at
/// which they began; never by their own name.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string Ending = ".run";
    private static readonly TimeSpan Same = TimeSpan.FromSeconds(2);

    private readonly string mark;
    private readonly List<string> lines;

    private RunFolder(string mark, string path) => (this.mark, Path, lines) = (mark, path, [path]);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes the folder and its mark.</summary>
    /// <param name="marks">Where marks are.</param>
    /// <param name="id">The VMID.</param>
    public static RunFolder Make(string marks, int id)
    {
        Directory.CreateDirectory(marks);

        // Names of sockets may have about a hundred characters: too few for a folder below somebody's checkout. The mark is
        // there before the folder, so that none is left unseen.
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "sandbox-vm-" + Guid.NewGuid().ToString("N"));
        var folder = new RunFolder(System.IO.Path.Combine(marks, id.ToString(CultureInfo.InvariantCulture) + Ending), path);
        folder.Save();
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    /// <summary>Notes a process that belongs to it.</summary>
    public void Note(Process process)
    {
        try
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.ToUniversalTime().Ticks}"));
            Save();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    /// <summary>Removes folder and mark.</summary>
    public void Dispose()
    {
        Remove(Path);
        File.Delete(mark);
    }

    /// <summary>Ends what a node left that was killed, and removes its folders.</summary>
    /// <returns>The VMIDs whose machines were found running.</returns>
    public static IReadOnlyList<string> EndLeft(string marks)
    {
        if (!Directory.Exists(marks))
        {
            return [];
        }

        var ended = new List<string>();
        foreach (var file in Directory.EnumerateFiles(marks, "*" + Ending))
        {
            var lines = File.ReadAllLines(file);
            if (lines is not [var folder, .. var processes] || !System.IO.Path.GetFileName(folder).StartsWith("sandbox-vm-", StringComparison.Ordinal))
            {
                File.Delete(file);
                continue;
            }

            var left = Marked(folder).Concat(processes.Select(Numbered).OfType<Process>()).DistinctBy(p => p.Id).ToList();
            if (left.Count > 0)
            {
                ended.Add(System.IO.Path.GetFileNameWithoutExtension(file));
            }

            foreach (var process in left)
            {
                ProcessTree.Kill(process);
                process.WaitForExit(TimeSpan.FromSeconds(5));
                process.Dispose();
            }

            Remove(folder);
            File.Delete(file);
        }

        return ended;
    }

    private static IEnumerable<Process> Marked(string folder)
    {
        if (!Directory.Exists("/proc/self"))
        {
            yield break;
        }

        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId
                && Has(System.IO.Path.Combine(entry, "cmdline"), folder + "/") && TryGet(id) is { } process)
            {
                yield return process;
            }
        }
    }

    private static bool Has(string file, string text)
    {
        try
        {
            return File.ReadAllText(file).Contains(text, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Process? Numbered(string line)
    {
        if (line.Split(' ') is not [var number, var ticks] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var began) || TryGet(id) is not { } process)
        {
            return null;
        }

        try
        {
            if ((process.StartTime.ToUniversalTime() - new DateTime(began, DateTimeKind.Utc)).Duration() < Same)
            {
                return process;
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // Gone, or another user's.
        }

        process.Dispose();
        return null;
    }

    private static Process? TryGet(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Save() => AtomicFile.Write(mark, string.Join('\n', lines) + "\n", AtomicFile.OwnerOnly);
}
