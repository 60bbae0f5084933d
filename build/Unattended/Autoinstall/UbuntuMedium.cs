using System.Globalization;
using System.Text.RegularExpressions;

namespace Unattended.Autoinstall;

/// <summary>
/// What is known about the installer on a medium, from <c>ubuntu-media.tsv</c>: subiquity became stricter over the years,
/// and a medium keeps the installer with which it was made (unless <c>refresh-installer</c> updates it).
/// </summary>
/// <param name="Earliest">The earliest date that the installer can be of.</param>
/// <param name="Latest">The latest date.</param>
/// <param name="Sources">What <c>source.id</c> may name; empty when unknown.</param>
internal sealed partial record UbuntuMedium(DateOnly Earliest, DateOnly Latest, IReadOnlyList<string> Sources)
{
    // launchpad.net/bugs/2062988: keys of autoinstall beside it (subiquity d8129193).
    internal static readonly DateOnly MisplacedKeys = new(2024, 3, 19);

    // subiquity 1e0291e5: user-data is validated strictly.
    internal static readonly DateOnly StrictUserData = new(2022, 8, 1);

    // cloud-init cce2e48d: unknown keys at the top of cloud-config.
    internal static readonly DateOnly StrictTopLevel = new(2023, 11, 21);

    // subiquity 30c8fce2: the user's name is checked in a file too.
    internal static readonly DateOnly UserNames = new(2026, 3, 2);

    // subiquity 24.04: a layout that is not known is taken for direct.
    internal static readonly DateOnly AnyLayout = new(2024, 4, 1);

    private static readonly string[] DesktopSources = ["ubuntu-desktop", "ubuntu-desktop-minimal"];

    private static readonly IReadOnlyList<(string Version, DateOnly Date, string[] Sources)> Media =
    [
        .. DataTable.Read("ubuntu-media.tsv").Select(r => (
            r[0], DateOnly.ParseExact(r[1], "yyyy-MM-dd", CultureInfo.InvariantCulture), r[2] == "-" ? [] : r[2].Split(' '))),
    ];

    /// <summary>Whether the installer is surely of that date or later.</summary>
    internal bool IsFrom(DateOnly date) => Earliest >= date;

    /// <summary>Whether the installer is surely older.</summary>
    internal bool IsBefore(DateOnly date) => Latest < date;

    internal static UbuntuMedium Of(UnattendedContext context)
    {
        // The medium's name has the point release; a version without one may be any of them.
        var named = Name().Match(context.MediumName);
        var version = named.Success ? named.Groups["version"].Value : context.VersionId;
        var exact = named.Success || version.Count(c => c == '.') > 1;
        var matching = Media.Where(m => exact ? m.Version == version : m.Version == version || m.Version.StartsWith(version + ".", StringComparison.Ordinal)).ToList();
        return version.Length == 0 || matching.Count == 0
            ? new UbuntuMedium(Major(version) > 26 ? Media[^1].Date : DateOnly.MinValue, DateOnly.MaxValue, [])
            : new UbuntuMedium(
                matching.Min(m => m.Date),
                exact ? matching[0].Date : DateOnly.MaxValue,
                // Only a medium's name tells a server from a desktop.
                named.Success || matching[0].Sources.Length == 0 ? matching[0].Sources : [.. matching[0].Sources, .. DesktopSources]);
    }

    private static int Major(string version) => int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    [GeneratedRegex(@"ubuntu-(?<version>\d{2}\.\d{2}(\.\d{1,2})?)-live-server", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Name();
}
