using System.Text.RegularExpressions;

namespace Unattended.Preseed;

/// <summary>
/// Root and the first user, asked as user-setup does (<c>user-setup-ask</c>, and the installation guide's appendix for
/// <c>!</c> as a password hash).
/// </summary>
internal static partial class PreseedAccounts
{
    private const string Title = "Set up users and passwords";

    private static readonly string[] OfTheUser = ["passwd/user-fullname", "passwd/username", "passwd/user-password", "passwd/user-password-crypted"];

    // user-setup's list of reserved names: those of base-passwd and of common daemons.
    private static readonly HashSet<string> Reserved =
    [
        "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc", "gnats",
        "nobody", "adm", "tty", "disk", "kmem", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip", "operator", "src",
        "shadow", "utmp", "video", "sasl", "plugdev", "staff", "users", "nogroup", "netplan", "ftn", "mysql", "tac-plus", "alias", "qmail", "qmaild",
        "qmails", "qmailr", "qmailq", "qmaill", "qmailp", "asterisk", "vpopmail", "vchkpw", "admin", "Debian-exim", "bind", "crontab", "cupsys", "dcc",
        "dhcp", "dictd", "dovecot", "fetchmail", "firebird", "ftp", "fuse", "gdm", "haldaemon", "hplilp", "identd", "jwhois", "klog", "lpadmin",
        "messagebus", "mythtv", "netdev", "powerdev", "radvd", "saned", "sbuild", "scanner", "slocate", "ssh", "sshd", "ssl-cert", "sslwrap", "statd",
        "syslog", "telnetd", "tftpd",
    ];

    internal static List<UnattendedAccount> Read(PreseedAnswers answers, PreseedInterview interview, PreseedCommands commands, bool ubuntu, FindingList findings)
    {
        var accounts = new List<UnattendedAccount> { Root(answers, interview, commands, ubuntu, findings) };
        var rootLogin = answers.IsTrue("passwd/root-login", otherwise: !ubuntu);
        if (!rootLogin && answers.Has("passwd/make-user") && !answers.IsTrue("passwd/make-user"))
        {
            findings.Warn("preseed-user", answers.LineOf("passwd/make-user"), "passwd/root-login is false, so that the installer makes a user whatever passwd/make-user says");
        }

        if (!rootLogin || answers.IsTrue("passwd/make-user", otherwise: true))
        {
            accounts.Add(User(answers, interview, commands, rootLogin, ubuntu, findings));
        }

        // What the scripts add for somebody that they make themselves.
        foreach (var name in commands.MadeUsers.Where(n => accounts.TrueForAll(a => a.Name != n)))
        {
            accounts.Add(new UnattendedAccount { Name = name, Locked = true, AuthorizedKeys = commands.KeysOf(name), Administrator = commands.MayBecomeRoot(name) });
        }

        return accounts;
    }

    private static UnattendedAccount Root(PreseedAnswers answers, PreseedInterview interview, PreseedCommands commands, bool ubuntu, FindingList findings)
    {
        var hash = answers["passwd/root-password-crypted"].Trim();
        var login = answers.IsTrue("passwd/root-login", otherwise: !ubuntu);
        if (login && hash.Length == 0)
        {
            Password(answers, interview, "root", "passwd/root-password", emptyAllowed: true, ubuntu, findings);
        }

        CheckHash(hash, answers.LineOf("passwd/root-password-crypted"), findings);
        var plain = answers["passwd/root-password"];
        return new UnattendedAccount
        {
            Name = "root",
            Password = hash.Length == 0 && login ? plain : null,
            PasswordHash = login && hash.Length > 0 ? hash : null,
            Locked = !login || (hash.Length > 0 ? PasswordHash.IsLock(hash) : plain.Length == 0),
            AuthorizedKeys = commands.KeysOf("root"),
            Administrator = true,
        };
    }

