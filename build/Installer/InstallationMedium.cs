namespace Installer;

/// <summary>A medium in a drive.</summary>
public sealed record InstallationMedium
{
    /// <summary>The volume, such as <c>local:iso/Rocky-9.6-x86_64-minimal.iso</c>.</summary>
    public required string VolumeId { get; init; }

    /// <summary>The image on this machine, or null when there is only a placeholder of a catalogued medium.</summary>
    public string? FilePath { get; init; }

    /// <summary>The texts on an image that is not made yet, by their paths, or null.</summary>
    public IReadOnlyDictionary<string, string>? Texts { get; init; }

    /// <summary>The volume label of such an image.</summary>
    public string Label { get; init; } = "";

    /// <summary>Which catalogued medium a placeholder stands for, or null for a real image, which is read.</summary>
    public MediumIdentity? Identity { get; init; }
}

/// <summary>Which medium something is, known by the name under which its maker publishes it.</summary>
/// <param name="FileName">The name, such as <c>Rocky-9.6-x86_64-minimal.iso</c>.</param>
public sealed record MediumIdentity(string FileName);
