using Installer.Media;

namespace Installer.Boot;

/// <summary>The boot menus of the media, with the lines as they are on them.</summary>
internal static class BootMenus
{
    /// <summary>The boot loader of a medium for Linux.</summary>
    internal static IBootConsole For(InstallableSystem system, Firmware firmware) => system.Kind switch
    {
        InstallerKind.Subiquity => Ubuntu(firmware),
        InstallerKind.DebianInstaller => firmware == Firmware.SeaBios ? DebianIsolinux() : DebianGrub(),
        _ => firmware == Firmware.SeaBios && system.Major < 10 ? RedHatIsolinux(system) : RedHatGrub(system),
    };

    private static GrubConsole Ubuntu(Firmware firmware)
    {
        string[] files = ["/casper/vmlinuz", "/casper/initrd", "/casper/hwe-vmlinuz", "/casper/hwe-initrd"];
        List<GrubEntry> entries =
        [
            new("Try or Install Ubuntu Server", ["\tset gfxpayload=keep", "\tlinux\t/casper/vmlinuz  ---", "\tinitrd\t/casper/initrd"]),
            new("Ubuntu Server with the HWE kernel", ["\tset gfxpayload=keep", "\tlinux\t/casper/hwe-vmlinuz  ---", "\tinitrd\t/casper/hwe-initrd"]),
        ];
        if (firmware == Firmware.Ovmf)
        {
            entries.Add(new("Boot from next volume", ["\texit 1"]));
            entries.Add(new("UEFI Firmware Settings", ["\tfwsetup"]));
        }

        return new GrubConsole(entries, 0, files.Contains);
    }

    // The menu has submenus beside these; an entry without a title is there at the prompt only.
    private static IsolinuxConsole DebianIsolinux()
    {
        const string Kernel = "/install.amd/vmlinuz";
        const string Text = "vga=788 initrd=/install.amd/initrd.gz --- quiet";
        return new IsolinuxConsole(
            [
                new("installgui", "Graphical install", Kernel, "vga=788 initrd=/install.amd/gtk/initrd.gz --- quiet"),
                new("install", "Install", Kernel, Text),
                new("expert", "", Kernel, "priority=low vga=788 initrd=/install.amd/initrd.gz ---"),
                new("auto", "", Kernel, "auto=true priority=critical " + Text),
                new("rescue", "", Kernel, "vga=788 initrd=/install.amd/initrd.gz rescue/enable=true --- quiet"),
            ],
            0);
    }

    private static GrubConsole DebianGrub()
    {
        string[] files = ["/install.amd/vmlinuz", "/install.amd/initrd.gz", "/install.amd/gtk/initrd.gz"];
        return new GrubConsole(
            [
                Entry("Graphical install", "gtk/"),
                Entry("Install", ""),
            ],
            0,
            files.Contains);

        static GrubEntry Entry(string title, string folder) => new(
            title,
            ["    set background_color=black", "    linux    /install.amd/vmlinuz vga=788 --- quiet ", $"    initrd   /install.amd/{folder}initrd.gz "]);
    }

    private static IsolinuxConsole RedHatIsolinux(InstallableSystem system) => new(
        [
            new("linux", $"Install {system.ProductName}", "vmlinuz", $"initrd=initrd.img inst.stage2=hd:LABEL={Escaped(system)} quiet"),
            new("check", $"Test this media & install {system.ProductName}", "vmlinuz", $"initrd=initrd.img inst.stage2=hd:LABEL={Escaped(system)} rd.live.check quiet"),
            new("rescue", "Troubleshooting", "vmlinuz", $"initrd=initrd.img inst.stage2=hd:LABEL={Escaped(system)} inst.rescue quiet"),
        ],
        1);

    private static GrubConsole RedHatGrub(InstallableSystem system)
    {
        string[] files = ["/images/pxeboot/vmlinuz", "/images/pxeboot/initrd.img"];
        var suffix = system.Major < 10 ? "efi" : "";
        return new GrubConsole(
            [
                Entry($"Install {system.ProductName}", ""),
                Entry($"Test this media & install {system.ProductName}", "rd.live.check "),
                Entry($"Rescue a {system.ProductName} system", "inst.rescue "),
            ],
            1,
            files.Contains);

        GrubEntry Entry(string title, string argument) => new(
            title,
            [
                $"\tlinux{suffix} /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={Escaped(system)} {argument}quiet",
                $"\tinitrd{suffix} /images/pxeboot/initrd.img",
            ]);
    }

    private static string Escaped(InstallableSystem system) => system.Label.Replace(" ", @"\x20", StringComparison.Ordinal);
}
