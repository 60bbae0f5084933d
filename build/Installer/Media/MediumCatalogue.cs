using System.Text.RegularExpressions;
using Unattended;

namespace Installer.Media;

/// <summary>Recognizes installation media by their makers' file names, and images by what they contain.</summary>
internal static partial class MediumCatalogue
{
    private static readonly Dictionary<string, (string Name, Dictionary<int, string> CodeNames)> Families = new()
    {
        ["rocky"] = ("Rocky Linux", new() { [9] = "Blue Onyx", [10] = "Red Quartz" }),
        ["almalinux"] = ("AlmaLinux", new() { [9] = "Sage Margay", [10] = "Purple Lion" }),
        ["rhel"] = ("Red Hat Enterprise Linux", new() { [9] = "Plow", [10] = "Coughlan" }),
        ["centos"] = ("CentOS Stream", new() { [9] = "", [10] = "Coughlan" }),
    };

    /// <summary>The system on a medium of this name; null when the name is none that is known.</summary>
    internal static InstallableSystem? ByFileName(string fileName)
    {
        if (MediumName.Recognize(fileName) is not { } medium)
        {
            return null;
        }

        return medium.OsId switch
        {
            "ubuntu" => UbuntuServer(medium.Version),
            "debian" => Debian(medium.Version),
            "mswindows" => Windows(medium.Version, fileName),
            _ => RedHat(medium.OsId, medium.Version, $"{medium.Vendor}-{medium.Version.Replace('.', '-')}-x86_64-dvd"),
        };
    }

    /// <summary>Whether a name is that of the medium with the VirtIO drivers for Windows.</summary>
    internal static bool IsVirtio(string name) => name.StartsWith("virtio-win", StringComparison.OrdinalIgnoreCase);

    /// <summary>The system that an image installs; null when it is not an installation medium, or none that is known.</summary>
    internal static InstallableSystem? ByContent(Iso9660Image image)
    {
        const int Longest = 64 * 1024;
        if (image.Find(".disk/info") is { } info && image.ReadText(info, Longest) is { } text
            && UbuntuInfo().Match(text) is { Success: true } ubuntu)
        {
            return UbuntuServer(ubuntu.Groups["version"].Value);
        }

        if (image.Find(".disk/info") is { } disk && image.ReadText(disk, Longest) is { } about
            && DebianInfo().Match(about) is { Success: true } debian)
        {
            return Debian(debian.Groups["version"].Value);
        }

        if (image.Find(".treeinfo") is { } tree && image.ReadText(tree, Longest) is { } treeInfo)
        {
            var lines = treeInfo.Split('\n').Select(l => l.Split('=', 2, StringSplitOptions.TrimEntries)).Where(l => l.Length == 2).ToList();
            var family = lines.Find(l => l[0] == "family")?[1] ?? lines.Find(l => l[0] == "name")?[1] ?? "";
            var version = lines.Find(l => l[0] == "version")?[1] ?? "";
            var known = Families.FirstOrDefault(f => family.StartsWith(f.Value.Name, StringComparison.OrdinalIgnoreCase));
            return known.Key is not null && version.Length > 0 ? RedHat(known.Key, version, image.Label) : null;
        }

        return image.Find("sources/boot.wim") is not null || image.Label.StartsWith("SSS_X64", StringComparison.OrdinalIgnoreCase)
            ? Windows("2022", image.Label)
            : ByFileName(image.Label);
    }

    private static InstallableSystem UbuntuServer(string version)
    {
        var parts = version.Split('.');
        var lts = parts.Length >= 2 && parts[1] == "04" && int.TryParse(parts[0], out var year) && year % 2 == 0 ? " LTS" : "";
        return new InstallableSystem(
            InstallerKind.Subiquity, "ubuntu", string.Join('.', parts.Take(2)), $"Ubuntu {version}{lts}", "Ubuntu Server", $"Ubuntu-Server {version}{lts} amd64");
    }

    private static InstallableSystem Debian(string version)
    {
        var major = version.Split('.')[0];
        var name = major switch { "11" => "bullseye", "12" => "bookworm", "13" => "trixie", "14" => "forky", _ => "" };
        return new InstallableSystem(
            InstallerKind.DebianInstaller, "debian", version, $"Debian GNU/Linux {major}{(name.Length > 0 ? $" ({name})" : "")}", $"Debian GNU/Linux {major}", $"Debian {version} amd64 n");
    }

    private static InstallableSystem RedHat(string id, string version, string label)
    {
        var (name, codeNames) = Families[id];
        _ = int.TryParse(version.Split('.')[0], out var major);
        var codeName = codeNames.GetValueOrDefault(major, "");
        return new InstallableSystem(
            InstallerKind.Anaconda, id, version, codeName.Length == 0 ? $"{name} {version}" : $"{name} {version} ({codeName})", $"{name} {version}", label);
    }

    private static InstallableSystem Windows(string year, string name)
    {
        var evaluation = name.Contains("eval", StringComparison.OrdinalIgnoreCase) ? " Evaluation" : "";
        if (year.Length < 4)
        {
            var edition = evaluation.Length > 0 ? "Enterprise" : "Pro";
            return new InstallableSystem(InstallerKind.WindowsSetup, "mswindows", year, $"Windows {year} {edition}{evaluation}", $"Windows {year}", "CCCOMA_X64FRE_EN-US_DV9");
        }

        return new InstallableSystem(
            InstallerKind.WindowsSetup, "mswindows", year, $"Windows Server {year} Standard{evaluation}", $"Windows Server {year}", "SSS_X64FREE_EN-US_DV9");
    }

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    [GeneratedRegex(@"^Ubuntu-Server (?<version>\d{2}\.\d{2}(\.\d{1,2})?)", Options, 1000)]
    private static partial Regex UbuntuInfo();

    [GeneratedRegex(@"^Debian GNU/Linux (?<version>\d{2}(\.\d{1,2}){0,2})", Options, 1000)]
    private static partial Regex DebianInfo();
}
