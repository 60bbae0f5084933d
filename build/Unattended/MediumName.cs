using System.Text.RegularExpressions;

namespace Unattended;

/// <summary>What the name tells under which a maker publishes an installation medium.</summary>
/// <param name="OsId">The system's id as <c>/etc/os-release</c> has it, or <c>mswindows</c>.</param>
/// <param name="Vendor">The first word of the name, such as <c>Rocky</c>; for Windows the word that told it.</param>
/// <param name="Version">The version: <c>9.6</c>, <c>24.04.3</c>, <c>12.15.0</c>; the year of Windows Server, the number of a client.</param>
/// <param name="LowLevel">Whether it is AlmaLinux' build for x86-64-v2.</param>
public sealed partial record MediumName(string OsId, string Vendor, string Version, bool LowLevel = false)
{
    /// <summary>The major version number, 0 when it is no number.</summary>
    public int Major => int.TryParse(Version.Split('.')[0], out var major) ? major : 0;

    /// <summary>Whether the name tells the version; if not, <see cref="Version"/> is the likely one.</summary>
    public bool TellsVersion { get; init; } = true;

    /// <summary>The kind of installer on it: <c>subiquity</c>, <c>d-i</c>, <c>anaconda</c> or <c>setup</c>.</summary>
    public string Installer => OsId switch
    {
        "ubuntu" => "subiquity",
        "debian" => "d-i",
        "mswindows" => "setup",
        _ => "anaconda",
    };

    /// <summary>Its boot loader for BIOS: <c>grub</c>, <c>isolinux</c> or <c>bootmgr</c>.</summary>
    public string BiosLoader => OsId switch
    {
        "ubuntu" => "grub",
        "debian" => "isolinux",
        "mswindows" => "bootmgr",
        _ => Major >= 10 ? "grub" : "isolinux",
    };

    /// <summary>The language of a Windows medium as Microsoft's names and addresses have it (<c>…_x64FRE_en-us.iso</c>, <c>culture=de-de</c>), or null.</summary>
    public static string? LanguageIn(string text) => Language().Match(text) is { Success: true } language ? language.Groups["language"].Value : null;

    /// <summary>Recognizes a name; null when it is none that is known.</summary>
    public static MediumName? Recognize(string fileName)
    {
        if (Ubuntu().Match(fileName) is { Success: true } ubuntu)
        {
            return new MediumName("ubuntu", "ubuntu", ubuntu.Groups["version"].Value);
        }

        if (Debian().Match(fileName) is { Success: true } debian)
        {
            return new MediumName("debian", "debian", debian.Groups["version"].Value);
        }

        if (RedHat().Match(fileName) is { Success: true } redHat)
        {
            var vendor = redHat.Groups["vendor"].Value;
            var id = vendor.ToUpperInvariant() switch
            {
                "ROCKY" => "rocky",
                "ALMALINUX" => "almalinux",
                "RHEL" => "rhel",
                _ => "centos",
            };
            var version = redHat.Groups["version"].Value;
            return new MediumName(id, vendor, version, redHat.Groups["low"].Success) { TellsVersion = char.IsAsciiDigit(version[0]) };
        }

        if (WindowsServer().Match(fileName) is { Success: true } windows)
        {
            return new MediumName("mswindows", windows.Value, windows.Groups["year"].Value);
        }

        if (WindowsClient().Match(fileName) is { Success: true } client)
        {
            return new MediumName("mswindows", client.Value, client.Groups["number"].Value);
        }

        // Builds of Windows 11 begin with 22000; the media of both clients are named alike.
        if (WindowsClientEvaluation().Match(fileName) is { Success: true } desktop)
        {
            var build = int.Parse(desktop.Groups["build"].Value, System.Globalization.CultureInfo.InvariantCulture);
            return new MediumName("mswindows", desktop.Value, build >= 22000 ? "11" : "10");
        }

        // Microsoft names its evaluation media without the year; the build number tells it, where there is one.
        if (WindowsEvaluation().Match(fileName) is not { Success: true } evaluation)
        {
            return null;
        }

        var year = WindowsBuilds.FirstOrDefault(b => fileName.StartsWith(b.Build + ".", StringComparison.Ordinal)).Year;
        return new MediumName("mswindows", evaluation.Value, year ?? "2022") { TellsVersion = year is not null };
    }

    // Microsoft's release information of Windows Server.
    private static readonly (string Build, string Year)[] WindowsBuilds = [("14393", "2016"), ("17763", "2019"), ("20348", "2022"), ("26100", "2025")];

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    [GeneratedRegex(@"(_|culture=)(?<language>[a-z]{2}-[a-z]{2})(?=\.iso|&|$)", Options, 1000)]
    private static partial Regex Language();

    [GeneratedRegex(@"^ubuntu-(?<version>\d{2}\.\d{2}(\.\d{1,2})?)-live-server-amd64", Options, 1000)]
    private static partial Regex Ubuntu();

    [GeneratedRegex(@"^debian-(?<version>\d{2}(\.\d{1,2}){0,2})-amd64-(netinst|DVD-1|CD-1|BD-1)", Options, 1000)]
    private static partial Regex Debian();

    [GeneratedRegex(@"^(?<vendor>Rocky|AlmaLinux|rhel|CentOS-Stream)-(?<version>\d{1,2}([.-]\d{1,2})?|latest)(-(latest|update-\d))?(-\d{8}\.\d)?-x86_64(?<low>_v2)?", Options, 1000)]
    private static partial Regex RedHat();

    [GeneratedRegex(@"windows[-_ ]?server[-_ ]?(?<year>20\d{2})", Options, 1000)]
    private static partial Regex WindowsServer();

    [GeneratedRegex(@"^(en[-_]us[-_])?win(dows)?[-_ ]?(?<number>7|8\.1|10|11)(?!\d)", Options, 1000)]
    private static partial Regex WindowsClient();

    [GeneratedRegex(@"^(?<build>\d{5})\.\d+.*CLIENT", Options, 1000)]
    private static partial Regex WindowsClientEvaluation();

    [GeneratedRegex(@"SERVER_EVAL", Options, 1000)]
    private static partial Regex WindowsEvaluation();
}
