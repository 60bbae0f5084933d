using Templates;

namespace Packer.Tools;

/// <summary>An installed Packer that can build the templates.</summary>
/// <param name="Path">The program's full path.</param>
/// <param name="Version">Its version, such as <c>1.6.6</c>.</param>
/// <param name="Generation">Which source block it needs.</param>
/// <param name="PluginVersion">The proxmox plugin's version, or null where the builder is inside.</param>
public sealed record PackerTool(string Path, string Version, PackerGeneration Generation, string? PluginVersion)
{
    /// <summary>The plugin's executable, or null where the builder is inside.</summary>
    public string? PluginPath { get; init; }

    /// <summary>The folder of plugins that Packer has to be told, as <c>PACKER_PLUGIN_PATH</c>; null when it finds its plugin by itself.</summary>
    public string? PluginFolder { get; init; }
}

/// <summary>A program that makes ISO images.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Kind">How it is called.</param>
public sealed record IsoMaker(string Path, IsoMakerKind Kind);

/// <summary>The command-line dialects of ISO makers.</summary>
public enum IsoMakerKind
{
    /// <summary><c>xorriso -as mkisofs</c>.</summary>
    Xorriso,

    /// <summary><c>genisoimage</c> or <c>mkisofs</c>.</summary>
    Mkisofs,

    /// <summary><c>hdiutil makehybrid</c> (macOS).</summary>
    Hdiutil,

    /// <summary><c>oscdimg</c> (Windows ADK).</summary>
    Oscdimg,
}
