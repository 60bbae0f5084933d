namespace Installer;

/// <summary>The machine's firmware.</summary>
public enum Firmware
{
    /// <summary>BIOS.</summary>
    SeaBios,

    /// <summary>UEFI.</summary>
    Ovmf,
}
