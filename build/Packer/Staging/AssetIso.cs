using Foundation;
using Packer.Tools;

namespace Packer.Staging;

/// <summary>The image of the unattended assets.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">Its SHA-256.</param>
internal sealed record AssetIso(string Path, string Sha256)
{
    /// <summary>Makes an image of a folder: ISO 9660 with Joliet and Rock Ridge, so that every installer reads the names.</summary>
    public static async Task<AssetIso> MakeAsync(IsoMaker maker, string folder, string file, string label, CancellationToken cancellation)
    {
        string[] mkisofs = ["-quiet", "-J", "-r", "-V", label, "-o", file, folder];
        string[] arguments = maker.Kind switch
        {
            IsoMakerKind.Xorriso => ["-as", "mkisofs", .. mkisofs],
            IsoMakerKind.Mkisofs => mkisofs,
            IsoMakerKind.Hdiutil => ["makehybrid", "-iso", "-joliet", "-default-volume-name", label, "-o", file, folder],
            _ => ["-j1", "-l" + label, folder, file],
        };
        var done = await ToolHost.RunAsync(maker.Path, arguments, TimeSpan.FromMinutes(2), cancellation: cancellation);
        if (done.ExitCode != 0 || !File.Exists(file))
        {
            throw new FailureException(
                FailureKind.Task, "The image of the unattended assets could not be made", $"{maker.Path} failed: {done.Output.Trim()}");
        }

        return new AssetIso(file, FileHash.Sha256(file));
    }
}
