using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Guest.Ssh;

/// <summary>Writes the data types of RFC 4251 §5.</summary>
internal sealed class SshWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(128);

    /// <summary>Begins with nothing: a structure within a message.</summary>
    public SshWriter()
    {
    }

    /// <summary>Begins a message.</summary>
    public SshWriter(byte message) => Byte(message);

    public ReadOnlyMemory<byte> Written => buffer.WrittenMemory;

    public SshWriter Raw(ReadOnlySpan<byte> value)
    {
        buffer.Write(value);
        return this;
    }

    public SshWriter Byte(byte value) => Raw([value]);

    public SshWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public SshWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
        return this;
    }

    public SshWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
        return this;
    }

    public SshWriter Bytes(ReadOnlySpan<byte> value) => UInt32((uint)value.Length).Raw(value);

    public SshWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>A positive <c>mpint</c>.</summary>
    public SshWriter Number(ReadOnlySpan<byte> bigEndian)
    {
        bigEndian = bigEndian.TrimStart((byte)0);
        return bigEndian.Length > 0 && bigEndian[0] >= 0x80
            ? UInt32((uint)bigEndian.Length + 1).Byte(0).Raw(bigEndian)
            : Bytes(bigEndian);
    }
}
