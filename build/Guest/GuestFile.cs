using System.Text;

namespace Guest;

/// <summary>A file that a client uploaded to a guest.</summary>
/// <param name="Path">Where it was put, as the client wrote it.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Sha256">Its hash, 64 lowercase hexadecimal digits.</param>
/// <param name="Content">Its bytes; empty when it was too large to be kept (more than 4 MiB, or the guest is full).</param>
public sealed record GuestFile(string Path, long Size, string Sha256, ReadOnlyMemory<byte> Content)
{
    /// <summary>The last part of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOfAny(['/', '\\']) + 1)..];

    /// <summary>The content read as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Content.Span);

    /// <summary>
    /// The first comment of a script (<c># cleanup.sh: removes …</c>), without its marks and after the
    /// <c>#!</c> line; empty when it does not begin with one. Packer uploads scripts under random names, so this is
    /// what tells them apart for people.
    /// </summary>
    public string Title
    {
        get
        {
            foreach (var line in Text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("#!", StringComparison.Ordinal)))
            {
                var mark = line.StartsWith("::", StringComparison.Ordinal) ? 2
                    : line[0] == '#' ? 1
                    : line.StartsWith("rem ", StringComparison.OrdinalIgnoreCase) ? 4
                    : 0;
                return mark == 0 ? "" : line[mark..].Trim();
            }

            return "";
        }
    }
}
