using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Foundation.Masking;

/// <summary>
/// Finds the places where one of many four-byte anchors stands, several bytes an instruction: the "Teddy" algorithm
/// of Hyperscan. The anchors are dealt into sixteen buckets; for each of the four bytes, a table of 16 entries by
/// the low and one by the high half of the byte says in which buckets it may occur; a place whose four bytes have a
/// bucket in common is looked up exactly.
/// </summary>
internal sealed class AnchorFinder
{
    private const int Buckets = 16;

    // Eight tables (four bytes × low/high half) for the first eight buckets, then eight for the others.
    private readonly byte[][] tables = [.. Enumerable.Range(0, 16).Select(_ => new byte[16])];
    private readonly uint[] slots;
    private readonly int[] ids;
    private readonly int shift;
    private readonly HashSet<uint> beginnings = [];

    /// <summary>Prepares a search.</summary>
    /// <param name="anchors">The anchors, each once.</param>
    public AnchorFinder(IReadOnlyList<uint> anchors)
    {
        // Anchors that are alike share a bucket, and those with a zero byte (UTF-16), which text never has, come last.
        var order = Enumerable.Range(0, anchors.Count)
            .OrderBy(i => HasZero(anchors[i])).ThenBy(i => BinaryPrimitives.ReverseEndianness(anchors[i])).ToArray();
        for (var place = 0; place < order.Length; place++)
        {
            Enter(anchors[order[place]], place * Buckets / order.Length);
        }

        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, anchors.Count * 4));
        shift = 32 - BitOperations.Log2((uint)size);
        slots = new uint[size];
        ids = new int[size];
        for (var i = 0; i < anchors.Count; i++)
        {
            var slot = Slot(anchors[i]);
            while (ids[slot] != 0)
            {
                slot = (slot + 1) & (size - 1);
            }

            slots[slot] = anchors[i];
            ids[slot] = i + 1;
            for (var bytes = 1; bytes < 4; bytes++)
            {
                beginnings.Add(Beginning(anchors[i], bytes));
            }
        }
    }

    /// <summary>The next place at or behind <paramref name="from"/> with an anchor, or -1; and which anchor it is.</summary>
    public int Next(ReadOnlySpan<byte> data, int from, out int anchor)
    {
        anchor = -1;
        if (ids.Length == 0 || data.Length - from < 4)
        {
            return -1;
        }

        var at = from;
        if (Avx2.IsSupported)
        {
            at = NextWide(data, at, ref anchor);
            if (anchor >= 0)
            {
                return at;
            }
        }

        for (; at + 4 <= data.Length; at++)
        {
            anchor = Find(BinaryPrimitives.ReadUInt32LittleEndian(data[at..]));
            if (anchor >= 0)
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>How many of the last bytes, three at most, may be the beginning of an anchor.</summary>
    public int OpenEnd(ReadOnlySpan<byte> data)
    {
        Span<byte> padded = stackalloc byte[4];
        for (var bytes = Math.Min(3, data.Length); bytes > 0; bytes--)
        {
            padded.Clear();
            data[^bytes..].CopyTo(padded);
            if (beginnings.Contains(Beginning(BinaryPrimitives.ReadUInt32LittleEndian(padded), bytes)))
            {
                return bytes;
            }
        }

        return 0;
    }

    private int NextWide(ReadOnlySpan<byte> data, int at, ref int anchor)
    {
        const int Width = 32;
        if (data.Length - at < Width + 3)
        {
            return at;
        }

        var half = Vector256.Create((byte)0x0F);
        Vector256<byte> l0 = Table(0), h0 = Table(1), l1 = Table(2), h1 = Table(3), l2 = Table(4), h2 = Table(5), l3 = Table(6), h3 = Table(7);
        Vector256<byte> m0 = Table(8), i0 = Table(9), m1 = Table(10), i1 = Table(11), m2 = Table(12), i2 = Table(13), m3 = Table(14), i3 = Table(15);
        ref var origin = ref MemoryMarshal.GetReference(data);
        var last = data.Length - Width - 3;
        for (; at <= last; at += Width)
        {
            var b0 = Vector256.LoadUnsafe(ref origin, (nuint)at);
            var b1 = Vector256.LoadUnsafe(ref origin, (nuint)at + 1);
            var b2 = Vector256.LoadUnsafe(ref origin, (nuint)at + 2);
            var b3 = Vector256.LoadUnsafe(ref origin, (nuint)at + 3);
            Vector256<byte> low0 = b0 & half, low1 = b1 & half, low2 = b2 & half, low3 = b3 & half;
            Vector256<byte> high0 = High(b0, half), high1 = High(b1, half), high2 = High(b2, half), high3 = High(b3, half);
            var first = Avx2.Shuffle(l0, low0) & Avx2.Shuffle(h0, high0) & Avx2.Shuffle(l1, low1) & Avx2.Shuffle(h1, high1)
                & Avx2.Shuffle(l2, low2) & Avx2.Shuffle(h2, high2) & Avx2.Shuffle(l3, low3) & Avx2.Shuffle(h3, high3);
            var second = Avx2.Shuffle(m0, low0) & Avx2.Shuffle(i0, high0) & Avx2.Shuffle(m1, low1) & Avx2.Shuffle(i1, high1)
                & Avx2.Shuffle(m2, low2) & Avx2.Shuffle(i2, high2) & Avx2.Shuffle(m3, low3) & Avx2.Shuffle(i3, high3);
            var candidates = ~Vector256.Equals(first | second, Vector256<byte>.Zero).ExtractMostSignificantBits();
            while (candidates != 0)
            {
                var place = at + BitOperations.TrailingZeroCount(candidates);
                anchor = Find(BinaryPrimitives.ReadUInt32LittleEndian(data[place..]));
                if (anchor >= 0)
                {
                    return place;
                }

                candidates &= candidates - 1;
            }
        }

        return at;
    }

    private static Vector256<byte> High(Vector256<byte> bytes, Vector256<byte> half) =>
        Vector256.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & half;

    private Vector256<byte> Table(int index)
    {
        var half = Vector128.Create(tables[index]);
        return Vector256.Create(half, half);
    }

    private void Enter(uint anchor, int bucket)
    {
        var group = bucket / 8 * 8;
        var bit = (byte)(1 << (bucket % 8));
        for (var i = 0; i < 4; i++)
        {
            var value = (byte)(anchor >> (8 * i));
            tables[group + (2 * i)][value & 15] |= bit;
            tables[group + (2 * i) + 1][value >> 4] |= bit;
        }
    }

    private int Find(uint value)
    {
        for (var slot = Slot(value); ids[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (slots[slot] == value)
            {
                return ids[slot] - 1;
            }
        }

        return -1;
    }

    private int Slot(uint value) => (int)((value * 2654435769u) >> shift);

    private static uint Beginning(uint anchor, int bytes) => (anchor & ((1u << (8 * bytes)) - 1)) | ((uint)bytes << 24);

    private static bool HasZero(uint value) => ((value - 0x01010101u) & ~value & 0x80808080u) != 0;
}