    private static UnattendedAccount User(PreseedAnswers answers, PreseedInterview interview, PreseedCommands commands, bool rootLogin, bool ubuntu, FindingList findings)
    {
        var name = answers["passwd/username"].Trim();
        var line = answers.LineOf("passwd/username");
        // A file that says something of the user says all of it; otherwise the boot line may do so.
        Action<string, string, string> ask = Array.Exists(OfTheUser, answers.Has) ? interview.Critical : interview.CriticalOrBoot;
        ask($"{Title}: Full name for the new user", "passwd/user-fullname", "d-i passwd/user-fullname string Build");
        ask($"{Title}: Username for your account", "passwd/username", "d-i passwd/username string build");
        if (answers.Has("passwd/username") && (!UserName().IsMatch(name) || name.Length > 32))
        {
            interview.Stop($"{Title}: Invalid username", line, $"\"{name}\" is no user name: a lower-case letter, then letters, digits, - and _, at most 32");
        }
        else if (Reserved.Contains(name))
        {
            interview.Stop($"{Title}: Reserved username", line, $"{name} is a name that the installer keeps for the system");
        }

        var hash = answers["passwd/user-password-crypted"].Trim();
        if (hash.Length == 0)
        {
            Password(answers, interview, name.Length > 0 ? name : "the user", "passwd/user-password", answers.IsTrue("user-setup/allow-password-empty"), ubuntu, findings);
        }

        CheckHash(hash, answers.LineOf("passwd/user-password-crypted"), findings);
        var plain = answers["passwd/user-password"];
        return new UnattendedAccount
        {
            Name = name,
            Password = hash.Length == 0 ? plain : null,
            PasswordHash = hash.Length > 0 ? hash : null,
            Locked = hash.Length > 0 ? PasswordHash.IsLock(hash) : plain.Length == 0,
            AuthorizedKeys = commands.KeysOf(name),
            // Without root's login the user may use sudo, but has to give a password.
            Administrator = commands.MayBecomeRoot(name) || (!rootLogin && commands.MayBecomeRoot("%sudo")),
        };
    }

    private static void Password(PreseedAnswers answers, PreseedInterview interview, string who, string question, bool emptyAllowed, bool ubuntu, FindingList findings)
    {
        var title = $"{Title}: {(who == "root" ? "Root password" : "Choose a password for the new user")}";
        Action<string, string, string> ask = who != "root" && Array.Exists(OfTheUser, answers.Has) ? interview.Critical : interview.CriticalOrBoot;
        ask(title, question, $"d-i {question}-crypted password !");
        if (answers.Has(question))
        {
            interview.Critical($"{title}: Re-enter password to verify", question + "-again", $"d-i {question}-again password …");
        }

        if (!answers.Has(question) || !answers.Has(question + "-again"))
        {
            return;
        }

        var password = answers[question];
        var line = answers.LineOf(question);
        if (password != answers[question + "-again"])
        {
            interview.Stop($"{Title}: Password input error", answers.LineOf(question + "-again"), $"the two passwords of {who} are not the same");
        }
        else if (password.Length == 0)
        {
            if (!emptyAllowed)
            {
                interview.Stop($"{Title}: Empty password", line, $"the password of {who} is empty, and user-setup/allow-password-empty is not true");
            }
        }
        else if (ubuntu && password.Length < 8 && !answers.IsTrue("user-setup/allow-password-weak"))
        {
            interview.Stop($"{Title}: Use weak password?", line, $"the password of {who} has fewer than eight characters, and user-setup/allow-password-weak is not true");
        }

        if (PasswordHash.IsHash(password))
        {
            findings.Warn("preseed-password-hash", line, $"{question} is a hash, so that the hash itself would be the password; {question}-crypted takes hashes");
        }
    }

    private static void CheckHash(string hash, int line, FindingList findings)
    {
        if (hash.Length > 0 && !PasswordHash.IsLock(hash) && !PasswordHash.IsHash(hash))
        {
            findings.Useless("preseed-password-hash", line, "the password is not a crypt(3) hash: no password would ever match it");
        }
    }

    [GeneratedRegex("^[a-z][-a-z0-9_]*$")]
    private static partial Regex UserName();
}
