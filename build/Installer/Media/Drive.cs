namespace Installer.Media;

/// <summary>A drive with its medium, read once.</summary>
internal sealed class Drive
{
    private const int LongestText = 256 * 1024;
    private const int MostTexts = 200;

    private Drive(InstallationMedium medium, Iso9660Image? image, InstallableSystem? system, string label, char letter) =>
        (Medium, Image, System, Label, Letter) = (medium, image, system, label, letter);

    internal InstallationMedium Medium { get; }

    /// <summary>The image, or null for a placeholder or something that is no ISO 9660 image.</summary>
    internal Iso9660Image? Image { get; }

    /// <summary>The system that it installs, or null.</summary>
    internal InstallableSystem? System { get; }

    /// <summary>The volume label.</summary>
    internal string Label { get; }

    /// <summary>The letter that Windows gives it.</summary>
    internal char Letter { get; }

    /// <summary>The name under which the medium is published, or the volume's file name.</summary>
    internal string Name => Medium.Identity?.FileName ?? Medium.VolumeId[(Medium.VolumeId.LastIndexOf('/') + 1)..];

    /// <summary>Whether it holds the VirtIO drivers.</summary>
    internal bool IsVirtio => MediumCatalogue.IsVirtio(Label) || (Medium.Identity is not null && MediumCatalogue.IsVirtio(Name));

    /// <summary>Reads the media. Windows gives C: to the disk, and the letters from D: to the drives in their order.</summary>
    internal static IReadOnlyList<Drive> Open(IReadOnlyList<InstallationMedium> media) =>
        [.. media.Select((m, i) => Open(m, (char)('D' + Math.Min(i, 22))))];

    /// <summary>A file's text, found without regard to case; null when there is none.</summary>
    internal string? Text(string path) => Medium.Texts is { } given
        ? given.FirstOrDefault(t => t.Key.Equals(path, StringComparison.OrdinalIgnoreCase)).Value
        : Image?.Find(path) is { } real ? Image.ReadText(real, Unattended.UnattendedFile.MaximumLength + 1) : null;

    /// <summary>The texts of the small files, for the files that refer to each other.</summary>
    internal IReadOnlyDictionary<string, string> Texts()
    {
        if (Medium.Texts is { } given)
        {
            return given;
        }

        var texts = new Dictionary<string, string>();
        foreach (var file in (Image?.Files ?? []).Where(f => Image!.Length(f) <= LongestText).Take(MostTexts))
        {
            texts[file] = Image!.ReadText(file, LongestText) ?? "";
        }

        return texts;
    }

    private static Drive Open(InstallationMedium medium, char letter)
    {
        if (medium.Identity is { } identity)
        {
            var known = MediumCatalogue.ByFileName(identity.FileName);
            var label = known?.Label ?? Path.GetFileNameWithoutExtension(identity.FileName);
            return new Drive(medium, null, known, label, letter);
        }

        if (medium.Texts is not null)
        {
            return new Drive(medium, null, null, medium.Label, letter);
        }

        var image = medium.FilePath is null ? null : Iso9660Image.TryOpen(medium.FilePath);
        return new Drive(medium, image, image is null ? null : MediumCatalogue.ByContent(image), image?.Label ?? "", letter);
    }
}
