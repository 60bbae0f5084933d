using System.Text.RegularExpressions;
using Foundation;
using Qemu.Arguments;
using Qemu.Disks;

namespace Qemu;

/// <summary>The programs that real machines need, where they are on this machine.</summary>
/// <param name="System">QEMU for x86-64.</param>
/// <param name="Image">Its program for disk images.</param>
/// <param name="IsoMaker">xorriso, for cloud-init drives.</param>
public sealed partial record QemuTools(string System, string Image, string IsoMaker)
{
    /// <summary>Debian's and Ubuntu's packages of them.</summary>
    public static readonly IReadOnlyList<string> Packages = ["qemu-system-x86", "qemu-utils", "ovmf", "swtpm", "xorriso"];

    private static readonly string[] Programs = ["qemu-system-x86_64", "qemu-img", "xorriso", "swtpm"];

    // As Debian, Fedora, Arch, Homebrew and QEMU's own build lay them.
    private static readonly string[][] Firmware =
    [
        ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"],
        ["/usr/share/edk2/ovmf/OVMF_CODE_4M.fd", "/usr/share/edk2/ovmf/OVMF_CODE_4M.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS_4M.fd", "/usr/share/edk2/ovmf/OVMF_VARS_4M.secboot.fd"],
        ["/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"],
        ["/opt/homebrew/share/qemu/edk2-x86_64-code.fd", "/opt/homebrew/share/qemu/edk2-x86_64-secure-code.fd", "/opt/homebrew/share/qemu/edk2-i386-vars.fd", "/opt/homebrew/share/qemu/edk2-i386-vars.fd"],
    ];

    /// <summary>OVMF's files, or null where there are none.</summary>
    public OvmfFiles? Ovmf { get; init; } = Firmware.FirstOrDefault(f => File.Exists(f[0])) is [var code, var secure, var variables, var keys] ? new OvmfFiles(code, secure, variables, keys) : null;

    /// <summary>The software TPM, or null where there is none.</summary>
    public string? Tpm { get; init; } = Find("swtpm");

    /// <summary>Looks for the programs on the <c>PATH</c>.</summary>
    /// <exception cref="FailureException">One is missing; it says which, and what installs it.</exception>
    public static QemuTools Require()
    {
        string Named(string name) => Find(name) ?? throw new FailureException(
            FailureKind.Task, $"Real machines need {name}, which is not installed", null,
            $"Debian, Ubuntu: apt-get install --no-install-recommends {string.Join(' ', Packages)}; or leave out --sandbox-machines=qemu");
        return new QemuTools(Named("qemu-system-x86_64"), Named("qemu-img"), Named("xorriso"));
    }

    /// <summary>Whether everything is there.</summary>
    public static bool ArePresent => Programs.All(n => Find(n) is not null) && Firmware.Any(f => File.Exists(f[0]));

    /// <summary>QEMU's version, such as <c>7.2.22</c>; what it says in other words is said as it is.</summary>
    /// <exception cref="QemuException">It does not run.</exception>
    public async Task<string> VersionAsync(CancellationToken cancellation)
    {
        var said = (await ToolRun.ReadAsync(System, ["--version"], cancellation)).Split('\n')[0].Trim();
        return VersionText().Match(said) is { Success: true } match ? match.Groups[1].Value : said;
    }

    [GeneratedRegex(@"version ([0-9]+(?:\.[0-9]+)+)")]
    private static partial Regex VersionText();

    internal static string? Find(string name)
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe"] : [""];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(@"C:\Program Files\qemu");
        return folders.SelectMany(f => endings.Select(e => Path.Combine(f, name + e))).FirstOrDefault(File.Exists);
    }
}
