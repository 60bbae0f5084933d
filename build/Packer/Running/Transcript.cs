using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foundation;

namespace Packer.Running;

/// <summary>
/// The log for people, <c>build.log</c>: what Packer said to them and what the stages told, each line with its time and
/// stage, masked. It is hashed while it is written, and closed for the record; what comes later is not in it. Like the
/// events it never fails a build: when the disk is full, it is given up, and the record has none.
/// </summary>
internal sealed class Transcript : IDisposable
{
    private readonly Lock gate = new();
    private readonly SecretSet secrets;
    private readonly TimeProvider time;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private FileStream? file;
    private long bytes;

    /// <summary>Begins a log in a file of its own: one that is there may be a sealed record's as well.</summary>
    public Transcript(string path, SecretSet secrets, TimeProvider time)
    {
        Path = path;
        this.secrets = secrets;
        this.time = time;
        File.Delete(path);

        // Nothing is held back: whoever looks at a build that stands still must see how far it came.
        file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Adds a line.</summary>
    public void Write(string stage, string text)
    {
        var moment = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var line = Encoding.UTF8.GetBytes($"{moment} {stage,-12} {secrets.MaskIn(text).TrimEnd().ReplaceLineEndings(" ")}\n");
        lock (gate)
        {
            if (file is null)
            {
                return;
            }

            try
            {
                file.Write(line);
                hash.AppendData(line);
                bytes += line.Length;
            }
            catch (IOException)
            {
                GiveUp();
            }
        }
    }

    /// <summary>Closes the log; null when it could not be written whole.</summary>
    public PackerLog? Close()
    {
        lock (gate)
        {
            try
            {
                if (file is null)
                {
                    return null;
                }

                file.Dispose();
                file = null;
                return new PackerLog(Path, Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
            }
            catch (IOException)
            {
                GiveUp();
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            GiveUp();
            hash.Dispose();
        }
    }

    private void GiveUp()
    {
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // What was not yet written is lost with it.
        }

        file = null;
    }
}
