using Foundation;
using Packer.Tools;

namespace Build.Context;

/// <summary>What a record tells of the programs that were used and of the source, as it was measured.</summary>
/// <param name="PackerSha256">The SHA-256 of the Packer program.</param>
/// <param name="PluginSha256">The SHA-256 of its Proxmox plugin; null for a Packer that has the builder inside.</param>
/// <param name="Source">The commit, and whether files differ from it; null outside a repository.</param>
/// <param name="RepositoryUrl">Where the repository is, without credentials; null when it has no origin.</param>
internal sealed record MeasuredOrigin(string PackerSha256, string? PluginSha256, GitState? Source, string? RepositoryUrl)
{
    /// <summary>What a build is made from; only changes there make the source dirty.</summary>
    private static readonly string[] SourcePaths = ["build", "infra/packer", "build.sh", "build.ps1", "global.json", "Directory.Build.props", "Directory.Packages.props", "records/run.schema.json", "records/run.schema.v1.json", "records/destroyed.schema.json"];

    /// <summary>Measures. Reads the programs whole.</summary>
    public static MeasuredOrigin Of(PackerTool packer, string root) => new(
        FileHash.Sha256(packer.Path), packer.PluginPath is { } plugin ? FileHash.Sha256(plugin) : null, GitState.Read(root, SourcePaths), GitState.Origin(root));
}
