using System.IO.Compression;
using System.Runtime.InteropServices;
using Foundation;

namespace Packer.Tools;

/// <summary>
/// HashiCorp's own release of Packer, pinned to one version and its published SHA-256 sums, for systems that do not
/// package Packer. Source of the sums: the release's <c>packer_1.11.2_SHA256SUMS</c>.
/// </summary>
internal static class PackerRelease
{
    /// <summary>The pinned version.</summary>
    public const string Version = "1.11.2";

    /// <summary>The pinned version of the proxmox plugin; Packer checks it against its release's own sums.</summary>
    public const string PluginVersion = "1.2.2";

    private static readonly Dictionary<string, string> Sums = new()
    {
        ["linux_amd64"] = "ced13efc257d0255932d14b8ae8f38863265133739a007c430cae106afcfc45a",
        ["linux_arm64"] = "dd296d743dd4593304307583cff5290bba9b868fc2b0b605b64566f8141ca728",
        ["darwin_amd64"] = "107c4334b136ffb5b884bac87f2ef6620f15df7d1d0a646db20b8054f9c607fe",
        ["darwin_arm64"] = "b89f4944cca27839922a397248b94fc20d92acf15933bb36d58eb6d1283dc254",
    };

    /// <summary>The release's name for this system, such as <c>linux_amd64</c>; null where none is pinned.</summary>
    public static string? Platform
    {
        get
        {
            var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "other";
            var machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
            return Sums.ContainsKey($"{system}_{machine}") ? $"{system}_{machine}" : null;
        }
    }

    /// <summary>Downloads the release, checks its sum and unpacks the program.</summary>
    /// <returns>The program's path.</returns>
    public static async Task<string> InstallAsync(string tools, HttpClient http, IRunLog log, CancellationToken cancellation)
    {
        var platform = Platform ?? throw new PlatformNotSupportedException();
        var address = new Uri($"https://releases.hashicorp.com/packer/{Version}/packer_{Version}_{platform}.zip");
        var program = Path.Combine(tools, $"packer-{Version}", "packer");
        var archive = Path.Combine(tools, $".packer-{Guid.NewGuid():N}.zip");
        Directory.CreateDirectory(tools);
        log.Write("Tools", EventLevel.Info, $"Downloading Packer {Version} from {address}");
        try
        {
            await using (var file = File.Create(archive))
            await using (var body = await http.GetStreamAsync(address, cancellation))
            {
                await body.CopyToAsync(file, cancellation);
            }

            var sum = FileHash.Sha256(archive);
            if (sum != Sums[platform])
            {
                throw new FailureException(
                    FailureKind.Task, "Packer was not installed", $"the download from {address} has the SHA-256 {sum} instead of {Sums[platform]}",
                    "Install Packer by hand, or find out who changes downloads on this network");
            }

            Unpack(archive, program);
            return program;
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private static void Unpack(string archive, string program)
    {
        using var zip = ZipFile.OpenRead(archive);
        var entry = zip.GetEntry("packer")
            ?? throw new FailureException(FailureKind.Task, "Packer was not installed", "the archive has no file packer");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        var beside = program + "." + Guid.NewGuid().ToString("N");
        entry.ExtractToFile(beside);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(beside, (UnixFileMode)0b111_101_101);
        }

        File.Move(beside, program, overwrite: true);
    }
}
