using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json;

namespace Packer.Tools;

/// <summary>Asks a file whether it is HashiCorp's Packer, which version it is, and which proxmox plugin it would load. The answers are remembered until what they are about changes.</summary>
internal sealed partial class PackerProbe(ToolHost host, string cacheFile)
{
    /// <summary>The folder of the plugin below a plugin folder: its source address.</summary>
    public static readonly string PluginSource = Path.Combine("github.com", "hashicorp", "proxmox");

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private string PluginCacheFile => Path.Combine(Path.GetDirectoryName(cacheFile)!, "packer-plugin.json");

    /// <summary>
    /// The version of a Packer, or null when the file is not HashiCorp's Packer: on Red Hat systems
    /// <c>/usr/sbin/packer</c> is cracklib's, which would make a dictionary out of its arguments and is not run.
    /// </summary>
    public async Task<string?> VersionAsync(string path, CancellationToken cancellation)
    {
        var real = Real(path);
        if (real.Name.Contains("cracklib", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (Remembered<KnownVersion>(cacheFile) is { } known && known.Path == path && known.Size == real.Length && known.Modified == real.LastWriteTimeUtc.Ticks)
        {
            return known.Version;
        }

        var answer = await AskAsync(path, ["version"], null, cancellation);
        var match = VersionLine().Match(answer?.Output ?? "");
        if (answer is not { ExitCode: 0 } || !match.Success)
        {
            return null;
        }

        var version = match.Groups[1].Value;
        Remember(cacheFile, new KnownVersion(path, real.Length, real.LastWriteTimeUtc.Ticks, version));
        return version;
    }

    /// <summary>The proxmox plugin of the highest version that a Packer would load, or null: what <c>packer plugins installed</c> lists.</summary>
    /// <param name="path">The Packer, 1.11 or later.</param>
    /// <param name="pluginFolder">The value of <c>PACKER_PLUGIN_PATH</c> that this Packer is run with, or null for the environment's.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<InstalledPlugin?> PluginAsync(string path, string? pluginFolder, CancellationToken cancellation)
    {
        var real = Real(path);
        var asked = string.Join('|', path, real.Length, real.LastWriteTimeUtc.Ticks, pluginFolder ?? host.PluginPath, host.ConfigFolder, host.XdgConfigHome, host.Home);
        if (Remembered<KnownPlugin>(PluginCacheFile) is { } known && known.Asked == asked && known.Seen == Seen(known.Path))
        {
            return new InstalledPlugin(known.Path, known.Version);
        }

        var answer = await AskAsync(path, ["plugins", "installed"], pluginFolder, cancellation);
        var found = (answer is { ExitCode: 0 } ? answer.Output : "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (Path: line, Name: PluginName().Match(line)))
            .Where(p => p.Name.Success && Path.GetDirectoryName(p.Path)?.EndsWith(PluginSource, StringComparison.OrdinalIgnoreCase) == true)
            .Select(p => new InstalledPlugin(p.Path, p.Name.Groups[1].Value)).MaxBy(p => Version.Parse(p.Version));
        if (found is not null)
        {
            Remember(PluginCacheFile, new KnownPlugin(asked, Seen(found.Path), found.Path, found.Version));
        }

        return found;
    }

    // In an empty folder: whatever this program turns out to be, it leaves nothing anywhere else.
    private async Task<Finished?> AskAsync(string path, string[] question, string? pluginFolder, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("packer-asked-");
        try
        {
            var environment = new Dictionary<string, string> { ["CHECKPOINT_DISABLE"] = "1", ["PACKER_LOG"] = "", ["PACKER_NO_COLOR"] = "1", ["HOME"] = host.Home };
            foreach (var (name, value) in new[] { ("PACKER_PLUGIN_PATH", pluginFolder ?? host.PluginPath), ("PACKER_CONFIG_DIR", host.ConfigFolder), ("XDG_CONFIG_HOME", host.XdgConfigHome) })
            {
                environment[name] = value ?? "";
            }

            return await ToolHost.RunAsync(path, question, Limit, null, environment, folder.FullName, cancellation);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // What Packer's answer depends on: the plugin, its sum, and whether another one came beside it.
    private static string Seen(string plugin)
    {
        var file = new FileInfo(plugin);
        var sum = new FileInfo(plugin + PluginSearch.SumSuffix);
        return file.Exists && sum.Exists
            ? string.Join('|', file.Length, file.LastWriteTimeUtc.Ticks, sum.LastWriteTimeUtc.Ticks, file.Directory!.LastWriteTimeUtc.Ticks)
            : "gone";
    }

    private static FileInfo Real(string path) => new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(path);

    private static T? Remembered<T>(string file)
        where T : class
    {
        try
        {
            return File.Exists(file) ? JsonConvert.DeserializeObject<T>(File.ReadAllText(file)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Remember(string file, object answer)
    {
        try
        {
            AtomicFile.Write(file, JsonConvert.SerializeObject(answer) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Asked again next time.
        }
    }

    [GeneratedRegex(@"^Packer v(\d{1,4}\.\d{1,4}\.\d{1,4})", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    // A build of somebody's own is called v1.2.5-dev.
    [GeneratedRegex(@"packer-plugin-proxmox_v(\d{1,4}\.\d{1,4}\.\d{1,4})(?:-[A-Za-z0-9.]{1,40})?_x\d+\.\d+_[a-z0-9_]+(?:\.exe)?$")]
    private static partial Regex PluginName();

    private sealed record KnownVersion(string Path, long Size, long Modified, string Version);

    private sealed record KnownPlugin(string Asked, string Seen, string Path, string Version);
}

/// <summary>A plugin's executable and version.</summary>
internal sealed record InstalledPlugin(string Path, string Version);
