using Foundation;

namespace Packer.Tools;

/// <summary>
/// The programs that the tests hold this project to: real clients and real observers. Where they cannot be installed the
/// tests that need them are skipped, and say so.
/// </summary>
public static class TestTools
{
    /// <summary>What shows that a Debian package is there: a program on the search path, or a file.</summary>
    private static readonly (string Sign, string Package)[] Needed =
    [
        ("ssh-keygen", "openssh-client"),
        ("strace", "strace"),
        ("python3", "python3"),
        ("debootstrap", "debootstrap"),
        ("/usr/lib/klibc/bin/ipconfig", "klibc-utils"),
        .. MachineTools.Needed,

        // With these the tests with real machines make their medium.
        ("mmdebstrap", "mmdebstrap"),
        ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"),
        ("/usr/sbin/mke2fs", "e2fsprogs"),
        ("grub-mkrescue", "grub-common"),
        ("/usr/lib/grub/i386-pc/boot.img", "grub-pc-bin"),
        ("/usr/lib/grub/x86_64-efi/moddep.lst", "grub-efi-amd64-bin"),
        ("mcopy", "mtools"),
        ("/usr/lib/python3/dist-packages/proxmoxer/__init__.py", "python3-proxmoxer"),
        ("/usr/lib/python3/dist-packages/requests/__init__.py", "python3-requests"),
    ];

    /// <summary>Installs what is missing, where that can be done without asking anybody.</summary>
    /// <param name="log">Told what is being done.</param>
    /// <param name="host">The machine; this one when null.</param>
    /// <param name="mayInstall">Whether what is missing may be installed; otherwise it is only told.</param>
    /// <param name="cancellation">Stops the installation.</param>
    public static async Task EnsureAsync(IRunLog log, ToolHost? host = null, bool mayInstall = true, CancellationToken cancellation = default)
    {
        if (await MachineTools.InstallAsync(Needed, "tests need them", log, host, mayInstall, cancellation) is { Count: > 0 } missing)
        {
            log.Write("Test", EventLevel.Warning, $"Tests that need {string.Join(", ", missing)} are skipped; {new AptInstaller(host ?? ToolHost.Current(), log).Command([.. missing])} installs what is missing");
        }
    }
}
