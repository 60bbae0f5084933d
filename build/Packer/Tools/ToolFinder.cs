using Foundation;
using Templates;

namespace Packer.Tools;

/// <summary>
/// Finds Packer and an ISO maker, and installs them where that can be done without asking anybody. Packer 1.11 or later with
/// its proxmox plugin goes before Packer 1.6 wherever it lies; a cluster gets HashiCorp's release where there is none, and a
/// rehearsal what is there or what the distribution packages.
/// </summary>
public sealed class ToolFinder
{
    private const string Stage = "Tools";
    private static readonly Version FirstWithBuilder = new(1, 6, 0);
    private static readonly Version BehindBuilder = new(1, 7, 0);
    private static readonly Version FirstWithPlugin = new(1, 11, 0);
    private static readonly Version FirstPlugin = new(1, 2, 2);

    private readonly string tools;
    private readonly ToolHost host;
    private readonly IRunLog log;
    private readonly TimeProvider time;
    private readonly PackerProbe probe;

    /// <summary>Creates a finder.</summary>
    /// <param name="tools">The folder for tools of the project's own, <c>.tools/</c>.</param>
    /// <param name="log">Told what is being done.</param>
    /// <param name="host">The machine; this one when null.</param>
    /// <param name="time">The clock.</param>
    public ToolFinder(string tools, IRunLog log, ToolHost? host = null, TimeProvider? time = null)
    {
        this.tools = Path.GetFullPath(tools);
        this.log = log;
        this.host = host ?? ToolHost.Current();
        this.time = time ?? TimeProvider.System;
        probe = new PackerProbe(this.host, Path.Combine(this.tools, "packer-version.json"));
    }

    /// <summary>Whether builds go to a cluster, for which Packer 1.6 is not good enough to leave it at that.</summary>
    public bool ForCluster { get; init; }

    /// <summary>Whether what is missing may be installed.</summary>
    public bool MayInstall { get; init; } = true;

    /// <summary>Whether Packer 1.6 will do for a cluster, because its user says so.</summary>
    public bool AllowOld { get; init; }

    /// <summary>What is installed where there is none.</summary>
    internal PinnedReleases Pins { get; init; } = PackerPins.All;

    /// <summary>Finds Packer: the given path, else the best of the search path and <c>.tools/</c>.</summary>
    /// <param name="given">A path from an argument or the environment, or null.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="FailureException">There is none, or none that the templates are written for.</exception>
    public async Task<PackerTool> FindPackerAsync(string? given = null, CancellationToken cancellation = default)
    {
        var (tool, problem) = await LookForPackerAsync(given, cancellation);
        return tool ?? throw Missing("Packer cannot be used", problem!);
    }

    /// <summary>Finds a program that makes ISO images, or null.</summary>
    public IsoMaker? FindIsoMaker()
    {
        (string Name, IsoMakerKind Kind)[] known =
        [
            ("xorriso", IsoMakerKind.Xorriso), ("genisoimage", IsoMakerKind.Mkisofs), ("mkisofs", IsoMakerKind.Mkisofs),
            ("hdiutil", IsoMakerKind.Hdiutil), ("oscdimg", IsoMakerKind.Oscdimg),
        ];
        return known.Select(k => host.Programs(k.Name).FirstOrDefault() is { } path ? new IsoMaker(path, k.Kind) : null)
            .FirstOrDefault(m => m is not null);
    }

    /// <summary>Finds both, and installs what is missing.</summary>
    /// <exception cref="FailureException">It cannot be installed here; says what to install by hand.</exception>
    public async Task<(PackerTool Packer, IsoMaker IsoMaker)> EnsureAsync(string? given, HttpClient http, CancellationToken cancellation = default)
    {
        var (tool, problem) = await LookForPackerAsync(given, cancellation);
        var releaseFirst = ForCluster && given is null && !(AllowOld && tool is not null);
        if (releaseFirst && MayInstall && tool is not { Generation: PackerGeneration.Plugin })
        {
            (tool, problem) = await InstallReleaseAsync(tool, problem, http, cancellation);
        }

        var maker = FindIsoMaker();
        var apt = new AptInstaller(host, log);
        string[] packages = [.. tool is null && given is null && !releaseFirst ? ["packer"] : Array.Empty<string>(), .. maker is null ? ["xorriso"] : Array.Empty<string>()];
        if (packages.Length > 0 && MayInstall && apt.Available)
        {
            await apt.InstallAsync(packages, "builds need " + string.Join(" and ", packages.Select(p => p == "packer" ? "Packer, which was not found" : "a program that makes ISO images, of which none was found")), cancellation);
            (tool, problem) = tool is null ? await LookForPackerAsync(given, cancellation) : (tool, problem);
            maker ??= FindIsoMaker();
        }

        if (tool is null && given is null && !releaseFirst && MayInstall)
        {
            (tool, problem) = await InstallReleaseAsync(tool, problem, http, cancellation);
        }

        return (tool ?? throw Missing("Packer cannot be used", problem!), maker ?? throw new FailureException(
            FailureKind.Task, "There is no program that makes ISO images", "none of xorriso, genisoimage, mkisofs, hdiutil and oscdimg was found",
            OperatingSystem.IsWindows() ? "Install the Windows ADK's deployment tools, which have oscdimg, and put it on the search path" : $"Install xorriso: {apt.Command("xorriso")}"));
    }

