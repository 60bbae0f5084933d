using Installer.Boot;
using Unattended;
using Unattended.Preseed;

namespace Installer.Systems;

/// <summary>
/// The Debian installer (d-i): asks what it cannot wait with, configures the network, fetches the preconfiguration file
/// that the boot line names, and installs with it.
/// </summary>
internal static class DebianInstaller
{
    private const string Waits = "the installer stops at its next question and waits";

    internal static async Task<InstallationOutcome> Run(Machine machine, BootLine line, CancellationToken cancellation)
    {
        if (line.Initrd is null)
        {
            throw new InstallerStop("the boot line loads no initrd: the kernel panics (\"VFS: Unable to mount root fs on unknown-block(0,0)\")");
        }

        if (line.Has("rescue/enable=true"))
        {
            throw new InstallerStop("the boot line starts the rescue system (rescue/enable=true): nothing is installed");
        }

        machine.NeedMemory(machine.Requirements.MemoryMb, "the installer ends in its low memory mode, which asks");
        var boot = PreseedBoot.Read(line.Arguments);
        if (boot.Url is null && boot.File is null && boot.Auto)
        {
            throw new InstallerStop($"the boot line ({line}) has auto=true but names no file (url=http://…/preseed.cfg): the installer asks for its location and waits");
        }

        if (boot.File is { } file)
        {
            var text = FromMedium(machine, file);
            return Install(machine, line, text, file[(file.LastIndexOf('/') + 1)..]);
        }

        foreach (var (title, remedy) in boot.QuestionsBeforeTheNetwork())
        {
            var url = boot.Url is null ? "" : "; the file from the network comes after it";
            throw new InstallerStop($"the installer stops at \"{title}\" and waits for somebody to answer{url}: add {remedy} to the boot line ({line})");
        }

        if (boot.Url is not { } address)
        {
            throw new InstallerStop($"the boot line ({line}) names no preconfiguration file (auto=true url=http://…/preseed.cfg): {Waits}");
        }

        var result = await machine.Fetch(address, cancellation);
        return result.Succeeded
            ? Install(machine, line, result.Body, address.Split('?')[0].Split('/')[^1])
            : throw new InstallerStop($"the installer could not fetch the preconfiguration file {address}: {Machine.Describe(result)}; it shows \"Failed to retrieve the preconfiguration file\" and waits");
    }

    private static InstallationOutcome Install(Machine machine, BootLine line, string text, string name)
    {
        machine.NeedDisk(3, "partman shows \"No root file system\" and waits");
        return Judgement.Install(machine, UnattendedFormat.Preseed, text, Judgement.Context(machine, name) with { BootArguments = line.Arguments });
    }

    // Only the medium that it was started from is mounted.
    private static string FromMedium(Machine machine, string file)
    {
        const string Mount = "/cdrom/";
        return file.StartsWith(Mount, StringComparison.Ordinal) && machine.BootDrive.Text(file[Mount.Length..]) is { } text
            ? text
            : throw new InstallerStop($"preseed/file={file}: there is no such file in the installer (/cdrom is {machine.BootDrive.Name}); it shows \"Failed to retrieve the preconfiguration file\" and waits");
    }
}
