using System.Buffers.Binary;
using System.Text;

namespace Guest.Ssh;

/// <summary>Reads the data types of RFC 4251 §5. Whatever does not fit ends the connection.</summary>
internal ref struct SshReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> left = data;

    public readonly ReadOnlySpan<byte> Rest => left;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() != 0;

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>A <c>string</c> as bytes, also an <c>mpint</c>'s.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = UInt32();
        return length <= left.Length ? Take((int)length) : throw Short();
    }

    /// <summary>A <c>string</c> of text.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>A <c>name-list</c>.</summary>
    public string[] Names() => Encoding.ASCII.GetString(Bytes()).Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A positive <c>mpint</c> as big-endian bytes of a fixed length.</summary>
    public byte[] Number(int length)
    {
        var bytes = Bytes();
        if (bytes.Length > 0 && bytes[0] >= 0x80)
        {
            throw new SshException(SshDisconnect.ProtocolError, "A number in a message is negative.");
        }

        bytes = bytes.TrimStart((byte)0);
        if (bytes.Length > length)
        {
            throw new SshException(SshDisconnect.ProtocolError, "A number in a message is too large.");
        }

        var number = new byte[length];
        bytes.CopyTo(number.AsSpan(length - bytes.Length));
        return number;
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > left.Length)
        {
            throw Short();
        }

        var taken = left[..length];
        left = left[length..];
        return taken;
    }

    private static SshException Short() => new(SshDisconnect.ProtocolError, "A message is shorter than its fields.");
}