    private async Task<(PackerTool? Tool, string? Problem)> LookForPackerAsync(string? given, CancellationToken cancellation)
    {
        if (given is not null && !ToolHost.IsProgram(given))
        {
            return (null, $"there is no program at {given}");
        }

        string? problem = null;
        PackerTool? old = null;
        foreach (var path in given is not null ? [Path.GetFullPath(given)] : host.Programs("packer").Concat(Own()))
        {
            var version = await probe.VersionAsync(path, cancellation);
            if (version is null)
            {
                problem ??= $"{path} is not HashiCorp's Packer (on Red Hat systems a program of that name belongs to cracklib)";
                continue;
            }

            var (tool, why) = await JudgeAsync(path, version, cancellation);
            if (tool is { Generation: PackerGeneration.Plugin })
            {
                return (tool, null);
            }

            old ??= tool;
            problem = why ?? problem;
        }

        return old is not null ? (old, problem) : (null, problem ?? "it was found neither on the search path nor in " + tools);
    }

    private IEnumerable<string> Own() => !Directory.Exists(tools) ? [] :
        Directory.EnumerateDirectories(tools, "packer-*").OrderByDescending(d => Version.TryParse(Path.GetFileName(d)[7..], out var v) ? v : new Version())
            .Select(d => Path.Combine(d, OperatingSystem.IsWindows() ? "packer.exe" : "packer")).Where(ToolHost.IsProgram);

    private async Task<(PackerTool? Tool, string? Problem)> JudgeAsync(string path, string version, CancellationToken cancellation)
    {
        var number = Version.Parse(version);
        if (number >= FirstWithBuilder && number < BehindBuilder)
        {
            return (new PackerTool(path, version, PackerGeneration.Builtin, null), null);
        }

        if (number < FirstWithPlugin)
        {
            return (null, $"{path} is Packer {version}; the templates are written for 1.6 and for 1.11 and later");
        }

        // The plugins that were installed here are for the Packer that was; any other has its user's own.
        var own = PackerRelease.PluginFolder(tools);
        string?[] folders = path.StartsWith(tools + Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.Exists(own) ? [own, null] : [null];
        InstalledPlugin? plugin = null;
        foreach (var folder in folders)
        {
            plugin = await probe.PluginAsync(path, folder, cancellation);
            if (plugin is not null && Version.Parse(plugin.Version) >= FirstPlugin)
            {
                return (new PackerTool(path, version, PackerGeneration.Plugin, plugin.Version) { PluginPath = plugin.Path, PluginFolder = folder }, null);
            }
        }

        var why = plugin is not null ? $"needed instead of {plugin.Version}" : PluginSearch.WhyNotTaken(host, path) is { } reason ? $"not installed ({reason})" : "not installed";
        return (null, $"{path} is Packer {version}, and the proxmox plugin {FirstPlugin} or later is {why}; `{path} plugins install github.com/hashicorp/proxmox` installs it");
    }

    /// <summary>HashiCorp's release, or what there was, with the reason why it is not that.</summary>
    private async Task<(PackerTool? Tool, string? Problem)> InstallReleaseAsync(PackerTool? found, string? problem, HttpClient http, CancellationToken cancellation)
    {
        var (program, why) = await new PackerRelease(tools, http, log, time, Pins).InstallAsync(cancellation);
        if (program is not null)
        {
            var (installed, fault) = await LookForPackerAsync(program, cancellation);
            return installed is not null ? (installed, null) : (found, fault);
        }

        var told = $"HashiCorp's Packer {Pins.Packer.Version} could not be downloaded: {why}";
        if (found is not null)
        {
            log.Write(Stage, EventLevel.Warning, told);
            return (found, told);
        }

        return (null, problem is null ? told : $"{problem}. {told}");
    }

    private FailureException Missing(string what, string why) => new(
        FailureKind.Task, what, why,
        (ForCluster ? "Install Packer 1.11 or later with " : "Install Packer 1.6 (Debian, Ubuntu: `apt-get install packer`), or Packer 1.11 or later with ")
        + $"`packer plugins install github.com/hashicorp/proxmox`, or put both archives into {Path.Combine(tools, "archives")}");
}
