using System.Text;
using System.Xml.Linq;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>The accounts of <c>oobeSystem</c> and who logs on by himself.</summary>
internal static class WindowsAccounts
{
    internal static List<UnattendedAccount> Read(XElement? shell, FindingList findings)
    {
        var accounts = new List<UnattendedAccount>();
        if (shell is null)
        {
            findings.Error("unattend-oobe", 0, "no Microsoft-Windows-Shell-Setup in the pass oobeSystem: the first start stops at \"Customize settings\" and waits for an administrator's password");
            return accounts;
        }

        var administrator = At(shell, "UserAccounts/AdministratorPassword");
        if (administrator is not null)
        {
            accounts.Add(new UnattendedAccount { Name = "Administrator", Password = Password(administrator, "AdministratorPassword", findings), Administrator = true });
        }

        foreach (var local in Items(At(shell, "UserAccounts"), "LocalAccounts", "LocalAccount"))
        {
            if (Text(local, "Name") is not { Length: > 0 } name)
            {
                findings.Error("unattend-account", Line(local), "a LocalAccount without a Name: Setup cannot process the answer file");
                continue;
            }

            var groups = (Text(local, "Group") ?? "").Split(';', StringSplitOptions.TrimEntries);
            accounts.Add(new UnattendedAccount
            {
                Name = name,
                Password = At(local, "Password") is { } password ? Password(password, "Password", findings) : null,
                Administrator = groups.Contains("Administrators", StringComparer.OrdinalIgnoreCase),
            });
        }

        if (administrator is null)
        {
            const string What = "no UserAccounts/AdministratorPassword: Windows Server's first start asks for the administrator's password";
            if (accounts.Exists(a => a.Administrator))
            {
                findings.Warn("unattend-administrator", Line(shell), What);
            }
            else
            {
                findings.Error("unattend-administrator", Line(shell), What);
            }
        }

        CheckLogon(shell, accounts, findings);
        return accounts;
    }

    /// <summary>
    /// A password: plain, or as Windows System Image Manager hides it, in base64 of the password and the element's
    /// name as UTF-16.
    /// </summary>
    private static string? Password(XElement element, string suffix, FindingList findings)
    {
        var value = At(element, "Value")?.Value ?? "";
        if (IsTrue(element, "PlainText"))
        {
            return value;
        }

        var bytes = new byte[value.Length];
        if (Convert.TryFromBase64String(value, bytes, out var length) && length % 2 == 0
            && Encoding.Unicode.GetString(bytes, 0, length) is var text && text.EndsWith(suffix, StringComparison.Ordinal))
        {
            return text[..^suffix.Length];
        }

        findings.Useless("unattend-password", Line(element),
            $"PlainText is not true, but Value is not base64 of the password and \"{suffix}\" in UTF-16: the password would be none that anybody knows");
        return null;
    }

    private static void CheckLogon(XElement shell, List<UnattendedAccount> accounts, FindingList findings)
    {
        var logon = At(shell, "AutoLogon");
        var commands = Items(shell, "FirstLogonCommands", "SynchronousCommand").Any();
        if (logon is null || !IsTrue(logon, "Enabled"))
        {
            if (commands)
            {
                findings.Useless("unattend-autologon", Line(shell), "FirstLogonCommands, but no AutoLogon: nobody logs on, so that they never run");
            }

            return;
        }

        var name = Text(logon, "Username") ?? "";
        var account = accounts.Find(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (account is null)
        {
            findings.Useless("unattend-autologon", Line(logon), $"AutoLogon as '{name}', which no part of the file creates: the logon fails and FirstLogonCommands never run");
        }
        else if (At(logon, "Password") is not { } password)
        {
            findings.Useless("unattend-autologon", Line(logon), "AutoLogon without a password: the logon fails and FirstLogonCommands never run");
        }
        else if (Password(password, "Password", findings) is { } text && account.Password is { } real && text != real)
        {
            findings.Useless("unattend-autologon", Line(logon), $"AutoLogon's password is not that of {name}: the logon fails and FirstLogonCommands never run");
        }
    }
}
