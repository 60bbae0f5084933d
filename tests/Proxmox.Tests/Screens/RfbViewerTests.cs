using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Proxmox.Screens;

namespace Proxmox.Tests.Screens;

internal sealed class RfbViewerTests
{
    private static readonly byte[] ServerVersion = Encoding.ASCII.GetBytes("RFB 003.008\n");

    // RFC 6143, 7.2.2: only eight characters count.
    [Test]
    public void The_answer_to_a_challenge_is_that_of_the_protocol() =>
        Assert.That(Convert.ToHexString(RfbViewer.Answer(new byte[16], "password")), Is.EqualTo(Convert.ToHexString(RfbViewer.Answer(new byte[16], "password, of which only this counts"))).And.Length.EqualTo(32));

    private static async Task<byte[]> TakeAsync(params byte[][] said)
    {
        await using var stream = new Scripted([.. said.SelectMany(s => s)]);
        return await RfbViewer.TakeAsync(stream, "secret", CancellationToken.None);
    }

    private static byte[] Start(ushort width, ushort height)
    {
        var start = new byte[24];
        BinaryPrimitives.WriteUInt16BigEndian(start, width);
        BinaryPrimitives.WriteUInt16BigEndian(start.AsSpan(2), height);
        return start;
    }

    private static byte[] Update(ushort width, ushort height, params byte[] pixels) =>
        [0, 0, 0, 1, 0, 0, 0, 0, (byte)(width >> 8), (byte)width, (byte)(height >> 8), (byte)height, 0, 0, 0, 0, .. pixels];

    [Test]
    public async Task A_picture_has_the_colours_of_the_screen()
    {
        // Red, green; bells and texts in between are skipped.
        var png = await TakeAsync(ServerVersion, [1, 1], [0, 0, 0, 0], Start(2, 1), [2], [3, 0, 0, 0, 0, 0, 0, 1, 65], Update(2, 1, 0, 0, 255, 0, 0, 255, 0, 0));
        Assert.That(png.AsSpan(1, 3).SequenceEqual("PNG"u8), Is.True);
        var at = png.AsSpan().IndexOf("IDAT"u8);
        var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at - 4));
        using var zlib = new ZLibStream(new MemoryStream(png, at + 4, length), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        await zlib.CopyToAsync(rows);
        Assert.That(rows.ToArray(), Is.EqualTo(new byte[] { 0, 255, 0, 0, 0, 255, 0 }));
    }

    [Test]
    public void What_is_hostile_is_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(async () => await TakeAsync("HTTP/1.1 400"u8.ToArray()), Throws.TypeOf<InvalidDataException>());
            Assert.That(async () => await TakeAsync(ServerVersion, [0, 0, 0, 0, 2, 110, 111]), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(": no"));
            Assert.That(async () => await TakeAsync(ServerVersion, [1, 1], [0, 0, 0, 0], Start(60000, 60000)), Throws.TypeOf<InvalidDataException>());
            Assert.That(async () => await TakeAsync(ServerVersion, [1, 1], [0, 0, 0, 0], Start(2, 1), Update(3, 1, new byte[12])), Throws.TypeOf<InvalidDataException>());
            Assert.That(async () => await TakeAsync(ServerVersion, [1, 1], [0, 0, 0, 0], Start(2, 1), [9]), Throws.TypeOf<InvalidDataException>());
            Assert.That(async () => await TakeAsync(ServerVersion), Throws.TypeOf<EndOfStreamException>());
        });
    }

    /// <summary>A server that has said everything beforehand, and hears nothing.</summary>
    private sealed class Scripted(byte[] said) : MemoryStream(said, writable: false)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
