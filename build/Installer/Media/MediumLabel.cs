namespace Installer.Media;

/// <summary>The name that a medium has inside.</summary>
public static class MediumLabel
{
    /// <summary>Reads the volume label of an ISO 9660 image.</summary>
    /// <param name="path">The image's file.</param>
    /// <returns>At most 32 printable characters; null when the file is no such image.</returns>
    public static string? Of(string path) =>
        Iso9660Image.TryOpen(path)?.Label is { } label && new string([.. label.Select(c => c is >= ' ' and <= '~' ? c : '?')]).Trim() is { Length: > 0 } text ? text : null;
}
