namespace Installer.Boot;

/// <summary>The prompt of the Windows medium's UEFI loader.</summary>
internal sealed class WindowsPrompt : IBootConsole
{
    public string Screen => "Press any key to boot from CD or DVD......";

    public BootLine? Press(KeyPress key) => Default();

    public BootLine Default() => new("bootmgfw.efi", null, [], []);
}
