using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Guest.Ssh;

/// <summary>
/// One direction of a connection: no encryption until the first key exchange, then aes128-gcm@openssh.com (RFC 5647
/// with OpenSSH's negotiation: the length goes in the clear and is authenticated, a tag of 16 bytes follows).
/// </summary>
internal sealed class PacketCipher : IDisposable
{
    private readonly AesGcm? aes;
    private readonly byte[] nonce = new byte[12];

    private PacketCipher()
    {
    }

    public PacketCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        aes = new AesGcm(key, 16);
        iv.CopyTo(nonce);
    }

    public static PacketCipher None => new();

    /// <summary>The bytes of the tag after a packet.</summary>
    public int TagSize => aes is null ? 0 : 16;

    /// <summary>What a packet's length must be a multiple of.</summary>
    public int BlockSize => aes is null ? 8 : 16;

    /// <summary>The bytes of the length field that count towards <see cref="BlockSize"/>.</summary>
    public int AlignedHeader => aes is null ? 4 : 0;

    /// <summary>Makes a whole packet of a payload.</summary>
    public byte[] Seal(ReadOnlySpan<byte> payload)
    {
        var padding = BlockSize - ((AlignedHeader + 1 + payload.Length) % BlockSize);
        padding += padding < 4 ? BlockSize : 0;
        var length = 1 + payload.Length + padding;
        var packet = new byte[4 + length + TagSize];
        BinaryPrimitives.WriteUInt32BigEndian(packet, (uint)length);
        packet[4] = (byte)padding;
        payload.CopyTo(packet.AsSpan(5));
        RandomNumberGenerator.Fill(packet.AsSpan(5 + payload.Length, padding));
        if (aes is not null)
        {
            var text = packet.AsSpan(4, length);
            aes.Encrypt(nonce, text, text, packet.AsSpan(4 + length), packet.AsSpan(0, 4));
            Count();
        }

        return packet;
    }

    /// <summary>Gives the payload of a whole packet; decrypts it in place.</summary>
    public byte[] Open(Span<byte> packet)
    {
        var body = packet[4..^TagSize];
        if (aes is not null)
        {
            try
            {
                aes.Decrypt(nonce, body, packet[^TagSize..], body, packet[..4]);
            }
            catch (AuthenticationTagMismatchException)
            {
                throw new SshException(SshDisconnect.MacError, "A packet's authentication tag is wrong.");
            }

            Count();
        }

        int padding = body[0];
        return padding >= 4 && padding < body.Length - 1
            ? body[1..^padding].ToArray()
            : throw new SshException(SshDisconnect.ProtocolError, "A packet's padding is wrong.");
    }

    public void Dispose() => aes?.Dispose();

    private void Count()
    {
        var counter = nonce.AsSpan(4);
        BinaryPrimitives.WriteUInt64BigEndian(counter, unchecked(BinaryPrimitives.ReadUInt64BigEndian(counter) + 1));
    }
}
