using Foundation;

namespace Packer.Tools;

/// <summary>
/// Says why Packer takes no proxmox plugin, when one may be there. It looks in one folder: <c>PACKER_PLUGIN_PATH</c>; else
/// below <c>PACKER_CONFIG_DIR</c>; else <c>~/.packer.d</c> where that is; else below <c>XDG_CONFIG_HOME</c> or
/// <c>~/.config</c>. And it takes only what a file of the same name with <c>_SHA256SUM</c> vouches for.
/// Sources: Packer 1.16, <c>packer/plugin_folders.go</c> and <c>packer/plugin-getter/plugins.go</c>; <c>packer-plugin-sdk</c>,
/// <c>pathing/</c>.
/// </summary>
internal static class PluginSearch
{
    /// <summary>What the name of a plugin's checksum file ends in.</summary>
    public const string SumSuffix = "_SHA256SUM";

    /// <summary>The reason as a clause, or null when there is no plugin anywhere.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="packer">The Packer, for the remedy.</param>
    public static string? WhyNotTaken(ToolHost host, string packer)
    {
        if (host.PluginPath?.Contains(Path.PathSeparator, StringComparison.Ordinal) == true)
        {
            return $"PACKER_PLUGIN_PATH names several folders ({host.PluginPath}), of which Packer takes none: it wants one";
        }

        var folders = Folders(host).ToList();
        foreach (var file in Plugins(folders[0]))
        {
            var sum = file + SumSuffix;
            var install = $"`{packer} plugins install --path {file} github.com/hashicorp/proxmox`";
            if (!File.Exists(sum))
            {
                return $"{file} is there, but its checksum file {Path.GetFileName(sum)} is missing, so Packer does not take it: {install} makes it";
            }

            if (!string.Equals(File.ReadAllText(sum).Trim().Split(' ')[0], FileHash.Sha256(file), StringComparison.OrdinalIgnoreCase))
            {
                return $"{file} is there, but its checksum file {Path.GetFileName(sum)} does not match it, so Packer does not take it: install it again, or with {install} when the file is the right one";
            }

            return $"{file} is there, but Packer does not take it: it may be for another system, or not be the version that its name says";
        }

        return folders.Skip(1).SelectMany(Plugins).FirstOrDefault() is { } elsewhere
            ? $"{elsewhere} is there, but Packer looks in {folders[0]}: `{packer} plugins install --path {elsewhere} github.com/hashicorp/proxmox` puts it there"
            : null;
    }

    /// <summary>The folders where plugins may be, the one that Packer takes first.</summary>
    internal static IEnumerable<string> Folders(ToolHost host)
    {
        var old = Path.Combine(host.Home, OperatingSystem.IsWindows() ? "packer.d" : ".packer.d");
        var standard = Path.Combine(host.XdgConfigHome is { Length: > 0 } xdg ? xdg : Path.Combine(host.Home, ".config"), "packer");
        string?[] all =
        [
            host.PluginPath is { Length: > 0 } given ? given : null,
            host.ConfigFolder is { Length: > 0 } config ? Path.Combine(config, ".packer.d", "plugins") : null,
            Directory.Exists(old) ? Path.Combine(old, "plugins") : null,
            Path.Combine(standard, "plugins"),
            Path.Combine(host.Home, ".config", "packer", "plugins"),
            Path.Combine(old, "plugins"),
        ];
        return all.OfType<string>().Distinct();
    }

    private static IEnumerable<string> Plugins(string folder)
    {
        var source = Path.Combine(folder, PackerProbe.PluginSource);
        return Directory.Exists(source)
            ? Directory.EnumerateFiles(source, "packer-plugin-proxmox_*").Where(f => !f.EndsWith(SumSuffix, StringComparison.Ordinal)).OrderDescending(StringComparer.Ordinal)
            : [];
    }
}
