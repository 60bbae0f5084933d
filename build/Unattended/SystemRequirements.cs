namespace Unattended;

/// <summary>
/// What a system's installer needs of a machine, as its maker documents it: Ubuntu Server's system requirements, Debian's
/// installation guide, osinfo-db for EL 9, Rocky Linux' documentation for EL 10, Microsoft's hardware requirements.
/// </summary>
/// <param name="MemoryMb">The least memory in MiB with which the installer runs.</param>
/// <param name="DiskGb">The least disk in GiB.</param>
/// <param name="CpuLevel">The x86-64 level (1 to 4) that the system was compiled for.</param>
public sealed record SystemRequirements(int MemoryMb, int DiskGb, int CpuLevel)
{
    /// <summary>The requirements of a system.</summary>
    /// <param name="osId">Its id as <c>/etc/os-release</c> has it, or <c>mswindows</c>.</param>
    /// <param name="major">The major version; the year of Windows Server, the number of a client.</param>
    public static SystemRequirements For(string osId, int major) => osId switch
    {
        "ubuntu" => new(1536, 5, 1),
        "debian" => new(780, 4, 1),
        "rocky" or "almalinux" or "rhel" or "centos" => major >= 10 ? new(2048, 8, 3) : new(1536, 8, 2),
        "mswindows" => new(2048, 20, major is >= 2025 or 11 ? 2 : 1),
        _ => new(1024, 5, 1),
    };

    /// <summary>The requirements of a medium, by the name under which its maker publishes it; null when it is not known.</summary>
    public static SystemRequirements? Of(string fileName)
    {
        if (MediumName.Recognize(fileName) is not { } medium)
        {
            return null;
        }

        var requirements = For(medium.OsId, medium.Major);
        return medium.LowLevel ? requirements with { CpuLevel = 2 } : requirements;
    }
}
