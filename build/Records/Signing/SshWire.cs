using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Records.Signing;

/// <summary>Writes SSH's data types (RFC 4251, section 5).</summary>
internal sealed class SshWriter
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public SshWriter Raw(ReadOnlySpan<byte> value)
    {
        bytes.Write(value);
        return this;
    }

    public SshWriter Byte(byte value) => Raw([value]);

    public SshWriter UInt32(uint value)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, value);
        return Raw(four);
    }

    public SshWriter String(ReadOnlySpan<byte> value) => UInt32((uint)value.Length).Raw(value);

    public SshWriter String(string value) => String(Encoding.UTF8.GetBytes(value));

    /// <summary>An unsigned big-endian number: no leading zeros but one where the first bit is set.</summary>
    public SshWriter MultiPrecision(ReadOnlySpan<byte> number)
    {
        number = number.TrimStart((byte)0);
        return number.Length > 0 && number[0] >= 0x80
            ? UInt32((uint)number.Length + 1).Byte(0).Raw(number)
            : String(number);
    }

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();
}

/// <summary>Reads SSH's data types; anything that does not fit is a <see cref="FormatException"/>.</summary>
internal ref struct SshReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool AtEnd => rest.IsEmpty;

    public ReadOnlySpan<byte> Raw(int count)
    {
        if (count < 0 || count > rest.Length)
        {
            throw new FormatException("the key is cut off");
        }

        var part = rest[..count];
        rest = rest[count..];
        return part;
    }

    public byte Byte() => Raw(1)[0];

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Raw(4));

    public ReadOnlySpan<byte> Bytes()
    {
        var length = UInt32();
        return length > int.MaxValue ? throw new FormatException("the key is cut off") : Raw((int)length);
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>An unsigned number without its leading zeros.</summary>
    public byte[] Number() => Bytes().TrimStart((byte)0).ToArray();
}
