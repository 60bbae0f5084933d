namespace Unattended;

/// <summary>What is known about the machine and the medium when a file is read. Everything has a harmless default.</summary>
public sealed record UnattendedContext
{
    /// <summary>The file's name, for the findings.</summary>
    public string FileName { get; init; } = "";

    /// <summary>The system's id as <c>/etc/os-release</c> has it (<c>rocky</c>, <c>ubuntu</c>, …) or <c>mswindows</c>; empty when unknown.</summary>
    public string OsId { get; init; } = "";

    /// <summary>The system's version, such as <c>9.6</c>, <c>24.04</c>, <c>2022</c>; empty when unknown.</summary>
    public string VersionId { get; init; } = "";

    /// <summary>The installation medium's file name, such as <c>Rocky-9.6-x86_64-minimal.iso</c>; empty when unknown.</summary>
    public string MediumName { get; init; } = "";

    /// <summary>
    /// The files beside it, by the path at which the installer finds them (<c>meta-data</c>, <c>setup/winrm.ps1</c>),
    /// or null when nothing is known about them.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Siblings { get; init; }

    /// <summary>The kernel's command line, word by word, or null when unknown: it can answer an installer's questions too.</summary>
    public IReadOnlyList<string>? BootArguments { get; init; }

    /// <summary>The size of the first disk in bytes, or null when unknown.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>The bus of the first disk (<c>scsi</c>, <c>virtio</c>, <c>sata</c>, <c>ide</c>), or null when unknown.</summary>
    public string? DiskBus { get; init; }

    /// <summary>Proxmox's <c>scsihw</c>, which decides the driver that a <c>scsi</c> disk needs, or null when unknown.</summary>
    public string? ScsiController { get; init; }

    /// <summary>The model of the network card, or null when unknown.</summary>
    public string? NetworkModel { get; init; }

    /// <summary>Whether the boot command tells the kernel <c>net.ifnames=0</c>, so that the card is called <c>eth0</c>.</summary>
    public bool OldInterfaceNames { get; init; }

    /// <summary>Whether the firmware is UEFI, or null when unknown.</summary>
    public bool? Uefi { get; init; }

    /// <summary>Whether the VirtIO drivers' medium is attached, or null when unknown.</summary>
    public bool? VirtioMedium { get; init; }

    /// <summary>The letter of the drive with the VirtIO drivers, or null when unknown.</summary>
    public char? VirtioDrive { get; init; }

    /// <summary>The number of drives with a medium, or null when unknown. Windows gives them the letters from D: on.</summary>
    public int? Drives { get; init; }

    /// <summary>The letter of the drive with the answer file, or null when unknown.</summary>
    public char? AnswerDrive { get; init; }

    /// <summary>The language of the installation medium, such as <c>en-US</c>, or null when unknown.</summary>
    public string? MediumLanguage { get; init; }

    /// <summary>The major version number, 0 when unknown.</summary>
    internal int Major =>
        int.TryParse(VersionId.Split('.')[0], System.Globalization.NumberStyles.None, null, out var major) ? major : 0;
}
