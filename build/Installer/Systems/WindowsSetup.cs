using Unattended;

namespace Installer.Systems;

/// <summary>Windows Setup: looks for <c>Autounattend.xml</c> at the roots of the removable media and installs with it.</summary>
internal static class WindowsSetup
{
    private const string AnswerFile = "Autounattend.xml";

    internal static InstallationOutcome Run(Machine machine)
    {
        machine.NeedMemory(machine.Requirements.MemoryMb, "Windows PE stops with the boot error 0xc0000017");
        foreach (var drive in machine.Drives)
        {
            machine.Log($"drive {drive.Letter}: is {drive.Name} ({drive.Label})");
        }

        var found = machine.Drives.Where(d => d.Text(AnswerFile) is not null).ToList();
        if (found.Count == 0)
        {
            throw new InstallerStop($"Windows Setup finds no {AnswerFile} at the root of {string.Join(", ", machine.Drives.Select(d => $"{d.Letter}: ({d.Name})"))}: it shows its first page and waits");
        }

        machine.NeedDisk(20, "Setup stops at \"Where do you want to install Windows?\"");
        machine.Log($"found {AnswerFile} on {found[0].Letter}:");
        return Judgement.Install(
            machine,
            UnattendedFormat.Unattend,
            found[0].Text(AnswerFile)!,
            Judgement.Context(machine, AnswerFile) with { Siblings = found[0].Texts(), AnswerDrive = found[0].Letter });
    }
}
