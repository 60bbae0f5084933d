using Installer.Boot;
using Unattended;

namespace Installer.Systems;

/// <summary>
/// Anaconda of RHEL 9 and 10: finds the kickstart file that the boot line names, or <c>ks.cfg</c> on a medium that is
/// labelled <c>OEMDRV</c>, and installs with it.
/// </summary>
internal static class AnacondaInstaller
{
    private const string Waits = "the installer shows its summary and waits for somebody to begin";

    internal static async Task<InstallationOutcome> Run(Machine machine, BootLine line, CancellationToken cancellation)
    {
        if (line.Initrd is null)
        {
            throw new InstallerStop("the boot line loads no initrd: the kernel panics (\"VFS: Unable to mount root fs on unknown-block(0,0)\")");
        }

        if (line.Has("inst.rescue"))
        {
            throw new InstallerStop("the boot line starts the rescue system (inst.rescue): nothing is installed");
        }

        CheckStage2(machine, line);
        machine.NeedMemory(machine.Requirements.MemoryMb, "the installer ends with \"Out of memory\" while it starts");
        var (text, name) = await Kickstart(machine, line, cancellation);
        machine.NeedDisk(8, "the installer stops at \"Installation Destination\": not enough free space on disks");
        return Judgement.Install(machine, UnattendedFormat.Kickstart, text, Judgement.Context(machine, name));
    }

    private static void CheckStage2(Machine machine, BootLine line)
    {
        // Without it dracut takes the installer from the medium from which it was started (dracut/parse-anaconda-repo.sh).
        if ((line.Value("inst.stage2") ?? line.Value("inst.repo")) is not { } stage2)
        {
            return;
        }

        if (stage2.StartsWith("hd:LABEL=", StringComparison.Ordinal)
            && stage2["hd:LABEL=".Length..].Split(':')[0].Replace(@"\x20", " ", StringComparison.Ordinal) is var label
            && machine.DriveLabelled(label) is null)
        {
            throw new InstallerStop($"the boot line looks for the installer on a medium labelled {label}, and there is none: dracut ends in its emergency shell");
        }
    }

    private static async Task<(string Text, string Name)> Kickstart(Machine machine, BootLine line, CancellationToken cancellation)
    {
        if (line.Value("inst.ks") is not { } source)
        {
            if (machine.DriveLabelled("OEMDRV") is { } oem && oem.Text("ks.cfg") is { } automatic)
            {
                machine.Log($"found ks.cfg on {oem.Name} with the label OEMDRV");
                return (automatic, "ks.cfg");
            }

            throw new InstallerStop(line.Value("ks") is { } old
                ? $"ks={old} is ignored since RHEL 9, because the option's name is inst.ks: {Waits}"
                : line.Has("inst.ks")
                    ? $"inst.ks has no value: {Waits}"
                    : $"the boot line ({line}) has no inst.ks, and no medium labelled OEMDRV has a ks.cfg: {Waits}");
        }

        if (source.StartsWith("http:", StringComparison.Ordinal) || source.StartsWith("https:", StringComparison.Ordinal))
        {
            var result = await machine.Fetch(source, cancellation);
            return result.Succeeded
                ? (result.Body, FileName(source))
                : throw new InstallerStop($"Anaconda could not fetch the kickstart file {source}: {Machine.Describe(result)}; it shows \"failed to fetch kickstart\", and {Waits}");
        }

        return FromMedium(machine, source);
    }

    private static (string, string) FromMedium(Machine machine, string source)
    {
        var parts = source.Split(':');
        var path = parts[^1].TrimStart('/');
        path = path.Length == 0 || parts.Length == 1 ? "ks.cfg" : path;
        var drives = parts[0] switch
        {
            "cdrom" => machine.Drives,
            "hd" when parts.Length == 3 && parts[1].StartsWith("LABEL=", StringComparison.Ordinal) =>
                [.. machine.Drives.Where(d => d.Label == parts[1]["LABEL=".Length..].Replace(@"\x20", " ", StringComparison.Ordinal))],
            "hd" when parts.Length == 3 && parts[1].Split('/')[^1] is ['s', 'r', var digit] && char.IsAsciiDigit(digit) && digit - '0' < machine.Drives.Count =>
                [machine.Drives[digit - '0']],
            _ => throw new InstallerStop($"inst.ks={source} is of a form that this machine cannot serve (http://…, hd:LABEL=…:/ks.cfg, cdrom:/ks.cfg): Anaconda finds no kickstart file, and {Waits}"),
        };
        if (drives.Count == 0)
        {
            throw new InstallerStop($"inst.ks={source}: no medium has the label {parts[1]["LABEL=".Length..]}; Anaconda finds no kickstart file, and {Waits}");
        }

        foreach (var drive in drives)
        {
            if (drive.Text(path) is { } text)
            {
                machine.Log($"found {path} on {drive.Name}");
                return (text, FileName(path));
            }
        }

        throw new InstallerStop($"inst.ks={source}: there is no {path} on {string.Join(", ", drives.Select(d => d.Name))}; Anaconda finds no kickstart file, and {Waits}");
    }

    private static string FileName(string path) => path.Split('?')[0].Split('/')[^1] is { Length: > 0 } name ? name : "ks.cfg";
}
