using System.Buffers.Binary;

namespace Guest.Ssh;

/// <summary>
/// SFTP version 3 (draft-ietf-secsh-filexfer-02) over the guest's uploaded files: as much as OpenSSH's scp and sftp
/// and SSH.NET need to upload, look and fetch back. Files are written in order, from their start.
/// </summary>
internal sealed class SftpServer(GuestState guest, GuestAccount account, Stream channel) : IDisposable
{
    private const int LongestPacket = 260 << 10;
    private const int MostHandles = 64;
    private const uint OpenWrite = 2;
    private const uint HasSize = 1, HasPermissions = 4;
    private const uint FolderMode = 0x41ED, FileMode = 0x81A4; // drwxr-xr-x, -rw-r--r--

    private readonly Dictionary<uint, Handle> handles = [];
    private uint nextHandle;

    private enum Status : uint
    {
        Ok, Eof, NoSuchFile, PermissionDenied, Failure, BadMessage, NoConnection, ConnectionLost, Unsupported,
    }

    /// <summary>Answers requests until the client ends.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var length = new byte[4];
        while (await channel.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, cancellation) == 4)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(length);
            if (size is < 5 or > LongestPacket)
            {
                guest.Log($"sftp: ended {account.Name}'s session: a packet of {size} bytes");
                return 1;
            }

            var packet = new byte[size];
            await channel.ReadExactlyAsync(packet, cancellation);
            var answer = Answer(packet).Written;
            await channel.WriteAsync(new SshWriter().Bytes(answer.Span).Written, cancellation);
        }

        return 0;
    }

    public void Dispose()
    {
        foreach (var handle in handles.Values)
        {
            handle.Upload?.Dispose();
        }
    }

    private SshWriter Answer(byte[] packet)
    {
        var reader = new SshReader(packet);
        var type = reader.Byte();
        if (type == 1)
        {
            return new SshWriter(2).UInt32(3);
        }

        var id = reader.UInt32();
        try
        {
            return type switch
            {
                3 => Open(id, PathFrom(ref reader), ref reader),
                4 => Close(id, reader.Bytes()),
                5 => Read(id, reader.Bytes(), ref reader),
                6 => Write(id, reader.Bytes(), ref reader),
                7 or 17 => Attributes(id, PathFrom(ref reader)),
                8 => Find(reader.Bytes()) is { } h ? Attributes(id, h.Path) : Done(id, Status.Failure),
                9 or 10 => Done(id, Status.Ok), // Owners, modes and times are not kept.
                11 => OpenFolder(id, PathFrom(ref reader)),
                12 => List(id, reader.Bytes()),
                13 => Done(id, guest.Files.Remove(PathFrom(ref reader)) ? Status.Ok : Status.NoSuchFile),
                14 => Make(id, PathFrom(ref reader)),
                15 => Done(id, guest.Files.RemoveFolder(PathFrom(ref reader)) ? Status.Ok : Status.NoSuchFile),
                16 => Name(id, [PathFrom(ref reader)]),
                18 => Done(id, guest.Files.Rename(PathFrom(ref reader), PathFrom(ref reader)) ? Status.Ok : Status.NoSuchFile),
                _ => Done(id, Status.Unsupported),
            };
        }
        catch (SshException)
        {
            return Done(id, Status.BadMessage);
        }
    }

    private string PathFrom(ref SshReader reader) => GuestPath.Absolute(reader.Text(), account, guest.System);

    private SshWriter Open(uint id, string path, ref SshReader reader)
    {
        var write = (reader.UInt32() & OpenWrite) != 0;
        var file = guest.Files.Find(path);
        return handles.Count >= MostHandles || guest.Files.IsFolder(path) ? Done(id, Status.Failure)
            : write ? Opened(id, new Handle(path, new GuestUpload(path), null, null))
            : file is null ? Done(id, Status.NoSuchFile)
            : file.Size != file.Content.Length ? Done(id, Status.Failure, "too large: the sandbox kept only its checksum")
            : Opened(id, new Handle(path, null, file, null));
    }

    private SshWriter OpenFolder(uint id, string path)
    {
        if (!guest.Files.IsFolder(path) || handles.Count >= MostHandles)
        {
            return Done(id, Status.NoSuchFile);
        }

        var prefix = path.TrimEnd('/') + "/";
        var names = guest.Files.All.Select(f => f.Path.Replace('\\', '/'))
            .Where(p => p.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && p.LastIndexOf('/') == prefix.Length - 1);
        return Opened(id, new Handle(path, null, null, new Queue<string>(names)));
    }

    private SshWriter Opened(uint id, Handle handle)
    {
        handles[++nextHandle] = handle;
        return new SshWriter(102).UInt32(id).UInt32(4).UInt32(nextHandle);
    }

    private SshWriter Close(uint id, ReadOnlySpan<byte> handle)
    {
        if (Find(handle) is not { } open)
        {
            return Done(id, Status.Failure);
        }

        handles.Remove(BinaryPrimitives.ReadUInt32BigEndian(handle));
        if (open.Upload is not null)
        {
            guest.Store(open.Upload, account.Name);
            open.Upload.Dispose();
        }

        return Done(id, Status.Ok);
    }

    private SshWriter Read(uint id, ReadOnlySpan<byte> handle, ref SshReader reader)
    {
        var (offset, length) = (reader.UInt64(), reader.UInt32());
        if (Find(handle)?.File is not { } file)
        {
            return Done(id, Status.Failure);
        }

        if (offset >= (ulong)file.Content.Length)
        {
            return Done(id, Status.Eof);
        }

        var rest = file.Content.Span[(int)offset..];
        return new SshWriter(103).UInt32(id).Bytes(rest[..(int)Math.Min((uint)rest.Length, Math.Min(length, 64 << 10))]);
    }

    private SshWriter Write(uint id, ReadOnlySpan<byte> handle, ref SshReader reader)
    {
        var offset = reader.UInt64();
        var data = reader.Bytes();
        if (Find(handle)?.Upload is not { } upload || offset != (ulong)upload.Size)
        {
            return Done(id, Status.Failure, "files are written in order here");
        }

        upload.Write(data);
        return Done(id, Status.Ok);
    }

    private SshWriter Make(uint id, string path)
    {
        if (guest.Files.Find(path) is not null)
        {
            return Done(id, Status.Failure);
        }

        guest.Files.MakeFolder(path);
        return Done(id, Status.Ok);
    }

    private SshWriter List(uint id, ReadOnlySpan<byte> handle) =>
        Find(handle)?.Names?.TryDequeue(out var path) == true ? Name(id, [path[(path.LastIndexOf('/') + 1)..]]) : Done(id, Status.Eof);

    private SshWriter Attributes(uint id, string path)
    {
        var answer = new SshWriter(105).UInt32(id);
        return guest.Files.Find(path) is { } file ? answer.UInt32(HasSize | HasPermissions).UInt64((ulong)file.Size).UInt32(FileMode)
            : guest.Files.IsFolder(path) ? answer.UInt32(HasPermissions).UInt32(FolderMode)
            : handles.Values.FirstOrDefault(h => h.Path == path)?.Upload is { } upload
                ? answer.UInt32(HasSize | HasPermissions).UInt64((ulong)upload.Size).UInt32(FileMode)
            : Done(id, Status.NoSuchFile);
    }

    private Handle? Find(ReadOnlySpan<byte> handle) =>
        handle.Length == 4 ? handles.GetValueOrDefault(BinaryPrimitives.ReadUInt32BigEndian(handle)) : null;

    private static SshWriter Name(uint id, IReadOnlyList<string> paths)
    {
        var answer = new SshWriter(104).UInt32(id).UInt32((uint)paths.Count);
        foreach (var path in paths)
        {
            answer.Text(path).Text(path).UInt32(0);
        }

        return answer;
    }

    private static SshWriter Done(uint id, Status status, string? why = null) =>
        new SshWriter(101).UInt32(id).UInt32((uint)status).Text(why ?? status.ToString()).Text("");

    private sealed record Handle(string Path, GuestUpload? Upload, GuestFile? File, Queue<string>? Names);
}
