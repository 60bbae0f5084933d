using System.Buffers.Binary;
using System.Text;

namespace Installer.Media;

/// <summary>
/// A read-only view of an ISO 9660 image (ECMA-119) with the names of Rock Ridge (IEEE P1282) or Joliet where there are
/// any. It reads the directory tree once; everything is bounded, because an uploaded image may be anything.
/// </summary>
internal sealed class Iso9660Image
{
    private const int Sector = 2048;
    private const int FirstDescriptor = 16;
    private const int MostDescriptors = 32;
    private const int MostEntries = 20_000;
    private const int DeepestLevel = 16;
    private const int LargestDirectory = 4 * 1024 * 1024;

    private readonly Dictionary<string, (long Offset, long Length)> files;
    private readonly string imagePath;

    private Iso9660Image(string imagePath, string label, Dictionary<string, (long, long)> files) =>
        (this.imagePath, Label, this.files) = (imagePath, label, files);

    /// <summary>The volume label.</summary>
    internal string Label { get; }

    /// <summary>The files by their path with slashes, such as <c>sources/boot.wim</c>.</summary>
    internal IEnumerable<string> Files => files.Keys;

    /// <summary>Opens an image; null when the file is none or is damaged.</summary>
    internal static Iso9660Image? TryOpen(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Read(stream, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The real path of a file, found without regard to case; null when there is none.</summary>
    internal string? Find(string path) =>
        files.ContainsKey(path) ? path : files.Keys.FirstOrDefault(f => f.Equals(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>The length of a file in bytes, 0 when there is none.</summary>
    internal long Length(string path) => files.TryGetValue(path, out var extent) ? extent.Length : 0;

    /// <summary>A file as text, a byte order mark taken into account; null when there is none or it is too long.</summary>
    internal string? ReadText(string path, int longest)
    {
        if (!files.TryGetValue(path, out var extent) || extent.Length > longest)
        {
            return null;
        }

        try
        {
            using var stream = new FileStream(imagePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(new MemoryStream(ReadAt(stream, extent.Offset, (int)extent.Length)), Encoding.UTF8, true);
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private static Iso9660Image? Read(FileStream stream, string path)
    {
        byte[]? primary = null;
        byte[]? joliet = null;
        for (var i = FirstDescriptor; i < FirstDescriptor + MostDescriptors; i++)
        {
            var descriptor = ReadAt(stream, (long)i * Sector, Sector);
            if (!descriptor.AsSpan(1, 5).SequenceEqual("CD001"u8) || descriptor[0] == 255)
            {
                break;
            }

            if (descriptor[0] == 1)
            {
                primary ??= descriptor;
            }
            else if (descriptor[0] == 2 && descriptor[88] == '%' && descriptor[89] == '/' && descriptor[90] is (byte)'@' or (byte)'C' or (byte)'E')
            {
                joliet ??= descriptor;
            }
        }

        if (primary is null)
        {
            return null;
        }

        var rockRidge = new Tree(stream, joliet: false);
        rockRidge.Walk(primary);
        var tree = rockRidge;
        if (!rockRidge.HasLongNames && joliet is not null)
        {
            tree = new Tree(stream, joliet: true);
            tree.Walk(joliet);
        }

        // The primary descriptor's label has capital letters only when the writer is strict; Linux and Windows show
        // Joliet's where there is one, and blkid takes the primary's.
        return new Iso9660Image(path, Encoding.ASCII.GetString(primary, 40, 32).TrimEnd(' ', '\0'), tree.Files);
    }

    private static byte[] ReadAt(FileStream stream, long offset, int length)
    {
        if (offset < 0 || offset + length > stream.Length)
        {
            throw new InvalidDataException("beyond the image's end");
        }

        var buffer = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(buffer);
        return buffer;
    }

    private sealed class Tree(FileStream stream, bool joliet)
    {
        private readonly HashSet<uint> visited = [];
        private int entries;

        internal Dictionary<string, (long Offset, long Length)> Files { get; } = [];

        internal bool HasLongNames { get; private set; }

        internal void Walk(byte[] descriptor) => Walk(descriptor.AsSpan(156, 34).ToArray(), "", 0);

        private void Walk(byte[] directory, string prefix, int depth)
        {
            var start = BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(2));
            var length = BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(10));
            if (depth > DeepestLevel || length > LargestDirectory || !visited.Add(start))
            {
                return;
            }

            var data = ReadAt(stream, start * (long)Sector, (int)length);
            for (var at = 0; at < data.Length;)
            {
                int size = data[at];
                if (size == 0)
                {
                    // Records do not cross sectors; the rest of a sector is zero.
                    at = ((at / Sector) + 1) * Sector;
                    continue;
                }

                if (size < 34 || at + size > data.Length || 33 + data[at + 32] > size || ++entries > MostEntries)
                {
                    return;
                }

                Entry(data.AsSpan(at, size).ToArray(), prefix, depth);
                at += size;
            }
        }

        private void Entry(byte[] record, string prefix, int depth)
        {
            int nameLength = record[32];
            if (nameLength == 1 && record[33] is 0 or 1)
            {
                return;
            }

            var name = joliet ? Encoding.BigEndianUnicode.GetString(record, 33, nameLength) : RockRidgeName(record, nameLength);
            if (name is not null)
            {
                HasLongNames = true;
            }
            else
            {
                name = Encoding.ASCII.GetString(record, 33, nameLength);
            }

            var semicolon = name.LastIndexOf(';');
            name = (semicolon > 0 ? name[..semicolon] : name).TrimEnd('.');
            if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
            {
                return;
            }

            if ((record[25] & 2) != 0)
            {
                Walk(record, $"{prefix}{name}/", depth + 1);
            }
            else
            {
                Files[prefix + name] = (
                    BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(2)) * (long)Sector,
                    BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(10)));
            }
        }

        /// <summary>The name of the NM entries in a record's system use area, also where it continues elsewhere (CE).</summary>
        private string? RockRidgeName(byte[] record, int nameLength)
        {
            var area = record[(33 + nameLength + (nameLength % 2 == 0 ? 1 : 0))..];
            var name = new StringBuilder();
            for (var continuation = 0; continuation < 4 && area.Length > 0; continuation++)
            {
                byte[] next = [];
                for (var at = 0; at + 4 <= area.Length;)
                {
                    int size = area[at + 2];
                    if (size < 4 || at + size > area.Length)
                    {
                        break;
                    }

                    if (area[at] == 'N' && area[at + 1] == 'M' && size > 5)
                    {
                        name.Append(Encoding.UTF8.GetString(area, at + 5, size - 5));
                    }
                    else if (area[at] == 'C' && area[at + 1] == 'E' && size >= 28)
                    {
                        var block = BinaryPrimitives.ReadUInt32LittleEndian(area.AsSpan(at + 4));
                        var offset = BinaryPrimitives.ReadUInt32LittleEndian(area.AsSpan(at + 12));
                        var length = BinaryPrimitives.ReadUInt32LittleEndian(area.AsSpan(at + 20));
                        next = length <= Sector ? ReadAt(stream, (block * (long)Sector) + offset, (int)length) : [];
                    }

                    at += size;
                }

                area = next;
            }

            return name.Length == 0 ? null : name.ToString();
        }
    }
}
