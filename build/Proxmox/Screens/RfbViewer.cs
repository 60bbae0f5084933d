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
        var screen = new Screen(BinaryPrimitives.ReadUInt16BigEndian(start), BinaryPrimitives.ReadUInt16BigEndian(start.AsSpan(2)));
        await SkipAsync(stream, BinaryPrimitives.ReadUInt32BigEndian(start.AsSpan(20)), cancellation);

        // 32 bits, little endian, blue lowest; then: raw pixels, and the word that the screen has another size now. Without that
        // word a server sends of a screen that became smaller only what is left, and the rest is waited for in vain.
        byte[] format = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
        byte[] encodings = [2, 0, 0, 2, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x21];
        await stream.WriteAsync((byte[])[.. format, .. encodings], cancellation);
        await AskAsync(stream, screen, cancellation);
        while (screen.Seen < screen.Width * screen.Height)
        {
            var size = (screen.Width, screen.Height);
            await MessageAsync(stream, screen, cancellation);
            if (size != (screen.Width, screen.Height))
            {
                await AskAsync(stream, screen, cancellation);
            }
        }

        return PngImage.Encode(screen.Width, screen.Height, screen.Pixels);
    }

    /// <summary>Asks for all of the screen.</summary>
    private static async Task AskAsync(Stream stream, Screen screen, CancellationToken cancellation)
    {
        var request = new byte[10];
        request[0] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)screen.Width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)screen.Height);
        await stream.WriteAsync(request, cancellation);
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
    private static async Task MessageAsync(Stream stream, Screen screen, CancellationToken cancellation)
    {
        switch ((await ReadAsync(stream, 1, cancellation))[0])
        {
            case 0:
                var rectangles = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(stream, 3, cancellation)).AsSpan(1));
                for (var i = 0; i < rectangles; i++)
                {
                    await RectangleAsync(stream, screen, cancellation);
                }

                break;
            case 1:
                var colours = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(stream, 5, cancellation)).AsSpan(3));
                await SkipAsync(stream, colours * 6u, cancellation);
                break;
            case 2:
                break;
            case 3:
                await SkipAsync(stream, BinaryPrimitives.ReadUInt32BigEndian((await ReadAsync(stream, 7, cancellation)).AsSpan(3)), cancellation);
                break;
            case var other:
                throw new InvalidDataException($"the screen sends a message of type {other}");
        }
    }

    private static async Task RectangleAsync(Stream stream, Screen screen, CancellationToken cancellation)
    {
        const int Raw = 0, DesktopSize = -223;
        var head = await ReadAsync(stream, 12, cancellation);
        int Number(int at) => BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(at));
        var (x, y, w, h, encoding) = (Number(0), Number(2), Number(4), Number(6), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8)));
        if (encoding == DesktopSize)
        {
            screen.Resize(w, h);
            return;
        }

        if (encoding != Raw || x + w > screen.Width || y + h > screen.Height)
        {
            throw new InvalidDataException("the screen sends a rectangle that was not asked for");
        }

        for (var row = y; row < y + h; row++)
        {
            await stream.ReadExactlyAsync(screen.Pixels.AsMemory(((row * screen.Width) + x) * 4, w * 4), cancellation);
        }

        screen.Seen += (long)w * h;
    }

    /// <summary>What is seen so far.</summary>
    private sealed class Screen
    {
        public Screen(int width, int height) => Resize(width, height);

        public int Width { get; private set; }

        public int Height { get; private set; }

        public byte[] Pixels { get; private set; } = [];

        /// <summary>How many pixels have come.</summary>
        public long Seen { get; set; }

        public void Resize(int width, int height)
        {
            if (width == 0 || height == 0 || (long)width * height > MostPixels)
            {
                throw new InvalidDataException($"a screen of {width} × {height} pixels is none");
            }

            (Width, Height, Pixels, Seen) = (width, height, new byte[width * height * 4], 0);
        }
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
