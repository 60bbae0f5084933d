using System.Buffers.Binary;
using Sandbox.Api;

namespace Sandbox.Storage;

/// <summary>
/// What the server looks for in a file that comes from outside (<c>PVE::Storage::assert_iso_content</c>): QEMU finds out the
/// format by itself, and a qcow2 image may name other files of the host, which the guest then would read.
/// The header's layout is that of QEMU's <c>docs/interop/qcow2.rst</c>.
/// </summary>
internal static class ImageCheck
{
    private const uint Magic = 0x514649FB;
    private const int HeaderOfVersion2 = 72;
    private const int HeaderOfVersion3 = 104;
    private const ulong ExternalDataFile = 1 << 2;

    /// <summary>Fails when the file is an image that refers to another file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="shown">Its name as the API shows it.</param>
    public static void RequireSelfContained(string file, string shown)
    {
        var header = new byte[HeaderOfVersion3];
        using var stream = File.OpenRead(file);
        var length = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (length < HeaderOfVersion2 || BinaryPrimitives.ReadUInt32BigEndian(header) != Magic)
        {
            return;
        }

        var version = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
        if (version >= 3 && length >= HeaderOfVersion3 && (BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(72)) & ExternalDataFile) != 0)
        {
            throw ApiException.Failed($"{shown}: 'data-file' references are not allowed!");
        }

        if (BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)) != 0)
        {
            throw ApiException.Failed($"backing file not allowed for untrusted image '{shown}'!");
        }
    }
}
