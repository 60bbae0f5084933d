using System.Security.Cryptography;

namespace Guest;

/// <summary>A file while it is being uploaded: hashed as it comes, kept in memory only while it is small.</summary>
internal sealed class GuestUpload(string path) : IDisposable
{
    /// <summary>The most bytes of one file that are kept.</summary>
    public const int MostKept = 4 << 20;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private MemoryStream? kept = new();

    public string Path { get; } = path;

    public long Size { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Size += bytes.Length;
        if (Size > MostKept)
        {
            kept = null;
        }

        kept?.Write(bytes);
    }

    public GuestFile Finish(string? path) => new(path ?? Path, Size, Convert.ToHexStringLower(hash.GetHashAndReset()), kept?.ToArray() ?? []);

    public void Dispose() => hash.Dispose();
}

/// <summary>
/// The files that clients uploaded to one guest. Nothing touches the host's disk; memory is bounded: at most
/// 1000 files, 64 MiB of content. Paths are compared without regard to case and to the kind of slash (so that
/// <c>C:/Windows/Temp/x.ps1</c> is found again under its Windows name). Safe for several threads.
/// </summary>
internal sealed class GuestFiles
{
    private const int MostFiles = 1000;
    private const long MostBytes = 64 << 20;
    private readonly Lock gate = new();
    private readonly Dictionary<string, GuestFile> files = [];
    private readonly HashSet<string> folders = ["/", "/TMP", "/HOME", "/ROOT", "/ETC", "/VAR", "/VAR/TMP", "/USR", "/USR/LOCAL", "/USR/LOCAL/BIN", "/OPT"];
    private long bytes;

    public IReadOnlyList<GuestFile> All
    {
        get
        {
            lock (gate)
            {
                return [.. files.Values];
            }
        }
    }

    public GuestFile Store(GuestFile file)
    {
        lock (gate)
        {
            RemoveCore(file.Path);
            if (bytes + file.Content.Length > MostBytes)
            {
                file = file with { Content = default };
            }

            if (files.Count < MostFiles)
            {
                files[Key(file.Path)] = file;
                bytes += file.Content.Length;
            }
        }

        return file;
    }

    public GuestFile? Find(string path)
    {
        lock (gate)
        {
            return files.GetValueOrDefault(Key(path));
        }
    }

    public bool Remove(string path)
    {
        lock (gate)
        {
            return RemoveCore(path);
        }
    }

    public bool Rename(string from, string to)
    {
        lock (gate)
        {
            if (!files.TryGetValue(Key(from), out var file))
            {
                return false;
            }

            RemoveCore(from);
            RemoveCore(to);
            files[Key(to)] = file with { Path = to };
            bytes += file.Content.Length;
            return true;
        }
    }

    /// <summary>Whether a folder was made, holds a file, or is one that every system has.</summary>
    public bool IsFolder(string path)
    {
        var key = Key(path);
        lock (gate)
        {
            return folders.Contains(key) || key.StartsWith("/HOME/", StringComparison.Ordinal) && key.Count(c => c == '/') == 2
                || files.Keys.Any(f => f.StartsWith(key + "/", StringComparison.Ordinal));
        }
    }

    public void MakeFolder(string path)
    {
        lock (gate)
        {
            if (folders.Count < MostFiles)
            {
                folders.Add(Key(path));
            }
        }
    }

    public bool RemoveFolder(string path)
    {
        lock (gate)
        {
            return folders.Remove(Key(path));
        }
    }

    private static string Key(string path)
    {
        var key = path.Replace('\\', '/').ToUpperInvariant();
        return key.Length > 1 ? key.TrimEnd('/') : key;
    }

    private bool RemoveCore(string path)
    {
        if (!files.Remove(Key(path), out var old))
        {
            return false;
        }

        bytes -= old.Content.Length;
        return true;
    }
}
