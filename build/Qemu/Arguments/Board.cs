namespace Qemu.Arguments;

/// <summary>The mainboard: its type, clock, buses, and what names the VM.</summary>
internal static class Board
{
    public static readonly string[] Keys = ["machine", "name", "acpi", "localtime", "tablet", "kvm", "arch", "smbios1", "vmgenid"];

    // The parts of smbios1 that are text for people; with base64=1 they are encoded.
    private static readonly string[] Labels = ["manufacturer", "product", "version", "serial", "sku", "family"];

    public static void Write(Writer to)
    {
        if (to["arch"] is { } arch and not "x86_64")
        {
            throw new QemuException($"'arch' {arch} is nothing that the sandbox does with real machines");
        }

        to.Add("-name", new OptionText().Add("guest", to["name"] ?? $"vm{to.Machine.Id}"));
        to.Add("-nodefaults");
        to.Add("-no-user-config");
        to.Add("-machine", Type(to));
        to.Add("-accel", to.Host.Accelerator.IsEmulation ? $"tcg,thread={(to.Host.Accelerator.OneThread ? "single" : "multi")}" : to.Host.Accelerator.Name);
        to.Add("-boot", "menu=on,strict=on,reboot-timeout=1000");
        to.Add("-rtc", to["localtime"] == "1" ? "base=localtime" : "base=utc");
        to.Add("-chardev", new OptionText("socket").Add("id", "qmp").Add("path", to.Host.Socket("qmp")).Add("server", "on").Add("wait", "off"));
        to.Add("-mon", "chardev=qmp,mode=control");
        foreach (var state in new[] { "disable_s3", "disable_s4" })
        {
            to.Add("-global", $"{(to.IsQ35 ? "ICH9-LPC" : "PIIX4_PM")}.{state}=1");
        }

        WriteIdentity(to);
        WriteBuses(to);
        if (to["tablet"] != "0")
        {
            to.Add("-device", $"usb-tablet,id=tablet,bus={(to.IsQ35 ? "ehci" : "uhci")}.0,port=1");
        }
    }

    // A pinned version belongs to the server's QEMU, and a guest here never moves to another one: the newest of the kind is taken.
    private static OptionText Type(Writer to)
    {
        var board = PropertyList.Parse(to["machine"] ?? "pc", "type");
        if (board.Names.FirstOrDefault(n => n is not ("type" or "enable-s3" or "enable-s4")) is { } other)
        {
            throw new QemuException($"'{other}' of 'machine' is nothing that the sandbox does with real machines");
        }

        var type = new OptionText(to.IsQ35 ? "q35" : "pc").Add("hpet", "off");
        if (to["acpi"] == "0")
        {
            type.Add("acpi", "off");
        }

        if (FirmwareFiles.IsUsed(to))
        {
            type.Add("pflash0", "pflash0").Add("pflash1", "pflash1").Add("smm", FirmwareFiles.IsSecure(to) ? "on" : null);
        }

        return type;
    }

    private static void WriteIdentity(Writer to)
    {
        if (to["smbios1"] is { } smbios)
        {
            var parts = PropertyList.Parse(smbios, "uuid");
            var option = new OptionText("type=1").Add("uuid", parts["uuid"]);
            foreach (var label in Labels)
            {
                option.Add(label, parts.IsOn("base64") && parts[label] is { } encoded ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) : parts[label]);
            }

            to.Add("-smbios", option);
        }

        if (to["vmgenid"] is { } generation and not "0")
        {
            to.Add("-device", new OptionText("vmgenid").Add("guid", generation));
        }
    }

    private static void WriteBuses(Writer to)
    {
        if (to.IsQ35)
        {
            // What the real server reads from pve-q35-4.0.cfg: USB 2 with its companions, and the old bus behind two bridges.
            to.Add("-device", "ich9-usb-ehci1,id=ehci,bus=pcie.0,addr=0x1d.0x7,multifunction=on");
            foreach (var (number, port) in new[] { (1, 0), (2, 2), (3, 4) })
            {
                to.Add("-device", $"ich9-usb-uhci{number},id=uhci-{number},bus=pcie.0,addr=0x1d.0x{number - 1},multifunction=on,masterbus=ehci.0,firstport={port}");
            }

            to.Add("-device", "i82801b11-bridge,id=pcidmi,bus=pcie.0,addr=0x1e");
            foreach (var bus in new[] { 0, 1, 2 })
            {
                to.Add("-device", $"pci-bridge,id=pci.{bus},chassis_nr={bus + 1},bus=pcidmi,addr=0x{bus + 1}");
            }
        }
        else
        {
            to.Add("-device", "pci-bridge,id=pci.1,chassis_nr=1,bus=pci.0,addr=0x1e");
            to.Add("-device", "pci-bridge,id=pci.2,chassis_nr=2,bus=pci.0,addr=0x1f");
            to.Add("-device", "piix3-usb-uhci,id=uhci,bus=pci.0,addr=0x1.0x2");
        }
    }
}
