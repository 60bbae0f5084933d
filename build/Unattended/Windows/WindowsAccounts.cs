using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foundation;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// The accounts of <c>oobeSystem</c> and who logs on by himself. Source: Microsoft's reference, the pages of UserAccounts,
/// LocalAccount and AutoLogon.
/// </summary>
internal static partial class WindowsAccounts
{
    internal static List<UnattendedAccount> Read(XElement? shell, WindowsProduct? product, WindowsCommands commands, FindingList findings)
    {
        var accounts = new List<UnattendedAccount>();
        if (shell is null)
        {
            findings.Error("unattend-oobe", 0, product is { IsClient: true }
                ? "no Microsoft-Windows-Shell-Setup in the pass oobeSystem: the first start asks for the country and waits"
                : "no Microsoft-Windows-Shell-Setup in the pass oobeSystem: the first start stops at \"Customize settings\" and waits for an administrator's password");
            return accounts;
        }

        var administrator = At(shell, "UserAccounts/AdministratorPassword");
        if (administrator is not null)
        {
            accounts.Add(new UnattendedAccount { Name = "Administrator", Password = Password(administrator, "AdministratorPassword", findings), Administrator = true });
        }

        foreach (var local in Items(At(shell, "UserAccounts"), "LocalAccounts", "LocalAccount"))
        {
            if (Read(local, findings) is { } account)
            {
                accounts.RemoveAll(a => a.Name.Equals(account.Name, StringComparison.OrdinalIgnoreCase) && a.Name == "Administrator");
                accounts.Add(account);
            }
        }

        CheckFirstStart(shell, administrator is not null, accounts, product, commands, findings);
        CheckLogon(shell, accounts, product, commands, findings);
        return accounts;
    }

    private static UnattendedAccount? Read(XElement local, FindingList findings)
    {
        if (Text(local, "Name") is not { Length: > 0 } name)
        {
            // That it is missing or empty has a finding of its own.
            return null;
        }

        if (name.Length > 20 || !AccountName().IsMatch(name))
        {
            findings.Error("unattend-account", Line(At(local, "Name")!), $"'{name}' cannot be the name of an account (at most 20 characters, none of \" / \\ [ ] : ; | = , + * ? < > @, no full stop at the end): Setup stops in the pass oobeSystem");
        }

        var groups = (Text(local, "Group") ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var wrong = Array.Find(groups, g => !Groups.Contains(g, StringComparer.OrdinalIgnoreCase) && NearMiss.Find(g, ["Administrators"]).Count > 0);
        if (wrong is not null)
        {
            findings.Error("unattend-account", Line(At(local, "Group")!), $"{name} is to be in the group '{wrong}', which Windows does not have (Administrators): Setup stops in the pass oobeSystem");
        }

        return new UnattendedAccount
        {
            Name = name,
            Password = At(local, "Password") is { } password ? Password(password, "Password", findings) : null,
            Administrator = groups.Contains("Administrators", StringComparer.OrdinalIgnoreCase) || name.Equals("Administrator", StringComparison.OrdinalIgnoreCase),
        };
    }

    private static void CheckFirstStart(
        XElement shell, bool administrator, List<UnattendedAccount> accounts, WindowsProduct? product, WindowsCommands commands, FindingList findings)
    {
        if (product is { IsClient: true })
        {
            if (accounts.Count == 0)
            {
                findings.Judge(!commands.MakesAccountsEarly, "unattend-administrator", Line(shell), $"no UserAccounts/LocalAccounts: {product.Name} asks at its first start who is going to use it");
            }
        }
        else if (!administrator)
        {
            findings.Judge(!accounts.Exists(a => a.Administrator) && !commands.MakesAccountsEarly, "unattend-administrator", Line(shell),
                "no UserAccounts/AdministratorPassword: Windows Server's first start asks for the administrator's password");
        }
    }

    /// <summary>
    /// A password: plain, or as Windows System Image Manager hides it, in base64 of the password and the element's
    /// name as UTF-16.
    /// </summary>
    private static string? Password(XElement element, string suffix, FindingList findings)
    {
        var value = At(element, "Value")?.Value ?? "";
        if (IsTrue(element, "PlainText") || (At(element, "PlainText") is null && !Hidden(value, suffix, out _)) || value.Length == 0)
        {
            return value;
        }

        if (Hidden(value, suffix, out var text))
        {
            return text;
        }

        findings.Useless("unattend-password", Line(element),
            $"PlainText is not true, but Value is not base64 of the password and \"{suffix}\" in UTF-16: the password would be none that anybody knows");
        return null;
    }

    private static bool Hidden(string value, string suffix, out string password)
    {
        var bytes = new byte[value.Length];
        password = Convert.TryFromBase64String(value, bytes, out var length) && length % 2 == 0 ? Encoding.Unicode.GetString(bytes, 0, length) : "";
        var found = password.EndsWith(suffix, StringComparison.Ordinal);
        password = found ? password[..^suffix.Length] : "";
        return found;
    }

    private static void CheckLogon(XElement shell, List<UnattendedAccount> accounts, WindowsProduct? product, WindowsCommands commands, FindingList findings)
    {
        var logon = At(shell, "AutoLogon");
        if (logon is null || !IsTrue(logon, "Enabled"))
        {
            if (Items(shell, "FirstLogonCommands", "SynchronousCommand").Any())
            {
                // A client may log its only account on after its first start.
                findings.JudgeUseless(product is not { IsClient: true } || logon is not null, "unattend-autologon", Line(logon ?? shell), "FirstLogonCommands, but no AutoLogon: nobody logs on, so that they never run");
            }

            return;
        }

        var name = Text(logon, "Username") ?? "";
        var account = accounts.Find(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (account is null)
        {
            var domain = Text(logon, "Domain") is { Length: > 0 } given && given != ".";
            findings.JudgeUseless((!commands.MakesAccountsEarly && !domain) || name.Length == 0, "unattend-autologon", Line(At(logon, "Username") ?? logon), $"AutoLogon as '{name}', which no part of the file creates: the logon fails and FirstLogonCommands never run");
        }
        else if (At(logon, "Password") is not { } password)
        {
            findings.JudgeUseless(account.Password is { Length: > 0 }, "unattend-autologon", Line(logon), "AutoLogon without a password: the logon fails and FirstLogonCommands never run");
        }
        else if (Password(password, "Password", findings) is { } text && account.Password is { } real && text != real)
        {
            findings.Useless("unattend-autologon", Line(logon), $"AutoLogon's password is not that of {name}: the logon fails and FirstLogonCommands never run");
        }

        if (Text(logon, "LogonCount") == "0")
        {
            findings.Useless("unattend-autologon", Line(At(logon, "LogonCount")!), "LogonCount is 0: nobody logs on, so that FirstLogonCommands never run");
        }
    }

    private static readonly string[] Groups =
    [
        "Administrators", "Users", "Guests", "Power Users", "Remote Desktop Users", "Remote Management Users", "Backup Operators", "Hyper-V Administrators",
        "Event Log Readers", "Network Configuration Operators", "Performance Log Users", "Performance Monitor Users", "Administrateurs", "Administradores", "Administratoren", "docker-users",
    ];

    [GeneratedRegex(@"^[^""/\\\[\]:;|=,+*?<>@]*[^""/\\\[\]:;|=,+*?<>@.]$", RegexOptions.None, 1000)]
    private static partial Regex AccountName();
}
