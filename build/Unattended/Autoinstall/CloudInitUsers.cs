namespace Unattended.Autoinstall;

/// <summary>
/// The accounts of an Ubuntu installation: the one of <c>identity</c>, and those of cloud-init's <c>users</c> in
/// <c>user-data</c>, which is applied at the installed system's first start.
/// </summary>
internal static class CloudInitUsers
{
    internal static List<UnattendedAccount> Read(MappingNode autoinstall, ShellScript script, FindingList findings)
    {
        var sudoers = script.SudoersWithoutPassword.ToHashSet();
        var userData = autoinstall.Mapping("user-data");
        var accounts = new List<UnattendedAccount>();
        var sshKeys = Keys(autoinstall.Mapping("ssh"), "authorized-keys", findings);
        var defaultKeys = Keys(userData, "ssh_authorized_keys", findings);

        if (autoinstall.Mapping("identity") is { } identity)
        {
            accounts.Add(Identity(identity, sshKeys, sudoers, findings));
        }
        else if (userData is null)
        {
            findings.Error("autoinstall-no-identity", autoinstall.Line, "neither identity nor user-data: the installer stops because no account would be created");
        }
        else if (sshKeys.Count > 0)
        {
            findings.Useless("autoinstall-keys-lost", autoinstall["ssh"]!.Line, "ssh.authorized-keys are for the account of identity, and there is none: put the keys into user-data.users[].ssh_authorized_keys");
        }

        foreach (var user in userData?.Items("users") ?? [])
        {
            if (user is ScalarNode { Text: "default" })
            {
                accounts.Add(new UnattendedAccount { Name = "ubuntu", Locked = true, AuthorizedKeys = defaultKeys, Administrator = true });
            }
            else if (user is MappingNode mapping && mapping.Text("name") is { } name)
            {
                accounts.RemoveAll(a => a.Name == name);
                accounts.Add(User(mapping, name, sudoers, findings));
            }
            else
            {
                findings.Useless("cloud-init-user", user.Line, "user-data.users: an entry without a name: cloud-init creates no account for it");
            }
        }

        var written = script.Keys().ToLookup(k => k.Account, k => k.Key);
        accounts = [.. accounts.Select(a => a with { AuthorizedKeys = [.. a.AuthorizedKeys, .. written[a.Name]] })];
        if (accounts.TrueForAll(a => !a.HasPassword && a.AuthorizedKeys.Count == 0) && !findings.HasErrors)
        {
            findings.Useless("autoinstall-no-login", autoinstall.Line, "no account has an SSH key or password: nobody can log in to the installed system");
        }

        return accounts;
    }

    /// <summary>What cloud-init runs at the first start, and the files that it writes.</summary>
    internal static IEnumerable<string> Scripts(MappingNode? userData) => userData is null ? [] :
    [
        .. userData.Items("bootcmd").SelectMany(CommandLines),
        .. userData.Items("runcmd").SelectMany(CommandLines),
        .. userData.Items("write_files").OfType<MappingNode>().SelectMany(f => (f.Text("content") ?? "").Split('\n')),
    ];

    /// <summary>The lines of a command: a string, or a list of words.</summary>
    internal static IEnumerable<string> CommandLines(Node command) => command switch
    {
        ScalarNode scalar => scalar.Text.Split('\n'),
        SequenceNode words => string.Join(' ', words.Items.OfType<ScalarNode>().Select(w => w.Text)).Split('\n'),
        _ => [],
    };

    private static UnattendedAccount Identity(MappingNode identity, List<string> keys, HashSet<string> sudoers, FindingList findings)
    {
        var name = identity.Text("username")!;
        var password = identity.Text("password")!;
        var hash = PasswordHash.IsHash(password);
        var node = identity["password"]!;
        if (!IsUserName(name))
        {
            findings.Error("autoinstall-username", identity["username"]!.Line, $"'{name}' is no user name that the installer accepts");
        }

        if (!hash && !PasswordHash.IsLock(password))
        {
            const string What = "identity.password is a crypt(3) hash, and this is not one: no password would ever match it";
            if (keys.Count > 0)
            {
                findings.Warn("autoinstall-password-hash", node.Line, What, node.Column);
            }
            else
            {
                findings.Useless("autoinstall-password-hash", node.Line, $"{What}, and there is no key either", node.Column);
            }
        }

        return new UnattendedAccount
        {
            Name = name,
            PasswordHash = hash ? password : null,
            Locked = !hash,
            AuthorizedKeys = keys,
            // The account is in the groups adm and sudo; sudo asks for the password unless a rule says otherwise.
            Administrator = sudoers.Contains(name) || sudoers.Contains("%sudo") || sudoers.Contains("%adm"),
        };
    }

    private static UnattendedAccount User(MappingNode user, string name, HashSet<string> sudoers, FindingList findings)
    {
        var hash = user.Text("hashed_passwd") ?? user.Text("passwd");
        var plain = user.Text("plain_text_passwd");
        if (hash is not null && !PasswordHash.IsHash(hash) && !PasswordHash.IsLock(hash))
        {
            findings.Warn("cloud-init-password-hash", user.Line, $"user-data.users: the password of {name} is no crypt(3) hash: no password would ever match it");
        }

        var rules = user["sudo"] switch
        {
            ScalarNode scalar => [scalar.Text],
            SequenceNode sequence => sequence.Items.OfType<ScalarNode>().Select(s => s.Text).ToList(),
            _ => new List<string>(),
        };
        return new UnattendedAccount
        {
            Name = name,
            Password = plain,
            PasswordHash = hash is not null && PasswordHash.IsHash(hash) ? hash : null,
            Locked = user.Flag("lock_passwd") ?? true,
            AuthorizedKeys = Keys(user, "ssh_authorized_keys", findings),
            Administrator = name == "root" || sudoers.Contains(name)
                || rules.Exists(r => new ShellScript([$"{name} {r}"]).SudoersWithoutPassword.Any()),
        };
    }

    private static List<string> Keys(MappingNode? mapping, string key, FindingList findings)
    {
        var keys = new List<string>();
        foreach (var item in mapping?.Items(key).OfType<ScalarNode>() ?? [])
        {
            if (PublicKey.Parse(item.Text) is null)
            {
                findings.Useless("ssh-key", item.Line, $"{key}: this is no public key that sshd would read: a login with it is refused", item.Column);
            }

            keys.Add(item.Text.Trim());
        }

        return keys;
    }

    private static bool IsUserName(string name) =>
        name.Length is > 0 and <= 32 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-') && name != "root";
}
