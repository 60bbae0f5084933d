using System.Text.RegularExpressions;
using System.Xml.Linq;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// Reads an <c>Autounattend.xml</c> as Windows Setup does and says where it would refuse the file, stop to ask, or end
/// in a system that nobody reaches.
/// </summary>
internal static partial class AnswerFileReader
{
    internal static UnattendedReading Read(string text, UnattendedContext context)
    {
        var findings = new FindingList(context.FileName);
        var file = AnswerFile.Parse(text, findings);
        if (file is null || findings.HasErrors)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        CheckWindowsPe(file, context, findings);
        var shell = file.Components("oobeSystem", "Microsoft-Windows-Shell-Setup").FirstOrDefault();
        var accounts = WindowsAccounts.Read(shell, findings);
        if (shell is not null && !IsTrue(shell, "OOBE/HideEULAPage"))
        {
            findings.Warn("unattend-oobe", Line(shell), "OOBE/HideEULAPage is not true: the first start may show the licence and wait");
        }

        var hostName = file.Components("specialize", "Microsoft-Windows-Shell-Setup").Select(c => Text(c, "ComputerName")).LastOrDefault(n => n is { Length: > 0 });
        if (hostName is { Length: > 15 })
        {
            findings.Error("unattend-computer-name", 0, $"ComputerName '{hostName}' has more than 15 characters: \"Windows could not parse or process the unattend answer file for pass [specialize]\"");
        }

        var commands = WindowsCommands.Read(file, context, findings);
        CheckNetworkDriver(file, commands, context, findings);
        if (commands.WinRm is { Https: true } && !commands.HttpsPortOpen)
        {
            findings.Warn("unattend-firewall", 0, "WinRM listens with HTTPS, but no command opens port 5986 in the firewall: connections would time out");
        }

        var plan = new UnattendedPlan
        {
            Format = UnattendedFormat.Unattend,
            HostName = hostName == "*" ? null : hostName,
            Accounts = accounts,
            Ssh = commands.Ssh,
            SshPasswords = commands.Ssh,
            GuestAgent = commands.GuestAgent,
            Firewall = !commands.FirewallDisabled,
            WinRm = commands.WinRm is { Https: true } && !commands.HttpsPortOpen ? null : commands.WinRm,
        };
        return new UnattendedReading(plan, findings.InOrder());
    }

    private static void CheckWindowsPe(AnswerFile file, UnattendedContext context, FindingList findings)
    {
        var language = file.Components("windowsPE", "Microsoft-Windows-International-Core-WinPE").FirstOrDefault();
        if (language is null || string.IsNullOrEmpty(Text(language, "UILanguage")) || string.IsNullOrEmpty(Text(language, "SetupUILanguage/UILanguage")))
        {
            findings.Error("unattend-language", language is null ? 0 : Line(language),
                "Microsoft-Windows-International-Core-WinPE with UILanguage and SetupUILanguage/UILanguage is missing: Setup stops at its first page and asks for the language");
        }

        var setup = file.Components("windowsPE", "Microsoft-Windows-Setup").ToList();
        if (setup.Count == 0)
        {
            findings.Error("unattend-setup", 0, "no Microsoft-Windows-Setup in the pass windowsPE: Setup asks what to install and where");
            return;
        }

        // Several components of one name are one to Setup.
        var merged = setup[0];
        if (setup.Count > 1)
        {
            findings.Warn("unattend-component", Line(setup[1]), "Microsoft-Windows-Setup appears twice in the pass windowsPE: only the first is checked");
        }

        if (!IsTrue(merged, "UserData/AcceptEula"))
        {
            findings.Error("unattend-eula", Line(At(merged, "UserData") ?? merged), "UserData/AcceptEula is not true: Setup stops at the licence terms");
        }

        CheckImage(merged, context, findings);
        DiskSetup.Check(file, merged, context, findings);
    }

    private static void CheckImage(XElement setup, UnattendedContext context, FindingList findings)
    {
        var key = Text(setup, "UserData/ProductKey/Key") is { Length: > 0 } text ? text : null;
        if (key is not null && !ProductKey().IsMatch(key))
        {
            findings.Error("unattend-product-key", Line(At(setup, "UserData/ProductKey/Key")!), "the product key has not the form XXXXX-XXXXX-XXXXX-XXXXX-XXXXX: Setup refuses it");
        }
        else if (key is not null && IsEvaluation(context))
        {
            findings.Error("unattend-product-key", Line(At(setup, "UserData/ProductKey/Key")!),
                "evaluation media take no product key: \"The product key entered does not match any of the Windows images available for installation\"");
        }

        var selection = At(setup, "ImageInstall/OSImage/InstallFrom/MetaData");
        if (selection is null)
        {
            if (key is null)
            {
                findings.Error("unattend-image", Line(setup), "neither InstallFrom/MetaData (/IMAGE/NAME or /IMAGE/INDEX) nor a product key: Setup asks which edition to install");
            }

            return;
        }

        var value = Text(selection, "Value") ?? "";
        switch (Text(selection, "Key")?.ToUpperInvariant())
        {
            case "/IMAGE/INDEX" when !int.TryParse(value, out var index) || index is < 1 or > 4:
                findings.Error("unattend-image", Line(selection), $"/IMAGE/INDEX {value}: the medium has the images 1 to 4; Setup stops because it cannot find the image");
                break;
            case "/IMAGE/NAME" when context.OsId == "mswindows" && context.Major > 0
                && !(ImageName().Match(value) is { Success: true } name && name.Groups["year"].Value == context.VersionId):
                findings.Error("unattend-image", Line(selection),
                    $"no image on the medium is named '{value}' (such as Windows Server {context.VersionId} SERVERSTANDARD): Setup stops because it cannot find the image");
                break;
            case "/IMAGE/INDEX" or "/IMAGE/NAME" or "/IMAGE/DESCRIPTION":
                break;
            default:
                findings.Error("unattend-image", Line(selection), $"MetaData has the key '{Text(selection, "Key")}' instead of /IMAGE/NAME, /IMAGE/INDEX or /IMAGE/DESCRIPTION: Setup cannot find the image");
                break;
        }
    }

    private static void CheckNetworkDriver(AnswerFile file, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        if (context.NetworkModel == "virtio" && !commands.NetworkDriver
            && !DiskSetup.DriverPaths(file).Exists(p => DiskSetup.Finds(p, "NetKVM", DiskSetup.VirtioFolder(context))))
        {
            findings.Useless("unattend-network-driver", 0,
                "the network card needs the driver NetKVM, which neither a driver path nor a command installs: the installed system has no network");
        }
    }

    private static bool IsEvaluation(UnattendedContext context) => context.MediumName.Contains("eval", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^[A-Z0-9]{5}(-[A-Z0-9]{5}){4}$", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex ProductKey();

    [GeneratedRegex(@"^Windows Server (?<year>\d{4}) (SERVER(STANDARD|DATACENTER)(CORE)?|(Standard|Datacenter)( Evaluation)?( \(Desktop Experience\))?)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageName();
}
