using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// Whether Windows finds the drivers of its virtual disk and card: by the paths of the answer file, by a folder
/// <c>$WinPEDriver$</c> at the root of a medium (Microsoft's "Add device drivers during Windows Setup"), or by a command that
/// loads them (<c>drvload</c>, <c>pnputil</c>, <c>dism</c>).
/// </summary>
internal static class VirtioDrivers
{
    private const string AutomaticFolder = "$WinPEDriver$";

    internal static void Check(AnswerFile file, int line, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        CheckStorage(file, line, commands, context, findings);
        CheckNetwork(file, commands, context, findings);
    }

    private static void CheckStorage(AnswerFile file, int line, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        var driver = (context.DiskBus, context.ScsiController ?? "") switch
        {
            ("virtio", _) => "viostor",
            ("scsi", var controller) when controller.StartsWith("virtio", StringComparison.Ordinal) => "vioscsi",
            ("scsi", "lsi" or "lsi53c810") => "",
            _ => null,
        };
        if (driver is null)
        {
            return;
        }

        if (driver.Length == 0)
        {
            findings.Error("unattend-storage-driver", line, "Windows has no driver for the controller lsi: Setup sees no disk; use virtio-scsi-single or sata");
            return;
        }

        if (Brought(driver, context) || commands.LoadsInWindowsPe(driver))
        {
            return;
        }

        var product = WindowsProduct.Of(context);
        var folder = product?.VirtioFolder ?? "2k22";
        var paths = Paths(file, "windowsPE", "Microsoft-Windows-PnpCustomizationsWinPE");
        var usable = paths.Where(p => Leads(p, driver, product)).ToList();
        var elsewhere = commands.LoadsDriversInWindowsPe;
        if (context.VirtioMedium == false && !usable.Exists(p => p.Contains(AutomaticFolder, StringComparison.OrdinalIgnoreCase)))
        {
            findings.Judge(!elsewhere, "unattend-storage-driver", line, $"the disk needs the driver {driver}, and no medium with the VirtIO drivers is attached: Setup sees no disk");
        }
        else if (usable.Count == 0)
        {
            findings.Judge(!elsewhere, "unattend-storage-driver", line,
                $"the disk needs the driver {driver}, and no path of Microsoft-Windows-PnpCustomizationsWinPE leads to it (such as E:\\{driver}\\{folder}\\amd64): Setup stops at \"Where do you want to install Windows?\" with an empty list");
        }
        else if (context.VirtioDrive is { } letter && !usable.Exists(p => char.ToUpperInvariant(p[0]) == char.ToUpperInvariant(letter)))
        {
            findings.Error("unattend-storage-driver", line,
                $"the medium with the VirtIO drivers is drive {letter}:, but the paths to {driver} name {string.Join(", ", usable)}: Setup sees no disk");
        }
    }

    private static void CheckNetwork(AnswerFile file, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        if (context.NetworkModel != "virtio" || commands.NetworkDriver || Brought("NetKVM", context))
        {
            return;
        }

        // What Setup loads by a path in Windows PE it also installs.
        var paths = Paths(file, "windowsPE", "Microsoft-Windows-PnpCustomizationsWinPE").Concat(Paths(file, "offlineServicing", "Microsoft-Windows-PnpCustomizationsNonWinPE"));
        if (!paths.Any(p => Leads(p, "NetKVM", WindowsProduct.Of(context))))
        {
            findings.JudgeUseless(!commands.AddsDrivers, "unattend-network-driver", 0,
                "the network card needs the driver NetKVM, which neither a driver path nor a command installs: the installed system has no network");
        }
    }

    private static bool Brought(string driver, UnattendedContext context) => context.Siblings?.Keys.Any(k =>
        k.StartsWith(AutomaticFolder + "/", StringComparison.OrdinalIgnoreCase) && k.Contains(driver, StringComparison.OrdinalIgnoreCase)) == true;

    private static List<string> Paths(AnswerFile file, string pass, string component) =>
        [.. file.Components(pass, component).SelectMany(c => Items(c, "DriverPaths", "PathAndCredentials")).Select(p => Text(p, "Path") ?? "").Where(p => p.Length > 1)];

    /// <summary>Whether Setup, which looks into a folder and everything below, finds a driver there that suits.</summary>
    private static bool Leads(string path, string driver, WindowsProduct? product)
    {
        var words = path.Split(['\\', '/'], StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => w.EndsWith(':')).ToList();
        if (words.Exists(w => w.Equals(AutomaticFolder, StringComparison.OrdinalIgnoreCase)))
        {
            return true;
        }

        // The VirtIO medium has DRIVER\SYSTEM\amd64 and, for older ones, amd64\SYSTEM; a folder of somebody's own may hold it.
        var known = words.Find(w => Drivers.Contains(w));
        return (known is null || known.Equals(driver, StringComparison.OrdinalIgnoreCase))
            && !words.Exists(w => w.ToUpperInvariant() is "X86" or "ARM64" or "I386")
            && words.TrueForAll(w => !Systems.Contains(w) || Suits(w, product));
    }

    // Of Windows 10 and Windows Server 2016 on, what was made for an earlier one is loaded by later ones; the other way is tried.
    private static bool Suits(string folder, WindowsProduct? product) =>
        product is null || folder.Equals(product.VirtioFolder, StringComparison.OrdinalIgnoreCase) || (product.IsTen && TenSystems.Contains(folder))
        || (!product.IsTen && !TenSystems.Contains(folder));

    private static readonly HashSet<string> TenSystems = new(["w10", "w11", "2k16", "2k19", "2k22", "2k25"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Systems = new(
        [.. TenSystems, "w7", "w8", "w8.1", "xp", "2k3", "2k8", "2k8R2", "2k12", "2k12R2"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Drivers = new(
        ["viostor", "vioscsi", "NetKVM", "Balloon", "vioserial", "viorng", "vioinput", "viofs", "viogpudo", "viomem", "viosock", "pvpanic", "fwcfg", "fwcfg64", "qemufwcfg", "qemupciserial", "qxl", "qxldod", "smbus", "sriov", "viocrypt", "guest-agent"],
        StringComparer.OrdinalIgnoreCase);
}
