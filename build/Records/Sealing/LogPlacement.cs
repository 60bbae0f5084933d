using System.Security.Cryptography;

namespace Records.Sealing;

/// <summary>Brings the log into the record.</summary>
internal static class LogPlacement
{
    private const int BufferSize = 1 << 17;

    /// <summary>
    /// By a second name for the same file, so that a gigabyte costs what a kilobyte costs and a crash loses nothing;
    /// where that is impossible (another file system), by a copy whose hash is checked.
    /// </summary>
    /// <exception cref="IOException">The file is not the one that was hashed, or cannot be written.</exception>
    public static void Place(LogFile log, string target)
    {
        var source = new FileInfo(log.Path);
        if (source.LinkTarget is not null)
        {
            // A second name for it would be a link in the record.
            throw new IOException($"'{log.Path}' is a link, and not the file that was written");
        }

        if (source.Length != log.Bytes)
        {
            throw new IOException($"'{log.Path}' has {source.Length} bytes and not the {log.Bytes} that were written to it");
        }

        if (FileSystemCalls.TryLink(log.Path, target))
        {
            using var stream = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }
        else
        {
            Copy(log, target);
        }

        FileSystemCalls.MakeReadOnly(target, isFolder: false);
    }

    private static void Copy(LogFile log, string target)
    {
        using var from = new FileStream(log.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        using var to = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        for (var read = from.Read(buffer); read > 0; read = from.Read(buffer))
        {
            hash.AppendData(buffer, 0, read);
            to.Write(buffer, 0, read);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != log.Sha256)
        {
            throw new IOException($"'{log.Path}' is not what was written to it: its SHA-256 differs");
        }

        to.Flush(flushToDisk: true);
    }
}
