using System.Runtime.InteropServices;

namespace Packer.Tools;

/// <summary>A release that is installed where there is none.</summary>
/// <param name="Name">The program's name as in its archives.</param>
/// <param name="Version">The pinned version.</param>
/// <param name="Sums">The SHA-256 of the archive for each system, such as <c>linux_amd64</c>; null where none is known.</param>
internal sealed record PinnedRelease(string Name, string Version, IReadOnlyDictionary<string, string?> Sums)
{
    /// <summary>The archive's file name for a system.</summary>
    public string Archive(string platform) =>
        Name == PackerPins.PackerName ? $"{Name}_{Version}_{platform}.zip" : $"{Name}_v{Version}_x5.0_{platform}.zip";

    /// <summary>Where the archive is published.</summary>
    public Uri Address(string platform) => new(
        Name == PackerPins.PackerName
            ? $"https://releases.hashicorp.com/packer/{Version}/{Archive(platform)}"
            : $"https://github.com/hashicorp/{Name}/releases/download/v{Version}/{Archive(platform)}");
}

/// <summary>Packer and its proxmox plugin.</summary>
internal sealed record PinnedReleases(PinnedRelease Packer, PinnedRelease Plugin);

/// <summary>The pinned releases, from <c>packer-pins.txt</c>.</summary>
internal static class PackerPins
{
    public const string PackerName = "packer";

    /// <summary>Both.</summary>
    public static PinnedReleases All { get; } = new(Read(PackerName), Read("packer-plugin-proxmox"));

    /// <summary>This system as releases name it, such as <c>linux_amd64</c>.</summary>
    public static string Platform { get; } =
        (OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : "other")
        + "_" + RuntimeInformation.OSArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString().ToLowerInvariant() };

    private static PinnedRelease Read(string name)
    {
        using var stream = typeof(PackerPins).Assembly.GetManifestResourceStream("packer-pins.txt")!;
        using var reader = new StreamReader(stream);
        var version = "";
        var sums = new Dictionary<string, string?>();
        var current = "";
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 2 || line.StartsWith('#'))
            {
                continue;
            }

            if (line[0] != ' ')
            {
                current = words[0];
                version = current == name ? words[1] : version;
            }
            else if (current == name)
            {
                sums[words[0]] = words[1] == "-" ? null : words[1];
            }
        }

        return new PinnedRelease(name, version, sums);
    }
}
