namespace Qemu.Arguments;

/// <summary>The screen, which only who knows a password sees, and only through a socket.</summary>
internal static class Display
{
    public static readonly string[] Keys = ["vga"];

    public static void Write(Writer to)
    {
        var vga = PropertyList.Parse(to["vga"] ?? "std", "type");
        var device = vga["type"] switch
        {
            null or "std" => "VGA",
            "cirrus" => "cirrus-vga",
            "vmware" => "vmware-svga",
            "virtio" => "virtio-vga",
            "qxl" => "qxl-vga",
            "none" or "serial0" or "serial1" or "serial2" or "serial3" => null,
            var other => throw new QemuException($"the display '{other}' is nothing that the sandbox does with real machines"),
        };
        to.Add("-display", "none");
        if (device is null)
        {
            return;
        }

        to.Add("-vnc", new OptionText("unix:" + to.Host.Socket("vnc")).Add("password", "on"));
        var option = new OptionText(device).Add("id", "vga");
        option = to.IsQ35 ? option.Add("bus", "pcie.0").Add("addr", "0x1") : option.At("vga");
        to.Add("-device", device == "virtio-vga" ? option : option.Add("vgamem_mb", vga["memory"]));
    }
}
