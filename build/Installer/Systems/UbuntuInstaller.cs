using Installer.Boot;
using Installer.Media;
using Unattended;

namespace Installer.Systems;

/// <summary>
/// Ubuntu's live session: cloud-init looks for a NoCloud seed, and subiquity installs with what it finds in it
/// (cloud-init's documentation of the NoCloud data source; Ubuntu's introduction to autoinstall).
/// </summary>
internal static class UbuntuInstaller
{
    private const string Waits = "the installer shows its first question and waits";

    /// <param name="machine">The machine.</param>
    /// <param name="line">What the boot loader starts.</param>
    /// <param name="confirmed">Completes with whether somebody types <c>yes</c> when subiquity asks.</param>
    /// <param name="cancellation">Cancels when the machine is switched off.</param>
    internal static async Task<InstallationOutcome> Run(
        Machine machine, BootLine line, Func<Task<bool>> confirmed, CancellationToken cancellation)
    {
        if (line.Initrd is null)
        {
            throw new InstallerStop("the boot line loads no initrd: the kernel panics (\"VFS: Unable to mount root fs on unknown-block(0,0)\")");
        }

        machine.NeedMemory(machine.Requirements.MemoryMb, "the live session ends with \"Out of memory\"");
        var (userData, context) = await Seed(machine, line, cancellation);
        if (!line.Has("autoinstall"))
        {
            machine.Log("Continue with autoinstall? (yes|no)");
            if (!await confirmed())
            {
                throw new InstallerStop("autoinstall is not on the kernel's command line: the installer asks \"Continue with autoinstall? (yes|no)\" and waits; add autoinstall to the boot command");
            }
        }

        machine.NeedDisk(5, "the installer stops because no disk is large enough");
        return Judgement.Install(machine, UnattendedFormat.Autoinstall, userData, context);
    }

    private static async Task<(string UserData, UnattendedContext Context)> Seed(Machine machine, BootLine line, CancellationToken cancellation)
    {
        var remark = line.Remarks.Count > 0 ? "; " + string.Join("; ", line.Remarks) : "";
        if (SeedAddress(line) is { } address)
        {
            if (address.StartsWith("http", StringComparison.Ordinal))
            {
                return await FromHttp(machine, address, cancellation);
            }

            machine.Log($"the seed {address} is no HTTP address");
        }

        if (machine.DriveLabelled("cidata") is { } drive)
        {
            return FromDrive(machine, drive);
        }

        var source = line.Value("ds");
        throw new InstallerStop(source is null
            ? $"the kernel's command line ({string.Join(' ', line.Arguments)}) names no seed (ds=nocloud;s=http://…/), and no medium is labelled cidata: {Waits}{remark}"
            : $"the kernel's command line has ds={source} without the seed's address (;s=http://…/), and no medium is labelled cidata: {Waits}{remark}");
    }

    /// <summary>The address in <c>ds=nocloud;s=…</c>; null when there is none.</summary>
    private static string? SeedAddress(BootLine line)
    {
        var parts = (line.Value("ds") ?? "").Split(';');
        return parts[0] is "nocloud" or "nocloud-net"
            ? parts.Skip(1).Select(p => p.Split('=', 2)).LastOrDefault(p => p.Length == 2 && p[0] is "s" or "seedfrom")?[1]
            : null;
    }

    private static async Task<(string, UnattendedContext)> FromHttp(Machine machine, string address, CancellationToken cancellation)
    {
        // cloud-init appends the file's name as it is; only from 24.1 on (24.04) it adds a missing slash.
        var seed = address.EndsWith('/') || machine.System.Major < 24 ? address : address + "/";
        var siblings = new Dictionary<string, string>();
        foreach (var file in new[] { "meta-data", "user-data", "vendor-data" })
        {
            var result = await machine.Fetch(seed + file, cancellation);
            if (result.Succeeded)
            {
                siblings[file] = result.Body;
            }
            else if (file != "vendor-data")
            {
                var slash = address.EndsWith('/') ? "" : " (the seed's address has to end with a slash)";
                throw new InstallerStop($"cloud-init could not fetch {seed}{file}: {Machine.Describe(result)}{slash}; it ignores the seed, and {Waits}");
            }
        }

        return (siblings["user-data"], Judgement.Context(machine, "user-data") with { Siblings = siblings });
    }

    private static (string, UnattendedContext) FromDrive(Machine machine, Drive drive)
    {
        machine.Log($"found {drive.Name} with the label {drive.Label}");
        var siblings = drive.Texts();
        foreach (var file in new[] { "user-data", "meta-data" })
        {
            if (!siblings.ContainsKey(file))
            {
                throw new InstallerStop($"the medium {drive.Name} is labelled {drive.Label} but has no {file}: cloud-init ignores it, and {Waits}");
            }
        }

        return (siblings["user-data"], Judgement.Context(machine, "user-data") with { Siblings = siblings });
    }
}
