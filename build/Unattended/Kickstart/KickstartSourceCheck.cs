using Foundation;

namespace Unattended.Kickstart;

/// <summary>Whether what <c>%packages</c> asks for is where the file says that packages are.</summary>
internal static class KickstartSourceCheck
{
    private static readonly string[] Sources =
        ["url", "repo", "nfs", "liveimg", "ostreesetup", "ostreecontainer", "bootc", "rhsm", "harddrive", "hmc"];

    /// <summary>Environments of RHEL 7 that later releases do not have (comps files of the two).</summary>
    private static readonly string[] GoneEnvironments =
        ["@^minimal", "@^infrastructure-server-environment", "@^compute-node-environment", "@^file-print-server-environment", "@^web-server-environment", "@^developer-workstation-environment", "@^gnome-desktop-environment", "@^kde-desktop-environment"];

    /// <summary>Packages that templates need and that are easily misspelt.</summary>
    private static readonly string[] WellKnown =
        ["qemu-guest-agent", "cloud-init", "openssh-server", "openssh-clients", "cloud-utils-growpart", "NetworkManager", "python3-libselinux", "selinux-policy-targeted"];

    internal static void Check(KickstartFile file, KickstartPackages packages, UnattendedContext context, KickstartRelease release, FindingList findings)
    {
        var network = file.Command(Sources) is not null;
        if (!network && !file.Includes && !packages.IgnoreMissing && packages.Selected.Contains("cloud-init")
            && context.MediumName.Contains("minimal", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error("kickstart-package-missing", packages.LineOf("cloud-init"),
                $"cloud-init is not on {context.MediumName} (a minimal medium has the core packages only) and there is no url or repo: Anaconda stops with \"The following packages are missing\"");
        }

        if (context.MediumName.Contains("-boot", StringComparison.OrdinalIgnoreCase) && !network && !file.Includes)
        {
            findings.Error("kickstart-no-source", 0, $"{context.MediumName} carries no packages and there is no url: Anaconda stops at \"Installation source\"");
        }

        if (packages.IgnoreMissing)
        {
            return;
        }

        foreach (var name in packages.Selected)
        {
            if (release.IsRhelFrom(8) && GoneEnvironments.Contains(name))
            {
                findings.Error("kickstart-package-missing", packages.LineOf(name),
                    $"there is no environment {name} since RHEL 8 ({(name == "@^minimal" ? "@^minimal-environment is meant" : "dnf group list shows those that there are")}): Anaconda stops with \"The following groups are missing\"");
            }
            else if (!WellKnown.Contains(name) && Array.Find(WellKnown, k => k.Length > 8 && NearMiss.Find(name, [k]).Count > 0 && Near(name, k)) is { } meant)
            {
                findings.Error("kickstart-package-missing", packages.LineOf(name), $"there is no package {name}; did you mean {meant}? Anaconda stops with \"The following packages are missing\"");
            }
        }
    }

    // A typing error: the same letters but for one or two that are missing, added or exchanged.
    private static bool Near(string name, string known) =>
        Math.Abs(name.Length - known.Length) <= 1 && name.Zip(known).TakeWhile(p => p.First == p.Second).Count() + name.Reverse().Zip(known.Reverse()).TakeWhile(p => p.First == p.Second).Count() >= known.Length - 2;
}
