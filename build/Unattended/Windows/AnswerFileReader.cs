using System.Text.RegularExpressions;
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
        if (file is null)
        {
            return new UnattendedReading(null, findings.InOrder());
        }

        SettingsCheck.Check(file, findings);
        var product = WindowsProduct.Of(context);
        var commands = WindowsCommands.Read(file, context, findings);
        CheckWindowsPe(file, commands, context, findings);
        var shell = file.Components("oobeSystem", "Microsoft-Windows-Shell-Setup").FirstOrDefault();
        var accounts = WindowsAccounts.Read(shell, product, commands, findings);
        if (shell is not null && !IsTrue(shell, "OOBE/HideEULAPage"))
        {
            findings.Warn("unattend-oobe", Line(At(shell, "OOBE") ?? shell), "OOBE/HideEULAPage is not true: the first start may show the licence and wait");
        }

        var hostName = HostName(file, accounts, findings);
        var winRm = commands.WinRm(product is not { IsClient: true });
        if (winRm is { Https: true } && !commands.HttpsPortOpen)
        {
            findings.Warn("unattend-firewall", 0, "WinRM listens with HTTPS, but no command opens port 5986 in the firewall: connections would time out");
            winRm = null;
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
            WinRm = winRm,
            LoginUnclear = commands.MakesAccounts,
            SudoUnclear = commands.MakesAccounts,
        };
        return new UnattendedReading(plan, findings.InOrder());
    }

    private static void CheckWindowsPe(AnswerFile file, WindowsCommands commands, UnattendedContext context, FindingList findings)
    {
        CheckLanguage(file, context, findings);
        if (file.Components("windowsPE", "Microsoft-Windows-Setup").FirstOrDefault() is not { } setup)
        {
            findings.Error("unattend-setup", 0, "no Microsoft-Windows-Setup in the pass windowsPE: Setup asks what to install and where");
            return;
        }

        if (!IsTrue(setup, "UserData/AcceptEula"))
        {
            findings.Error("unattend-eula", Line(At(setup, "UserData/AcceptEula") ?? At(setup, "UserData") ?? setup), "UserData/AcceptEula is not true: Setup stops at the licence terms");
        }

        ImageSelection.Check(setup, context, findings);
        VirtioDrivers.Check(file, Line(setup), commands, context, findings);
        DiskSetup.Check(setup, commands, context, findings);
    }

    private static void CheckLanguage(AnswerFile file, UnattendedContext context, FindingList findings)
    {
        var language = file.Components("windowsPE", "Microsoft-Windows-International-Core-WinPE").FirstOrDefault();
        if (language is null || string.IsNullOrEmpty(Text(language, "UILanguage") ?? Text(language, "SetupUILanguage/UILanguage")))
        {
            findings.Error("unattend-language", language is null ? 0 : Line(language),
                "Microsoft-Windows-International-Core-WinPE with UILanguage and SetupUILanguage/UILanguage is missing: Setup stops at its first page and asks for the language");
            return;
        }

        if (string.IsNullOrEmpty(Text(language, "SetupUILanguage/UILanguage")))
        {
            // Some media of one language do without it.
            findings.Judge(context.MediumName.Length > 0, "unattend-language", Line(language), "SetupUILanguage/UILanguage is missing: Setup stops at its first page and asks for the language");
        }

        foreach (var path in new[] { "SetupUILanguage/UILanguage", "UILanguage" })
        {
            if (context.MediumLanguage is { } own && Text(language, path) is { Length: > 0 } asked && !asked.Equals(own, StringComparison.OrdinalIgnoreCase))
            {
                findings.Error("unattend-language", Line(At(language, path)!), $"{path} is {asked}, and the medium is in {own}: Setup does not have the language, stops at its first page and asks");
            }
        }
    }

    private static string? HostName(AnswerFile file, List<UnattendedAccount> accounts, FindingList findings)
    {
        const string Stops = "\"Windows could not parse or process the unattend answer file for pass [specialize]\"";
        var element = file.Components("specialize", "Microsoft-Windows-Shell-Setup").Select(c => At(c, "ComputerName")).LastOrDefault(n => n is not null);
        if (element?.Value.Trim() is not { Length: > 0 } name || name == "*")
        {
            return element is null ? null : "*";
        }

        if (name.Length > 15)
        {
            findings.Error("unattend-computer-name", Line(element), $"ComputerName '{name}' has more than 15 characters: {Stops}");
        }
        else if (!ComputerName().IsMatch(name) || name.All(char.IsAsciiDigit))
        {
            findings.Error("unattend-computer-name", Line(element), $"ComputerName '{name}' has other characters than letters, digits and hyphens, or only digits: {Stops}");
        }
        else if (accounts.Exists(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            findings.Error("unattend-computer-name", Line(element), $"ComputerName '{name}' is the name of an account as well: the account cannot be created, and Setup stops in the pass oobeSystem");
        }

        return name;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+$", RegexOptions.None, 1000)]
    private static partial Regex ComputerName();
}
