using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json;

namespace Packer.Tools;

/// <summary>Finds out whether a file is HashiCorp's Packer, which version it is, and which plugin it would load.</summary>
internal sealed partial class PackerProbe(ToolHost host, string cacheFile)
{
    /// <summary>
    /// The version of a Packer, or null when the file is not HashiCorp's Packer: on Red Hat systems
    /// <c>/usr/sbin/packer</c> is cracklib's, which would make a dictionary out of its arguments and is not run.
    /// The answer is remembered until the file changes.
    /// </summary>
    public async Task<string?> VersionAsync(string path, CancellationToken cancellation)
    {
        var real = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        if (real.Name.Contains("cracklib", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var known = Remembered();
        if (known is not null && known.Path == path && known.Size == real.Length && known.Modified == real.LastWriteTimeUtc.Ticks)
        {
            return known.Version;
        }

        // In an empty folder: whatever this program turns out to be, it leaves nothing anywhere else.
        var folder = Directory.CreateTempSubdirectory("packer-version-");
        try
        {
            var quiet = new Dictionary<string, string> { ["CHECKPOINT_DISABLE"] = "1", ["PACKER_LOG"] = "" };
            var answer = await ToolHost.RunAsync(path, ["version"], TimeSpan.FromSeconds(30), null, quiet, folder.FullName, cancellation);
            var match = VersionLine().Match(answer.Output);
            if (answer.ExitCode != 0 || !match.Success)
            {
                return null;
            }

            var version = match.Groups[1].Value;
            Remember(new Known(path, real.Length, real.LastWriteTimeUtc.Ticks, version));
            return version;
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

    /// <summary>The proxmox plugin of the highest version that is installed for Packer, or null.</summary>
    public InstalledPlugin? Plugin()
    {
        string[] roots = host.PluginPath is { Length: > 0 } given
            ? given.Split(Path.PathSeparator)
            : [Path.Combine(host.Home, ".config", "packer", "plugins"), Path.Combine(host.Home, ".packer.d", "plugins"),
                Path.Combine(host.Home, "AppData", "Roaming", "packer.d", "plugins")];
        return roots.Select(r => Path.Combine(r, "github.com", "hashicorp", "proxmox")).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .Select(f => (Path: f, Name: PluginName().Match(Path.GetFileName(f)))).Where(f => f.Name.Success)
            .Select(f => new InstalledPlugin(f.Path, f.Name.Groups[1].Value)).MaxBy(p => Version.Parse(p.Version));
    }

    private Known? Remembered()
    {
        try
        {
            return File.Exists(cacheFile) ? JsonConvert.DeserializeObject<Known>(File.ReadAllText(cacheFile)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Remember(Known known)
    {
        try
        {
            AtomicFile.Write(cacheFile, JsonConvert.SerializeObject(known) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Asked again next time.
        }
    }

    [GeneratedRegex(@"^Packer v(\d{1,4}\.\d{1,4}\.\d{1,4})", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^packer-plugin-proxmox_v(\d{1,4}\.\d{1,4}\.\d{1,4})_x\d+\.\d+_[a-z0-9_]+(\.exe)?$")]
    private static partial Regex PluginName();

    private sealed record Known(string Path, long Size, long Modified, string Version);
}

/// <summary>A plugin's executable and version.</summary>
internal sealed record InstalledPlugin(string Path, string Version);
