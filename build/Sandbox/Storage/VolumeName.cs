using System.Globalization;
using System.Text.RegularExpressions;
using Sandbox.Api;

namespace Sandbox.Storage;

/// <summary>
/// The name of a volume on its storage, taken apart as the storage's plugin does it (<c>parse_volname</c>): on a directory
/// <c>101/vm-101-disk-0.qcow2</c>, <c>100/base-100-disk-0.qcow2/101/vm-101-disk-0.qcow2</c> for a linked clone, or
/// <c>iso/debian.iso</c>; on LVM-thin <c>vm-101-disk-0</c>.
/// </summary>
/// <param name="Content">What it is: <c>images</c>, <c>iso</c>, <c>vztmpl</c>, <c>backup</c>, <c>snippets</c>, <c>import</c>.</param>
/// <param name="Owner">The VM that it belongs to, or 0.</param>
/// <param name="Format"><c>raw</c>, <c>qcow2</c>, <c>vmdk</c>.</param>
/// <param name="IsBase">Whether it is a base image, which linked clones may need.</param>
internal sealed partial record VolumeName(string Content, int Owner, string Format, bool IsBase)
{
    /// <summary>Takes a name apart.</summary>
    /// <exception cref="ApiException">The storage has no such names.</exception>
    public static VolumeName Parse(StorageEntry storage, string name)
    {
        if (!storage.HasFiles)
        {
            return Thin().Match(name) is { Success: true } thin
                ? new VolumeName("images", Number(thin.Groups[2]), "raw", thin.Groups[1].Value == "base")
                : throw ApiException.Failed($"unable to parse lvm volume name '{name}'");
        }

        if (LinkedImage().Match(name) is { Success: true } linked)
        {
            ParseFile(linked.Groups[2].Value);
            return Image(linked.Groups[3], linked.Groups[4].Value);
        }

        if (OwnImage().Match(name) is { Success: true } own)
        {
            return Image(own.Groups[1], own.Groups[2].Value);
        }

        return FileContent().Match(name) is { Success: true } file
            ? new VolumeName(file.Groups[1].Value, 0, file.Groups[1].Value == "import" ? Path.GetExtension(name)[1..].ToLowerInvariant() : "raw", IsBase: false)
            : throw ApiException.Failed($"unable to parse directory volume name '{name}'");
    }

    /// <summary>The format of a disk's file by its name, and whether it is a base image.</summary>
    /// <exception cref="ApiException">It is no name of a disk.</exception>
    public static (string Format, bool IsBase) ParseFile(string file)
    {
        if (SnapshotFile().IsMatch(file))
        {
            throw ApiException.Failed($"'{file}' is a snapshot filename, not a volume!");
        }

        return DiskFile().Match(file) is { Success: true } disk
            ? (disk.Groups[2].Value, disk.Groups[1].Success)
            : throw ApiException.Failed($"unable to parse volume filename '{file}'");
    }

    private static VolumeName Image(Group owner, string file)
    {
        var (format, isBase) = ParseFile(file);
        return new VolumeName("images", Number(owner), format, isBase);
    }

    private static int Number(Group digits) => int.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"\A(vm|base)-([0-9]+)-\S+\z")]
    private static partial Regex Thin();

    [GeneratedRegex(@"\A([0-9]+)/(\S+)/([0-9]+)/(\S+)\z")]
    private static partial Regex LinkedImage();

    [GeneratedRegex(@"\A([0-9]+)/(\S+)\z")]
    private static partial Regex OwnImage();

    [GeneratedRegex(@"\A(base-)?[^/\s]+\.(raw|qcow2|vmdk|subvol)\z")]
    private static partial Regex DiskFile();

    [GeneratedRegex(@"\Asnap-.*\.qcow2\z")]
    private static partial Regex SnapshotFile();

    [GeneratedRegex(@"\A(iso(?=/[^/]+\.(?i:iso|img)\z)|vztmpl(?=/[^/]+\.tar\.(?:gz|xz|zst|bz2)\z)|backup(?=/[^/]+\.(?:tgz|tar|vma)(?:\.(?:gz|lzo|zst))?\z)|snippets(?=/[^/]+\z)|import(?=/[^/]+\.(?:ova|ovf|qcow2|raw|vmdk)\z))/")]
    private static partial Regex FileContent();
}
