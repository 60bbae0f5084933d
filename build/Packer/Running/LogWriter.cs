using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Packer.Running;

/// <summary>
/// Writes a log on a thread of its own and hashes and counts what it writes in the same pass. Bytes are handed over
/// in blocks; when the disk is slower than Packer for long, the writer waits for it.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private const int BlockSize = 256 * 1024;

    private readonly BlockingCollection<(byte[] Bytes, int Count)> full = new(boundedCapacity: 32);
    private readonly ConcurrentBag<byte[]> empty = [];
    private readonly FileStream file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Thread thread;
    private byte[] block = new byte[BlockSize];
    private int used;

    /// <summary>Creates the file, or begins it anew.</summary>
    public LogWriter(string path)
    {
        // Never into the file that is there: a sealed record may have it as well, by another name.
        File.Delete(path);
        file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        thread = new Thread(Run) { IsBackground = true, Name = "packer.log" };
        thread.Start();
    }

    /// <summary>Why the file cannot be written any more, or null. What comes after is dropped.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Is called once when <see cref="Failure"/> is set.</summary>
    public Action? OnFailure { get; init; }

    /// <summary>How many bytes were written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes bytes. The caller makes sure that one thread does so at a time.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, BlockSize - used)];
            part.CopyTo(block.AsSpan(used));
            used += part.Length;
            bytes = bytes[part.Length..];
            if (used == BlockSize)
            {
                Post();
            }
        }
    }

    /// <summary>Hands over what was taken, so that it is soon in the file.</summary>
    public void Post()
    {
        if (used > 0)
        {
            full.Add((block, used));
            block = empty.TryTake(out var free) ? free : new byte[BlockSize];
            used = 0;
        }
    }

    /// <summary>Writes the rest, flushes it to the disk and returns the SHA-256 of the file.</summary>
    public string Complete()
    {
        Post();
        full.CompleteAdding();
        thread.Join();
        if (Failure is null)
        {
            try
            {
                file.Flush(flushToDisk: true);
            }
            catch (IOException e)
            {
                Failure = e;
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!full.IsAddingCompleted)
        {
            full.CompleteAdding();
            thread.Join();
        }

        file.Dispose();
        hash.Dispose();
        full.Dispose();
    }

    private void Run()
    {
        foreach (var (bytes, count) in full.GetConsumingEnumerable())
        {
            try
            {
                if (Failure is null)
                {
                    file.Write(bytes, 0, count);
                    hash.AppendData(bytes, 0, count);
                    Bytes += count;
                }
            }
            catch (IOException e)
            {
                Failure = e;
                OnFailure?.Invoke();
            }

            empty.Add(bytes);
        }
    }
}
