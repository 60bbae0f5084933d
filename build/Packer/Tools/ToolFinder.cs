using Foundation;
using Templates;

namespace Packer.Tools;

/// <summary>Finds Packer and an ISO maker, and installs them where that can be done without asking anybody.</summary>
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
    private readonly PackerProbe probe;

    /// <summary>Creates a finder.</summary>
    /// <param name="tools">The folder for tools of the project's own, <c>.tools/</c>.</param>
    /// <param name="log">Told what is being done.</param>
    /// <param name="host">The machine; this one when null.</param>
    public ToolFinder(string tools, IRunLog log, ToolHost? host = null)
    {
        this.tools = Path.GetFullPath(tools);
        this.log = log;
        this.host = host ?? ToolHost.Current();
        probe = new PackerProbe(this.host, Path.Combine(this.tools, "packer-version.json"));
    }

    /// <summary>Finds Packer: the given path, else the search path, else <c>.tools/</c>.</summary>
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
        var maker = FindIsoMaker();
        var apt = new AptInstaller(host, log);
        string[] packages = [.. tool is null && given is null ? ["packer"] : Array.Empty<string>(), .. maker is null ? ["xorriso"] : Array.Empty<string>()];
        if (packages.Length > 0 && apt.Available)
        {
            await apt.InstallAsync(packages, cancellation);
            (tool, problem) = tool is null ? await LookForPackerAsync(given, cancellation) : (tool, problem);
            maker ??= FindIsoMaker();
        }

        if (tool is null && given is null && PackerRelease.Platform is not null)
        {
            tool = await InstallReleaseAsync(http, cancellation);
        }

        return (tool ?? throw Missing("Packer cannot be used", problem!), maker ?? throw Missing("There is no program that makes ISO images", "none of xorriso, genisoimage, mkisofs, hdiutil and oscdimg was found"));
    }

    private async Task<(PackerTool? Tool, string? Problem)> LookForPackerAsync(string? given, CancellationToken cancellation)
    {
        if (given is not null && !ToolHost.IsProgram(given))
        {
            return (null, $"there is no program at {given}");
        }

        var own = Directory.Exists(tools) ? Directory.EnumerateDirectories(tools, "packer-*").Select(d => Path.Combine(d, "packer")).Where(ToolHost.IsProgram) : [];
        string? problem = null;
        foreach (var path in given is not null ? [Path.GetFullPath(given)] : host.Programs("packer").Concat(own))
        {
            var version = await probe.VersionAsync(path, cancellation);
            if (version is null)
            {
                problem ??= $"{path} is not HashiCorp's Packer (on Red Hat systems a program of that name belongs to cracklib)";
                continue;
            }

            var (tool, why) = Judge(path, version);
            if (tool is not null)
            {
                return (tool, null);
            }

            problem = why;
        }

        return (null, problem ?? "it was found neither on the search path nor in " + tools);
    }

    private (PackerTool? Tool, string? Problem) Judge(string path, string version)
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

        var plugin = probe.Plugin();
        return plugin is not null && Version.Parse(plugin.Version) >= FirstPlugin
            ? (new PackerTool(path, version, PackerGeneration.Plugin, plugin.Version) { PluginPath = plugin.Path }, null)
            : (null, $"{path} is Packer {version}, and the proxmox plugin {FirstPlugin} or later is {(plugin is null ? "not installed" : $"needed instead of {plugin.Version}")}; "
                + $"`{path} plugins install github.com/hashicorp/proxmox` installs it");
    }

    private async Task<PackerTool> InstallReleaseAsync(HttpClient http, CancellationToken cancellation)
    {
        try
        {
            var path = await PackerRelease.InstallAsync(tools, http, log, cancellation);
            if (probe.Plugin() is not { } plugin || Version.Parse(plugin.Version) < FirstPlugin)
            {
                log.Write(Stage, EventLevel.Info, $"Installing Packer's proxmox plugin {PackerRelease.PluginVersion}");
                var done = await ToolHost.RunAsync(
                    path, ["plugins", "install", "github.com/hashicorp/proxmox", "v" + PackerRelease.PluginVersion], TimeSpan.FromMinutes(5), cancellation: cancellation);
                if (done.ExitCode != 0)
                {
                    throw Missing("Packer's proxmox plugin was not installed", done.Output.Trim());
                }
            }

            return await FindPackerAsync(path, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            // No answer in time.
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Missing("Packer was not found and could not be downloaded", e.Message);
        }
    }

    private static FailureException Missing(string what, string why) => new(
        FailureKind.Task, what, why,
        "Install Packer 1.6 (Debian, Ubuntu: `apt-get install packer xorriso`), or Packer 1.11 or later with "
        + "`packer plugins install github.com/hashicorp/proxmox`, and xorriso or genisoimage");
}
