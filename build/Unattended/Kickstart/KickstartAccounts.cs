namespace Unattended.Kickstart;

/// <summary>The accounts that <c>rootpw</c>, <c>user</c>, <c>sshkey</c> and the scripts make.</summary>
internal static class KickstartAccounts
{
    internal static List<UnattendedAccount> Read(KickstartFile file, ShellScript post, int major, FindingList findings)
    {
        var keys = SshKeys(file, findings);
        var writtenKeys = post.Keys().ToList();
        var sudoers = post.SudoersWithoutPassword.ToHashSet();
        var accounts = new List<UnattendedAccount> { Root(file, KeysOf("root"), findings) };

        foreach (var user in file.Commands.Where(c => c.Name == "user"))
        {
            var name = user.Value("--name")!;
            var groups = user.List("--groups").Select(g => g.Split('(')[0].Trim()).ToList();
            var hashed = user.Has("--iscrypted");
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
            findings.Useless("kickstart-sshkey-user", line, $"sshkey for {account}, but no user command creates {account}: the key is not installed");
        }

        CheckSomebody(file, accounts, major, findings);
        return accounts;

        List<string> KeysOf(string account) =>
            [.. keys.Where(k => k.Account == account).Select(k => k.Key), .. writtenKeys.Where(k => k.Account == account).Select(k => k.Key)];
    }

    private static UnattendedAccount Root(KickstartFile file, List<string> keys, FindingList findings)
    {
        var command = file.Command("rootpw");
        var password = command?.Arguments is [var first, ..] ? first : null;
        var hashed = command?.Has("--iscrypted") ?? false;
        if (command is not null)
        {
            CheckPassword(command, password, hashed, findings);
            if (password is null && !command.Has("--lock"))
            {
                findings.Error("kickstart-rootpw", command.Line, "A single argument is expected for the rootpw command");
            }
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
            if (command.Arguments.Count != 1)
            {
                findings.Error("kickstart-sshkey", command.Line, command.Arguments.Count == 0
                    ? "A single argument is expected for the sshkey command: the key is missing"
                    : "A single argument is expected for the sshkey command: put the key between quotation marks");
            }
            else
            {
                if (PublicKey.Parse(command.Arguments[0]) is null)
                {
                    findings.Useless("kickstart-sshkey", command.Line, "the text of sshkey is no public key that sshd would read: a login with it is refused");
                }

                keys.Add((command.Value("--username")!, command.Arguments[0], command.Line));
            }
        }

        return keys;
    }

    private static void CheckPassword(KickstartCommand command, string? password, bool hashed, FindingList findings)
    {
        if (hashed && command.Has("--plaintext"))
        {
            findings.Error("kickstart-option", command.Line, $"{command.Name}: argument --plaintext: not allowed with argument --iscrypted");
        }
        else if (hashed && password is not null && !PasswordHash.IsHash(password))
        {
            findings.Useless("kickstart-password-hash", command.Line, $"{command.Name} --iscrypted, but the password is not a crypt(3) hash: no password would ever match it");
        }
        else if (!hashed && password is not null && PasswordHash.IsHash(password))
        {
            findings.Warn("kickstart-password-hash", command.Line, $"{command.Name} has a hash as its password but not --iscrypted: the hash itself would be the password");
        }
    }

    // Anaconda's text mode stops at "Root password" unless it is set or a member of wheel exists.
    private static void CheckSomebody(KickstartFile file, List<UnattendedAccount> accounts, int major, FindingList findings)
    {
        var wheel = file.Commands.Any(c => c.Name == "user" && c.List("--groups").Any(g => g.Split('(')[0].Trim() == "wheel"));
        if (file.Command("rootpw") is null && !wheel && !file.Includes)
        {
            findings.Error("kickstart-no-administrator", 0, "neither rootpw nor a user in the group wheel: Anaconda stops and asks for a root password");
        }
        else if (accounts.TrueForAll(a => !a.HasPassword && a.AuthorizedKeys.Count == 0) && !file.Includes)
        {
            findings.Useless("kickstart-no-login", 0, "no account has an SSH key or password: nobody can log in to the installed system");
        }
    }
}
