using Installer.Boot;
using Installer.Media;
using Unattended;

namespace Installer.Systems;

/// <summary>What an installer sees of the machine that it runs on.</summary>
internal sealed class Machine(InstallationRequest request, IReadOnlyList<Drive> drives, Drive bootDrive, Action<string> log)
{
    private const int MiB = 1024 * 1024;

    internal InstallationRequest Request => request;

    internal IReadOnlyList<Drive> Drives => drives;

    internal Drive BootDrive => bootDrive;

    internal InstallableSystem System => bootDrive.System!;

    internal Action<string> Log => log;

    /// <summary>The first drive with a volume of this label, without regard to case.</summary>
    internal Drive? DriveLabelled(string label) => drives.FirstOrDefault(d => d.Label.Equals(label, StringComparison.OrdinalIgnoreCase));

    /// <summary>What the medium's installer needs of a machine.</summary>
    internal SystemRequirements Requirements => SystemRequirements.Of(bootDrive.Name) ?? SystemRequirements.For(System.OsId, System.Major);

    /// <summary>Stops where the system was compiled for a newer processor than the machine has.</summary>
    internal void NeedCpu()
    {
        var needed = Requirements.CpuLevel;
        if (request.CpuType is not { } type || CpuLevel.Of(type) is not { } level || level >= needed)
        {
            return;
        }

        // Packer asks for kvm64 where nothing is said, which Validate refuses; here only the newer step is insisted on.
        Log($"warning: the CPU type {type} is x86-64-v{level}, and {System.PrettyName} is compiled for x86-64-v{needed}");
        if (needed >= 3)
        {
            throw new InstallerStop($"the CPU type {type} is x86-64-v{level}, and {System.PrettyName} is compiled for x86-64-v{needed}: it ends with \"Fatal glibc error: CPU does not support x86-64-v{needed}\"");
        }
    }

    internal void NeedMemory(int megabytes, string symptom)
    {
        if (request.MemoryMb < megabytes)
        {
            throw new InstallerStop($"{request.MemoryMb} MiB of memory are too little for the installer of {System.PrettyName}, which needs {megabytes} MiB: {symptom}");
        }
    }

    internal void NeedDisk(int gibibytes, string symptom)
    {
        if (request.Disks.Count == 0)
        {
            throw new InstallerStop($"the machine has no disk: {symptom}");
        }

        var size = request.Disks[0].SizeBytes;
        if (size < (long)gibibytes * 1024 * MiB)
        {
            throw new InstallerStop($"the disk has {(double)size / 1024 / MiB:0.#} GiB, and {System.PrettyName} needs {gibibytes} GiB: {symptom}");
        }
    }

    /// <summary>Fetches an address over the network as the installer does, with its progress in the log.</summary>
    internal async Task<FetchResult> Fetch(string address, CancellationToken cancellation)
    {
        if (request.NetworkModel is null)
        {
            return new FetchResult(0, "", "the machine has no network card on a bridge");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return new FetchResult(0, "", $"{address} is no HTTP address");
        }

        var result = await (request.Fetch ?? HttpFetcher.Fetch)(uri, cancellation);
        log($"GET {uri}: {Describe(result)}");
        return result;
    }

    internal static string Describe(FetchResult result) => result switch
    {
        { Error: { } error } => error,
        { Status: >= 200 and < 300 } => $"{result.Status}, {result.Body.Length} characters",
        { Status: 404 } => "404 Not Found",
        _ => $"HTTP status {result.Status}",
    };

    internal void LogBoot(BootLine line)
    {
        log($"booting {line}");
        foreach (var remark in line.Remarks)
        {
            log(remark);
        }
    }
}
