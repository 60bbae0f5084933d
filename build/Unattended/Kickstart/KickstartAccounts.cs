namespace Unattended.Kickstart;

/// <summary>The accounts that <c>rootpw</c>, <c>user</c>, <c>sshkey</c> and the scripts make.</summary>
internal static class KickstartAccounts
{
    private static readonly string[] Logins = ["authorized_keys", "ssh-import-id", "chpasswd", "passwd ", "useradd", "adduser", "usermod -p"];

    internal static List<UnattendedAccount> Read(KickstartFile file, ShellScript post, FindingList findings)
    {
        var keys = SshKeys(file, findings);
        var writtenKeys = post.Keys().ToList();
        var sudoers = post.SudoersWithoutPassword.ToHashSet();
        var accounts = new List<UnattendedAccount> { Root(file, KeysOf("root"), findings) };

        foreach (var user in file.Commands.Where(c => c.Name == "user"))
        {
            var name = user.Value("--name")!;
            var groups = user.List("--groups").Select(g => g.Split('(')[0].Trim()).ToList();
            var hashed = IsHashed(user);
            var password = user.Value("--password");
            CheckPassword(user, password, hashed, findings);
            if (accounts.Exists(a => a.Name == name))
            {
                findings.Warn("kickstart-user-twice", user.Line, $"the user {name} exists already: Anaconda logs that it could not create it");
                continue;
            }

            accounts.Add(new UnattendedAccount
            {
                Name = name,
                Password = hashed ? null : password,
                PasswordHash = hashed ? password : null,
                Locked = user.Has("--lock") || string.IsNullOrEmpty(password),
                AuthorizedKeys = KeysOf(name),
                Administrator = sudoers.Contains(name) || groups.Exists(g => sudoers.Contains("%" + g)),
            });
        }

        foreach (var (account, _, line) in keys.Where(k => accounts.TrueForAll(a => a.Name != k.Account)))
        {
            findings.JudgeUseless(!file.Includes && !MayMakeLogins(post), "kickstart-sshkey-user", line, $"sshkey for {account}, but no user command creates {account}: the key is not installed");
        }

        CheckSomebody(file, accounts, post, findings);
        return accounts;

        List<string> KeysOf(string account) =>
            [.. keys.Where(k => k.Account == account).Select(k => k.Key), .. writtenKeys.Where(k => k.Account == account).Select(k => k.Key)];
    }

    private static UnattendedAccount Root(KickstartFile file, List<string> keys, FindingList findings)
    {
        var command = file.Command("rootpw");
        var password = command?.Arguments is [var first, ..] ? first : null;
        var hashed = command is not null && IsHashed(command);
        if (command is not null)
        {
            CheckPassword(command, password, hashed, findings);
        }

        return new UnattendedAccount
        {
            Name = "root",
            Password = hashed ? null : password,
            PasswordHash = hashed ? password : null,
            Locked = command is null || command.Has("--lock") || string.IsNullOrEmpty(password),
            AuthorizedKeys = keys,
            Administrator = true,
        };
    }

    private static List<(string Account, string Key, int Line)> SshKeys(KickstartFile file, FindingList findings)
    {
        var keys = new List<(string, string, int)>();
        foreach (var command in file.Commands.Where(c => c.Name == "sshkey"))
        {
            if (PublicKey.Parse(command.Arguments[0]) is null)
            {
                findings.Useless("kickstart-sshkey", command.Line, "the text of sshkey is no public key that sshd would read: a login with it is refused");
            }

            keys.Add((command.Value("--username")!, command.Arguments[0], command.Line));
        }

        return keys;
    }

    // Both options set the same value in pykickstart, so that the last one counts.
    private static bool IsHashed(KickstartCommand command) =>
        command.Options.LastOrDefault(o => o.Key is "--iscrypted" or "--plaintext").Key == "--iscrypted";

    /// <summary>Whether a script may make accounts, keys or passwords that cannot be seen in it.</summary>
    internal static bool MayMakeLogins(ShellScript script) =>
        Array.Exists(Logins, script.Mentions);

    private static void CheckPassword(KickstartCommand command, string? password, bool hashed, FindingList findings)
    {
        if (hashed && password is not null && !PasswordHash.IsHash(password) && !PasswordHash.IsIntendedLock(password))
        {
            findings.Useless("kickstart-password-hash", command.Line, $"{command.Name} --iscrypted, but the password is not a crypt(3) hash: no password would ever match it");
        }
        else if (!hashed && password is not null && PasswordHash.IsHash(password))
        {
            findings.Warn("kickstart-password-hash", command.Line, $"{command.Name} has a hash as its password but not --iscrypted: the hash itself would be the password");
        }
    }

    // Anaconda's text mode stops at "Root password" unless it is set or a member of wheel exists.
    private static void CheckSomebody(KickstartFile file, List<UnattendedAccount> accounts, ShellScript post, FindingList findings)
    {
        var wheel = file.Commands.Any(c => c.Name == "user" && !c.Has("--lock") && c.List("--groups").Any(g => g.Split('(')[0].Trim() == "wheel"));
        if (file.Command("rootpw") is null && !wheel && !file.Includes)
        {
            findings.Error("kickstart-no-administrator", 0, "neither rootpw nor a user in the group wheel: Anaconda stops and asks for a root password");
        }
        else if (accounts.TrueForAll(a => !a.HasPassword && a.AuthorizedKeys.Count == 0) && !file.Includes)
        {
            findings.JudgeUseless(!MayMakeLogins(post), "kickstart-no-login", 0, "no account has an SSH key or password: nobody can log in to the installed system");
        }
    }
}
