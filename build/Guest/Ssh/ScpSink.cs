using System.Globalization;
using System.Text;

namespace Guest.Ssh;

/// <summary>The receiving side of the old scp protocol (<c>scp -t</c>): files, folders (<c>-r</c>) and times (<c>-p</c>).</summary>
internal sealed class ScpSink(GuestState guest, GuestAccount account, ScpCommand command, Stream channel)
{
    private const int LongestLine = 4096;
    private const int Deepest = 64;
    private readonly byte[] buffer = new byte[64 << 10];
    private readonly Stack<string> folders = new();

    /// <summary>Receives until the client ends; gives the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var target = GuestPath.Absolute(command.Path, account, guest.System);
        var targetIsFolder = command.IntoFolder || command.Path.EndsWith('/') || guest.Files.IsFolder(target);
        try
        {
            await AcceptAsync(cancellation);
            while (await ReadLineAsync(cancellation) is { } line)
            {
                switch (line[0])
                {
                    case 'C':
                        var (size, name) = Header(line);
                        await AcceptAsync(cancellation);
                        await ReceiveAsync(Place(name), size, cancellation);
                        break;
                    case 'D' when command.Recursive && folders.Count < Deepest:
                        folders.Push(Place(Header(line).Name));
                        guest.Files.MakeFolder(folders.Peek());
                        await AcceptAsync(cancellation);
                        break;
                    case 'E' when folders.Count > 0:
                        folders.Pop();
                        await AcceptAsync(cancellation);
                        break;
                    case 'T':
                        await AcceptAsync(cancellation);
                        break;
                    case '\u0001' or '\u0002':
                        guest.Log($"scp: {account.Name}'s client says: {line[1..]}");
                        break;
                    default:
                        throw new InvalidDataException("unexpected message");
                }
            }

            return 0;
        }
        catch (InvalidDataException e)
        {
            guest.Log($"scp: refused {account.Name}'s upload: {e.Message}");
            await channel.WriteAsync(Encoding.UTF8.GetBytes($"\u0002scp: {e.Message}\n"), cancellation);
            return 1;
        }

        string Place(string name) => folders.TryPeek(out var folder) ? $"{folder}/{name}"
            : targetIsFolder ? $"{target.TrimEnd('/')}/{name}"
            : target;
    }

    /// <summary>Reads <c>C0644 123 name</c>.</summary>
    private static (long Size, string Name) Header(string line)
    {
        var parts = line[1..].Split(' ', 3);
        return parts.Length == 3 && parts[0].Length is 3 or 4 && parts[0].All(c => c is >= '0' and <= '7')
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && parts[2] is not ("" or "." or "..") && !parts[2].Contains('/', StringComparison.Ordinal)
                ? (size, parts[2])
                : throw new InvalidDataException("malformed header");
    }

    private async Task ReceiveAsync(string path, long size, CancellationToken cancellation)
    {
        using var upload = new GuestUpload(path);
        while (upload.Size < size)
        {
            var read = await channel.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, size - upload.Size)), cancellation);
            if (read == 0)
            {
                throw new InvalidDataException("the file ends too early");
            }

            upload.Write(buffer.AsSpan(0, read));
        }

        await channel.ReadExactlyAsync(buffer.AsMemory(0, 1), cancellation);
        if (buffer[0] != 0)
        {
            throw new InvalidDataException("the client could not read its file");
        }

        guest.Store(upload, account.Name);
        await AcceptAsync(cancellation);
    }

    private async Task AcceptAsync(CancellationToken cancellation) => await channel.WriteAsync(new byte[] { 0 }, cancellation);

    private async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new List<byte>();
        while (await channel.ReadAsync(buffer.AsMemory(0, 1), cancellation) > 0)
        {
            if (buffer[0] == '\n' && line.Count > 0)
            {
                return Encoding.UTF8.GetString([.. line]);
            }

            line.Add(buffer[0]);
            if (line.Count > LongestLine)
            {
                throw new InvalidDataException("a header is too long");
            }
        }

        return null;
    }
}
