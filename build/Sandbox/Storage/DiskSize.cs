using System.Globalization;

namespace Sandbox.Storage;

/// <summary>Disk sizes as Proxmox VE writes them: a number with K, M, G or T (powers of 1024), bytes without.</summary>
internal static class DiskSize
{
    /// <summary>Reads a size.</summary>
    /// <param name="text">The size, such as <c>10G</c> or <c>1.5T</c>.</param>
    /// <param name="unit">The unit of a number without a letter.</param>
    public static long Parse(string text, long unit = 1)
    {
        unit = text[^1] switch
        {
            'K' => 1L << 10,
            'M' => 1L << 20,
            'G' => 1L << 30,
            'T' => 1L << 40,
            _ => unit,
        };
        return (long)(double.Parse(text.TrimEnd('K', 'M', 'G', 'T'), CultureInfo.InvariantCulture) * unit);
    }

    /// <summary>Writes a size in the largest unit that leaves no remainder.</summary>
    public static string Print(long bytes)
    {
        var units = new[] { "", "K", "M", "G", "T" };
        var unit = 0;
        while (unit < units.Length - 1 && bytes >= 1024 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + units[unit];
    }
}
