using Foundation;

namespace Packer.Tools;

/// <summary>The programs that real machines in the sandbox need. They are looked for only when such machines are asked for.</summary>
public static class MachineTools
{
    /// <summary>What shows that a Debian package is there: a program on the search path, or a file.</summary>
    internal static readonly IReadOnlyList<(string Sign, string Package)> Needed =
    [
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("qemu-img", "qemu-utils"),
        ("xorriso", "xorriso"),
        ("swtpm", "swtpm"),
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf"),
    ];

    /// <summary>Installs what is missing, where that can be done without asking anybody; who needs it says what is still missing.</summary>
    /// <param name="log">Told what is being done.</param>
    /// <param name="host">The machine; this one when null.</param>
    /// <param name="mayInstall">Whether what is missing may be installed.</param>
    /// <param name="cancellation">Stops the installation.</param>
    public static Task EnsureAsync(IRunLog log, ToolHost? host = null, bool mayInstall = true, CancellationToken cancellation = default) =>
        InstallAsync(Needed, "real machines in the sandbox need them", log, host, mayInstall, cancellation);

    /// <summary>Installs packages whose sign is missing.</summary>
    /// <returns>The packages that cannot be installed here.</returns>
    internal static async Task<IReadOnlyList<string>> InstallAsync(
        IReadOnlyList<(string Sign, string Package)> needed, string why, IRunLog log, ToolHost? host, bool mayInstall, CancellationToken cancellation)
    {
        host ??= ToolHost.Current();
        string[] missing = [.. needed.Where(n => !(n.Sign.StartsWith('/') ? File.Exists(n.Sign) : host.Programs(n.Sign).Any())).Select(n => n.Package)];
        var apt = new AptInstaller(host, log);
        if (missing.Length == 0 || !mayInstall || !apt.Available)
        {
            return missing;
        }

        await apt.InstallAsync(missing, why, cancellation);
        return [];
    }
}
