using Unattended;

namespace Templates;

/// <summary>
/// Whether medium, <c>os_version</c> and what a guest says of itself are one system. A template that was copied for the next
/// release names the old one easily, and everything that is judged by the version is judged wrongly then.
/// </summary>
public static class SystemAgreement
{
    /// <summary>Compares <c>os_version</c> with the medium, as far as the medium's name tells its version.</summary>
    /// <returns>Why they differ, or null.</returns>
    public static string? WithMedium(Template template) =>
        Medium(template) is { TellsVersion: true } medium && template.OsVersion.Length > 0 && !AgreeAsFarAsSaid(template.OsVersion, medium.Version)
            ? $"os_version is {template.OsVersion}, and the medium {template.Iso.File} has {medium.Version}" : null;

    /// <summary>
    /// Compares <c>vars.release</c>, the release from whose package sources Rocky Linux and its relatives are installed.
    /// </summary>
    /// <returns>Why it differs, or null.</returns>
    public static string? OfSources(Template template) =>
        Medium(template) is { TellsVersion: true, Installer: "anaconda" } medium && (string?)template.Vars["release"] is { Length: > 0 } release && !AgreeAsFarAsSaid(release, medium.Version)
            ? $"vars.release is {release}, and the medium {template.Iso.File} has {medium.Version}: packages of another release would be installed" : null;

    /// <summary>
    /// Compares what a guest's agent says. A guest may be newer than its medium within the release, for it brings its packages
    /// up to date: 9.8 for a medium of 9.6, never 10.0, and never 9.5.
    /// </summary>
    /// <param name="template">What was asked for.</param>
    /// <param name="id">The id of <c>/etc/os-release</c>, or <c>mswindows</c>; empty when the agent does not tell.</param>
    /// <param name="version">The version, or the year of Windows Server; empty when the agent does not tell.</param>
    /// <returns>Why it is another system, or null.</returns>
    public static string? WithGuest(Template template, string id, string version)
    {
        var medium = Medium(template);
        var asked = medium?.OsId ?? (template.IsWindows ? "mswindows" : "");
        if (asked.Length > 0 && id.Length > 0 && asked != id)
        {
            return $"the guest is {id}, and the medium {template.Iso.File} has {asked}";
        }

        var wanted = template.OsVersion.Length > 0 ? template.OsVersion : medium is { TellsVersion: true } ? medium.Version : "";
        if (Numbers(wanted) is not { Count: > 0 } first || Numbers(version) is not { Count: > 0 } second)
        {
            return null;
        }

        // Ubuntu counts its releases in years and months; all others have one number before what updates change.
        var release = (medium?.OsId ?? id) == "ubuntu" ? 2 : 1;
        var pairs = first.Zip(second).ToList();
        return pairs.Take(release).All(p => p.First == p.Second) && pairs.SkipWhile(p => p.First == p.Second).Take(1).All(p => p.First < p.Second)
            ? null : $"the guest says that it is version {version}, and {(template.OsVersion.Length > 0 ? "os_version" : $"the medium {template.Iso.File}")} is {wanted}";
    }

    private static MediumName? Medium(Template template) => MediumName.Recognize(template.Iso.File);

    /// <summary>Whether two versions are the same as far as both are said: 24.04 and 24.04.5 are.</summary>
    private static bool AgreeAsFarAsSaid(string one, string other) => Numbers(one).Zip(Numbers(other)).All(p => p.First == p.Second);

    private static List<int> Numbers(string version) =>
        [.. version.Split('.', '-').Select(p => int.TryParse(p, System.Globalization.NumberStyles.None, null, out var number) ? number : -1).TakeWhile(n => n >= 0)];
}
