using System.Globalization;

namespace Qemu.Arguments;

/// <summary>
/// Where a device sits on the PCI bus: as on the real server (<c>PVE::QemuServer::PCI</c>), so that guests name their cards as
/// there (<c>ens18</c> for <c>net0</c>).
/// </summary>
internal static class PciAddress
{
    /// <summary>Adds <c>bus</c> and <c>addr</c> of a device.</summary>
    /// <param name="option">The device.</param>
    /// <param name="name">Its name, such as <c>net0</c>.</param>
    public static OptionText At(this OptionText option, string name)
    {
        var (bus, slot) = Of(name);
        return option.Add("bus", $"pci.{bus}").Add("addr", "0x" + slot.ToString("x", CultureInfo.InvariantCulture));
    }

    private static (int Bus, int Slot) Of(string name)
    {
        var digits = name.AsSpan(name.AsSpan().TrimEnd("0123456789").Length);
        var number = digits.Length == 0 ? 0 : int.Parse(digits, CultureInfo.InvariantCulture);
        return name[..^digits.Length] switch
        {
            "vga" when number == 0 => (0, 2),
            "balloon" => (0, 3),
            "scsihw" => (0, 5 + number),
            "ahci" => (0, 7),
            "qga" => (0, 8),
            "virtio" => number < 6 ? (0, 10 + number) : (2, number - 5),
            "net" => number < 6 ? (0, 18 + number) : (1, number - 5),
            "rng" => (1, 29),
            "virtioscsi" => (3, number + 1),
            _ => throw new QemuException($"there is no place on the PCI bus for '{name}'"),
        };
    }
}
