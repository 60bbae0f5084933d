using Cake.Core.Diagnostics;
using Cake.Core.IO;

namespace Cake.Frosting.Internal;

/// <summary>What the command line says to the host itself, as opposed to the build.</summary>
internal sealed record HostOptions
{
    public string[] Targets { get; init; } = ["Default"];

    public DirectoryPath WorkingDirectory { get; init; }

    /// <summary>Null when the command line leaves it to Cake's configuration.</summary>
    public Verbosity? Verbosity { get; init; }

    public bool Description { get; init; }

    public bool Tree { get; init; }

    public bool DryRun { get; init; }

    public bool Exclusive { get; init; }

    public bool Version { get; init; }

    public bool Info { get; init; }

    public bool NoReport { get; init; }
}
