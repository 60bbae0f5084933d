using Qemu.Arguments;

namespace Qemu.Disks;

/// <summary>
/// The files of disks. They are qcow2 whatever the volume's name says, so that they grow as they are written and a linked
/// clone needs no storage that can make one; only the state of a TPM is raw, because swtpm knows nothing else.
/// </summary>
public sealed class DiskImages(QemuTools tools)
{
    /// <summary>The format of a disk's file.</summary>
    public const string Format = "qcow2";

    /// <summary>The size of the state of a TPM in bytes.</summary>
    public const long TpmBytes = 4L << 20;

    /// <summary>An empty disk.</summary>
    public Task CreateAsync(string file, long bytes, CancellationToken cancellation) =>
        RunAsync(file, ["create", "-q", "-f", Format, file, bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)], cancellation);

    /// <summary>A disk that has what its base has until it is written.</summary>
    public Task LinkAsync(string file, string baseFile, CancellationToken cancellation) =>
        RunAsync(file, ["create", "-q", "-f", Format, "-o", new OptionText().Add("backing_file", Path.GetFullPath(baseFile)).Add("backing_fmt", Format).ToString(), file], cancellation);

    /// <summary>A disk that has what another one has.</summary>
    public Task CopyAsync(string file, string source, CancellationToken cancellation) => ConvertAsync(file, source, Format, cancellation);

    /// <summary>The disk of a firmware's variables.</summary>
    /// <param name="file">The file.</param>
    /// <param name="withKeys">Whether the usual keys are in it, so that the firmware checks signatures.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task CreateVariablesAsync(string file, bool withKeys, CancellationToken cancellation)
    {
        var ovmf = tools.Ovmf ?? throw new QemuException("OVMF, the firmware for 'bios: ovmf', is not installed (Debian, Ubuntu: apt-get install ovmf)");
        return ConvertAsync(file, withKeys ? ovmf.KeyVariables : ovmf.Variables, "raw", cancellation);
    }

    /// <summary>The state of a TPM that nobody has used.</summary>
    public static Task CreateTpmAsync(string file)
    {
        MakeFolder(file);
        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        stream.SetLength(TpmBytes);
        return Task.CompletedTask;
    }

    /// <summary>A copy of a raw file, such as the state of a TPM.</summary>
    public static Task CopyRawAsync(string file, string source)
    {
        MakeFolder(file);
        File.Copy(source, file);
        return Task.CompletedTask;
    }

    /// <summary>Makes a disk larger.</summary>
    public Task ResizeAsync(string file, long bytes, CancellationToken cancellation) =>
        ToolRun.DoAsync(tools.Image, ["resize", "-q", "-f", Format, file, bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)], cancellation);

    /// <summary>Makes a disk a base, which nobody writes any more.</summary>
    public static Task MakeBaseAsync(string file, string baseFile)
    {
        MakeFolder(baseFile);
        File.Move(file, baseFile);
        File.SetAttributes(baseFile, File.GetAttributes(baseFile) | FileAttributes.ReadOnly);
        return Task.CompletedTask;
    }

    /// <summary>Removes a disk.</summary>
    public static Task DeleteAsync(string file)
    {
        if (File.Exists(file))
        {
            File.SetAttributes(file, File.GetAttributes(file) & ~FileAttributes.ReadOnly);
            File.Delete(file);
        }

        return Task.CompletedTask;
    }

    private static void MakeFolder(string file) => Directory.CreateDirectory(Path.GetDirectoryName(file)!);

    private Task ConvertAsync(string file, string source, string format, CancellationToken cancellation) =>
        RunAsync(file, ["convert", "-q", "-f", format, "-O", Format, source, file], cancellation);

    private Task RunAsync(string file, string[] arguments, CancellationToken cancellation)
    {
        MakeFolder(file);
        return ToolRun.DoAsync(tools.Image, arguments, cancellation);
    }
}
