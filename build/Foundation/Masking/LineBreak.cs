namespace Foundation.Masking;

/// <summary>
/// Where a text that was wrapped goes on: behind the end of the line, which may be escaped, and behind what a log puts
/// at the beginning of the next, such as Packer's <c>    proxmox-iso: </c>.
/// </summary>
internal static class LineBreak
{
    private const int LongestPrefix = 96;

    private static readonly byte[][] Breaks = ["\n"u8.ToArray(), "\r\n"u8.ToArray(), "\\n"u8.ToArray(), "\\r\\n"u8.ToArray()];

    /// <summary>Whether the end of a line may begin with this byte.</summary>
    public static bool MayBegin(byte first) => first is (byte)'\n' or (byte)'\r' or (byte)'\\';

    /// <summary>Adds the places at which it may go on to those that are there. True when the bytes end too early to know them all.</summary>
    public static bool AddContinuations(ReadOnlySpan<byte> data, List<int> places, bool final)
    {
        var isOpen = false;
        var count = places.Count;
        for (var i = 0; i < count; i++)
        {
            var rest = data[places[i]..];
            if (rest.Length > 0 && !MayBegin(rest[0]))
            {
                continue;
            }

            foreach (var lineBreak in Breaks)
            {
                if (rest.StartsWith(lineBreak))
                {
                    isOpen |= AddInLine(data, places[i] + lineBreak.Length, places, final);
                }
                else
                {
                    isOpen |= !final && rest.Length < lineBreak.Length && lineBreak.AsSpan().StartsWith(rest);
                }
            }
        }

        return isOpen;
    }

    // At the line's beginning, and behind each blank of what may be a prefix.
    private static bool AddInLine(ReadOnlySpan<byte> data, int line, List<int> places, bool final)
    {
        places.Add(line);
        for (var at = line; at < data.Length && at - line < LongestPrefix; at++)
        {
            if (EndsLine(data[at..]))
            {
                return false;
            }

            if (data[at] is (byte)' ' or (byte)'\t')
            {
                places.Add(at + 1);
            }
        }

        return !final && data.Length - line < LongestPrefix;
    }

    private static bool EndsLine(ReadOnlySpan<byte> rest) =>
        rest[0] is (byte)'\n' or (byte)'\r' || rest.StartsWith("\\n"u8) || rest.StartsWith("\\r\\n"u8);
}
