using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Proxmox.Screens;

/// <summary>
/// Looks once at a screen by the Remote Framebuffer Protocol (RFC 6143): version 3.8, VNC authentication, raw pixels. What the
/// server sends is limited; nothing is typed.
/// </summary>
internal static class RfbViewer
{
    private const int MostPixels = 4096 * 4096;
    private const int MostText = 1 << 20;

    /// <summary>Takes a picture.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="password">The password, of which eight characters count.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>A PNG.</returns>
    /// <exception cref="InvalidDataException">The server refuses, or sends what this does not know.</exception>
    /// <exception cref="EndOfStreamException">The connection ends.</exception>
    public static async Task<byte[]> TakeAsync(Stream stream, string password, CancellationToken cancellation)
    {
        var version = Encoding.ASCII.GetString(await ReadAsync(stream, 12, cancellation));
        if (!version.StartsWith("RFB 003.", StringComparison.Ordinal))
        {
            throw new InvalidDataException("this is no screen by RFB");
        }

        await stream.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        await LogInAsync(stream, password, cancellation);
        await stream.WriteAsync(new byte[] { 1 }, cancellation);
        var start = await ReadAsync(stream, 24, cancellation);
        var (width, height) = (BinaryPrimitives.ReadUInt16BigEndian(start), BinaryPrimitives.ReadUInt16BigEndian(start.AsSpan(2)));
        if (width == 0 || height == 0 || (long)width * height > MostPixels)
        {
            throw new InvalidDataException($"a screen of {width} × {height} pixels is none");
        }

        await SkipAsync(stream, BinaryPrimitives.ReadUInt32BigEndian(start.AsSpan(20)), cancellation);

        // 32 bits, little endian, blue lowest; then: raw pixels only; then: all of the screen.
        byte[] format = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
        byte[] encodings = [2, 0, 0, 1, 0, 0, 0, 0];
        var request = new byte[10];
        request[0] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), height);
        await stream.WriteAsync((byte[])[.. format, .. encodings, .. request], cancellation);
        var pixels = new byte[width * height * 4];
        for (long seen = 0; seen < width * height;)
        {
            seen += await MessageAsync(stream, pixels, width, height, cancellation);
        }

        return PngImage.Encode(width, height, pixels);
    }

    private static async Task LogInAsync(Stream stream, string password, CancellationToken cancellation)
    {
        var count = (await ReadAsync(stream, 1, cancellation))[0];
        if (count == 0)
        {
            throw new InvalidDataException($"the screen is refused: {await ReasonAsync(stream, cancellation)}");
        }

        var types = await ReadAsync(stream, count, cancellation);
        var type = types.Contains((byte)2) ? (byte)2 : types.Contains((byte)1) ? (byte)1 : throw new InvalidDataException("the screen wants another login than a password");
        await stream.WriteAsync(new[] { type }, cancellation);
        if (type == 2)
        {
            await stream.WriteAsync(Answer(await ReadAsync(stream, 16, cancellation), password), cancellation);
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(stream, 4, cancellation)) != 0)
        {
            throw new InvalidDataException($"the screen is refused: {await ReasonAsync(stream, cancellation)}");
        }
    }

    // The protocol's own way: the password is the key, with the bits of each byte turned round.
#pragma warning disable CA5351
    internal static byte[] Answer(byte[] challenge, string password)
    {
        var key = new byte[8];
        Encoding.Latin1.GetBytes(password.AsSpan(0, Math.Min(8, password.Length)), key);
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = (byte)Enumerable.Range(0, 8).Sum(bit => ((key[i] >> bit) & 1) << (7 - bit));
        }

        using var des = DES.Create();
        des.Key = key;
        return des.EncryptEcb(challenge, PaddingMode.None);
    }
#pragma warning restore CA5351

    /// <summary>Reads a message.</summary>
    /// <returns>How many pixels it brought.</returns>
    private static async Task<long> MessageAsync(Stream stream, byte[] pixels, int width, int height, CancellationToken cancellation)
    {
        switch ((await ReadAsync(stream, 1, cancellation))[0])
        {
            case 0:
                var rectangles = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(stream, 3, cancellation)).AsSpan(1));
                long seen = 0;
                for (var i = 0; i < rectangles; i++)
                {
                    seen += await RectangleAsync(stream, pixels, width, height, cancellation);
                }

                return seen;
            case 1:
                var colours = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(stream, 5, cancellation)).AsSpan(3));
                await SkipAsync(stream, colours * 6u, cancellation);
                return 0;
            case 2:
                return 0;
            case 3:
                await SkipAsync(stream, BinaryPrimitives.ReadUInt32BigEndian((await ReadAsync(stream, 7, cancellation)).AsSpan(3)), cancellation);
                return 0;
            case var other:
                throw new InvalidDataException($"the screen sends a message of type {other}");
        }
    }

    private static async Task<long> RectangleAsync(Stream stream, byte[] pixels, int width, int height, CancellationToken cancellation)
    {
        var head = await ReadAsync(stream, 12, cancellation);
        int Number(int at) => BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(at));
        var (x, y, w, h) = (Number(0), Number(2), Number(4), Number(6));
        if (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8)) != 0 || x + w > width || y + h > height)
        {
            throw new InvalidDataException("the screen sends a rectangle that was not asked for");
        }

        for (var row = y; row < y + h; row++)
        {
            await stream.ReadExactlyAsync(pixels.AsMemory(((row * width) + x) * 4, w * 4), cancellation);
        }

        return (long)w * h;
    }

    private static async Task<string> ReasonAsync(Stream stream, CancellationToken cancellation)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(stream, 4, cancellation));
        var text = Encoding.UTF8.GetString(await ReadAsync(stream, (int)Math.Min(length, 500), cancellation));
        return new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
    }

    private static async Task SkipAsync(Stream stream, uint count, CancellationToken cancellation) =>
        await ReadAsync(stream, count <= MostText ? (int)count : throw new InvalidDataException("the screen sends too long a text"), cancellation);

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
