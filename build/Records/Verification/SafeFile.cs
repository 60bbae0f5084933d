using System.Buffers;
using System.Security.Cryptography;

namespace Records.Verification;

/// <summary>Reads files that may be hostile: no link is followed and no more is read than the file had at first.</summary>
internal static class SafeFile
{
    private const int BufferSize = 1 << 17;

    /// <summary>The whole content; null when the file is larger than the limit.</summary>
    public static byte[]? Read(string path, int limit)
    {
        var info = Plain(path);
        if (info.Length > limit)
        {
            return null;
        }

        // Pipes and devices have no length: they are taken as empty and never opened, since opening one may wait for ever.
        if (info.Length == 0)
        {
            return [];
        }

        var content = new byte[info.Length];
        using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = RandomAccessFill(handle, content);
        return length == content.Length ? content : content[..length];
    }

    /// <summary>The SHA-256 in lowercase hexadecimal and the number of bytes.</summary>
    public static (string Sha256, long Bytes) Hash(string path, CancellationToken cancellation)
    {
        var info = Plain(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var total = 0L;
        if (info.Length > 0)
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(info.Length, BufferSize));
            try
            {
                while (total < info.Length)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var want = (int)Math.Min(buffer.Length, info.Length - total);
                    var read = RandomAccess.Read(handle, buffer.AsSpan(0, want), total);
                    if (read == 0)
                    {
                        break;
                    }

                    hash.AppendData(buffer, 0, read);
                    total += read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), total);
    }

    /// <summary>Whether it is a link. What cannot be looked at is none: reading it will fail and tell why.</summary>
    public static bool IsLink(string path)
    {
        try
        {
            return File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The same of an entry of a folder. One whose name is not UTF-8 cannot be looked at and says -1, which has every flag.</summary>
    public static bool IsLink(FileSystemInfo entry)
    {
        try
        {
            return (int)entry.Attributes != -1 && entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FileInfo Plain(string path)
    {
        var info = new FileInfo(path);
        return info.Attributes.HasFlag(FileAttributes.ReparsePoint) ? throw new IOException("it is a link") : info;
    }

    private static int RandomAccessFill(Microsoft.Win32.SafeHandles.SafeFileHandle handle, byte[] content)
    {
        var total = 0;
        while (total < content.Length)
        {
            var read = RandomAccess.Read(handle, content.AsSpan(total), total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }
}
