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
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("qemu-img", "qemu-utils"),
        ("swtpm", "swtpm"),
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf"),
        ("/usr/lib/python3/dist-packages/proxmoxer/__init__.py", "python3-proxmoxer"),
    ];

    /// <summary>Installs what is missing, where that can be done without asking anybody.</summary>
    /// <param name="log">Told what is being done.</param>
    /// <param name="host">The machine; this one when null.</param>
    /// <param name="cancellation">Stops the installation.</param>
    public static async Task EnsureAsync(IRunLog log, ToolHost? host = null, CancellationToken cancellation = default)
    {
        host ??= ToolHost.Current();
        var apt = new AptInstaller(host, log);
        string[] missing = [.. Needed.Where(n => !(n.Sign.StartsWith('/') ? File.Exists(n.Sign) : host.Programs(n.Sign).Any())).Select(n => n.Package)];
        if (missing.Length > 0 && apt.Available)
        {
            await apt.InstallAsync(missing, cancellation);
        }
        else if (missing.Length > 0)
        {
            log.Write("Test", EventLevel.Warning, $"Tests that need {string.Join(", ", missing)} are skipped");
        }
    }
}
