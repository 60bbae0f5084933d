namespace Unattended.Kickstart;

/// <summary>Where the installation would wait for somebody: at a question, or at its end.</summary>
internal static class KickstartEndCheck
{
    private static readonly string[] Ends = ["reboot", "poweroff", "shutdown", "halt"];

    private static readonly string[] Partitioning =
        ["autopart", "part", "partition", "logvol", "mount", "volgroup", "raid", "btrfs", "ostreesetup"];

    internal static void Check(KickstartFile file, KickstartRelease release, FindingList findings)
    {
        var end = file.Command(Ends);
        if (end is null && !file.Includes)
        {
            // Anaconda's ui/tui/spokes/installation_progress.py: without reboot or shutdown it shows "Press ENTER to quit".
            findings.Error("kickstart-no-reboot", 0, "no reboot: when the installation is complete, Anaconda waits for somebody to press Enter");
        }
        else if (end is { Name: not "reboot" })
        {
            findings.Warn("kickstart-no-reboot", end.Line, $"{end.Name} switches the machine off after the installation: nothing starts the new system");
        }

        if (file.Command("rescue") is { } rescue)
        {
            findings.Error("kickstart-rescue", rescue.Line, "rescue starts rescue mode: nothing is installed");
        }

        if (file.Command("graphical", "text", "cmdline", "vnc", "rdp") is { Name: "vnc" or "rdp" } remote)
        {
            findings.Warn("kickstart-remote", remote.Line, $"{remote.Name}: Anaconda waits for somebody to look at the installation from elsewhere when something is missing");
        }

        // Anaconda has a default (modules/timezone/timezone.py), so that it goes on.
        if (!file.Includes && file.Command("timezone") is null)
        {
            findings.Warn("kickstart-default", 0, "no timezone: Anaconda takes America/New_York");
        }

        if (!file.Includes && !HasSoftware(file) && !AsksForSoftware(release))
        {
            findings.Warn("kickstart-default", 0, "no %packages section: Anaconda installs its default environment, without what a template needs");
        }
    }

    /// <summary>The mandatory screens of Anaconda's text mode that the file leaves open.</summary>
    internal static IEnumerable<(string What, string Why)> Questions(KickstartFile file, KickstartRelease release)
    {
        if (file.Command(Partitioning) is null)
        {
            yield return ("Installation Destination", "no partitioning (autopart, part)");
        }

        if (AsksForSoftware(release) && !HasSoftware(file))
        {
            yield return ("Software selection", "no %packages section");
        }
    }

    private static bool HasSoftware(KickstartFile file) =>
        file.Sections.Any(s => s.Header.Name == "%packages") || file.Command("liveimg", "ostreesetup", "ostreecontainer", "bootc") is not null;

    // ui/tui/spokes/software_selection.py: up to RHEL 9 the screen is complete with a %packages section only.
    private static bool AsksForSoftware(KickstartRelease release) => release.IsRhelFrom(7) && !release.IsRhelFrom(10);
}
