using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Packer.Staging;

/// <summary>
/// A folder for what a run must have on disk and nobody else may read: private key, rendered assets with secrets,
/// Packer's temporary files. It is outside the runtime root (in <c>XDG_RUNTIME_DIR</c>, which is memory, or the
/// temporary folder), only its owner may enter it, and it is deleted at the end of the run. Its name has the
/// process's id, so that what a crashed run left is found and deleted by <see cref="Sweep"/>.
/// </summary>
public sealed class SecretsFolder : IDisposable
{
    private const string Prefix = "packer-build-";

    private SecretsFolder(string path) => Path = path;

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Deletes what crashed runs left and makes a folder for this one.</summary>
    /// <param name="parent">Where; null for the user's runtime folder or the temporary folder.</param>
    public static SecretsFolder Create(string? parent = null)
    {
        parent ??= Parent();
        Sweep(parent);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        var path = System.IO.Path.Combine(parent, name);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new SecretsFolder(path);
    }

    /// <summary>Writes a file that only its owner may read.</summary>
    /// <param name="name">The path inside the folder, with forward slashes.</param>
    /// <param name="content">The content.</param>
    /// <returns>The file's full path.</returns>
    public string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Foundation.AtomicFile.Write(path, content, Foundation.AtomicFile.OwnerOnly);
        return path;
    }

    /// <summary>Makes a folder inside and returns its full path.</summary>
    public string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Deletes the folder and everything in it.</summary>
    public void Dispose() => Delete(Path);

    /// <summary>Deletes the folders of runs whose process is gone.</summary>
    internal static void Sweep(string parent)
    {
        foreach (var folder in new DirectoryInfo(parent).EnumerateDirectories(Prefix + "*"))
        {
            var digits = folder.Name[Prefix.Length..].Split('-')[0];
            if (folder.LinkTarget is null && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !IsOwner(id, folder.CreationTimeUtc))
            {
                Delete(folder.FullName);
            }
        }
    }

    // A process that started after the folder was made only has the number of the one that made it.
    private static bool IsOwner(int id, DateTime made)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime() < made.AddSeconds(5);
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return true;
        }
    }

    private static string Parent() =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime)
            ? runtime : System.IO.Path.GetTempPath();

    private static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Already gone.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or still in use: the next run tries again.
        }
    }
}
