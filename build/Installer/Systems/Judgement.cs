using Guest;
using Installer.Media;
using Unattended;

namespace Installer.Systems;

/// <summary>Turns what an unattended file leads to into the installed system, or into the reason why there is none.</summary>
internal static class Judgement
{
    private static readonly string[] Logins = ["an SSH key", "a password"];

    /// <summary>Reads the file and installs.</summary>
    /// <exception cref="InstallerStop">The installer refuses the file or stops to ask.</exception>
    internal static InstallationOutcome Install(Machine machine, UnattendedFormat format, string text, UnattendedContext context)
    {
        if (!machine.Request.ReadsAnswers)
        {
            return new InstallationOutcome { AnswerFile = context.FileName };
        }

        var reading = UnattendedFile.Read(format, text, context);
        foreach (var finding in reading.Findings)
        {
            machine.Log($"{(finding.IsError ? "error" : "warning")}: {finding}");
        }

        var stops = reading.Errors.Where(e => !e.AfterInstallation).ToList();
        if (reading.Plan is not { } plan || stops.Count > 0)
        {
            var more = stops.Count > 1 ? $" (and {stops.Count - 1} more)" : "";
            throw new InstallerStop(stops.Count == 0 ? $"{context.FileName} cannot be used" : stops[0] + more);
        }

        var guest = Build(plan, machine.System, machine.BootDrive);
        machine.Log($"installed {guest.PrettyName} as {guest.HostName}");
        return new InstallationOutcome
        {
            Guest = guest,
            AnswerFile = context.FileName,
            Doubts = [.. reading.Errors.Select(e => e.ToString()), .. Doubts(plan, guest)],
        };
    }

    /// <summary>What of the machine decides whether a file can be used.</summary>
    internal static UnattendedContext Context(Machine machine, string fileName) => new()
    {
        FileName = fileName,
        OsId = machine.System.OsId,
        VersionId = machine.System.VersionId,
        MediumName = machine.BootDrive.Name,
        DiskBytes = machine.Request.Disks.Count > 0 ? machine.Request.Disks[0].SizeBytes : null,
        DiskBus = machine.Request.Disks.Count > 0 ? machine.Request.Disks[0].Bus : null,
        ScsiController = machine.Request.Disks.Count > 0 ? machine.Request.Disks[0].ScsiController ?? "lsi" : null,
        NetworkModel = machine.Request.NetworkModel,
        Uefi = machine.Request.Firmware == Firmware.Ovmf,
        VirtioMedium = machine.Drives.Any(d => d.IsVirtio),
        VirtioDrive = machine.Drives.FirstOrDefault(d => d.IsVirtio)?.Letter,
        Drives = machine.Drives.Count,
        MediumLanguage = MediumName.LanguageIn(machine.BootDrive.Name),
    };

    private static GuestSystem Build(UnattendedPlan plan, InstallableSystem system, Drive medium)
    {
        var windows = system.Kind == InstallerKind.WindowsSetup;
        return new GuestSystem
        {
            OsId = system.OsId,
            PrettyName = system.PrettyName,
            VersionId = system.VersionId,
            HostName = plan.HostName ?? (windows ? "WIN-TEMPLATE" : system.Kind switch { InstallerKind.Subiquity => "ubuntu", InstallerKind.DebianInstaller => "debian", _ => "localhost" }),
            IsWindows = windows,
            GuestAgent = plan.GuestAgent,
            CloudInit = plan.CloudInit,
            Ssh = plan.Ssh,
            WinRm = plan.WinRm is { } winRm ? new WinRmListener(winRm.Https, winRm.Basic, winRm.AllowUnencrypted) : null,
            Accounts =
            [
                .. plan.Accounts
                    .Select(a => new GuestAccount
                    {
                        Name = a.Name,
                        // The only way in is the network, so that a password that sshd does not admit is none.
                        Password = a.HasPassword && (windows || (plan.SshPasswords && a.Name != "root")) ? a.Password : null,
                        AuthorizedKeys = a.AuthorizedKeys,
                        Administrator = a.Administrator,
                    })
                    .Where(a => a.Password is not null || a.AuthorizedKeys.Count > 0),
            ],
        };
    }

    private static IEnumerable<string> Doubts(UnattendedPlan plan, GuestSystem guest)
    {
        if (!plan.GuestAgent)
        {
            yield return "the guest agent is not installed, so that Packer will never learn the address";
        }

        if (!plan.Reboots)
        {
            yield return "the machine is switched off at the end of the installation, so that nothing starts the new system";
        }

        if (!guest.Ssh && guest.WinRm is null)
        {
            yield return guest.IsWindows ? "neither WinRM nor SSH can be reached" : "SSH cannot be reached";
        }

        if (!plan.Accounts.Any(a => a.HasPassword || a.AuthorizedKeys.Count > 0))
        {
            yield return $"no account has {string.Join(" or ", Logins)}";
        }

        if (guest is { IsWindows: true, Ssh: false, WinRm: { Basic: false } })
        {
            yield return "WinRM does not admit basic authentication, so that Packer's login will be refused";
        }
        else if (guest is { IsWindows: true, Ssh: false, WinRm: { Https: false, AllowUnencrypted: false } })
        {
            yield return "WinRM over HTTP refuses messages without encryption, so that Packer's login will be refused";
        }
    }
}
