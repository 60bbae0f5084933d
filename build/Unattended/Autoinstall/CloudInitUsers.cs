namespace Unattended.Autoinstall;

/// <summary>
/// The accounts of an Ubuntu installation: the one of <c>identity</c>, and those of cloud-init's <c>users</c>, <c>user</c>,
/// <c>password</c> and <c>chpasswd</c> in <c>user-data</c>, which is applied at the installed system's first start
/// (subiquity's models/subiquity.py, _cloud_init_config; cloud-init's distros/ug_util.py, cc_users_groups, cc_ssh and
/// cc_set_passwords).
/// </summary>
internal sealed class CloudInitUsers
{
    // Ubuntu's /etc/cloud/cloud.cfg: the user that exists as long as users does not say otherwise.
    private const string DefaultUser = "ubuntu";

    private readonly List<UnattendedAccount> accounts = [];
    private readonly MappingNode autoinstall;
    private readonly MappingNode? userData;
    private readonly HashSet<string> sudoers;
    private readonly UbuntuMedium medium;
    private readonly FindingList findings;
    private string? defaultUser;

    private CloudInitUsers(MappingNode autoinstall, ShellScript script, UbuntuMedium medium, FindingList findings)
    {
        (this.autoinstall, this.medium, this.findings) = (autoinstall, medium, findings);
        userData = autoinstall.Mapping("user-data");
        sudoers = script.SudoersWithoutPassword.ToHashSet();
    }

    /// <summary>Whether keys are fetched from somewhere, so that they cannot be seen.</summary>
    internal static bool ImportsKeys(MappingNode autoinstall)
    {
        var userData = autoinstall.Mapping("user-data");
        return userData?["ssh_import_id"] is SequenceNode
            || (userData?.Items("users").OfType<MappingNode>().Any(u => Get(u, "ssh_import_id") is not null) ?? false);
    }

    internal static List<UnattendedAccount> Read(MappingNode autoinstall, ShellScript script, bool unclear, UbuntuMedium medium, FindingList findings)
    {
        var users = new CloudInitUsers(autoinstall, script, medium, findings);
        users.Identity();
        users.Users();
        users.DefaultsAndPasswords();
        var written = script.Keys().ToLookup(k => k.Account, k => k.Key);
        List<UnattendedAccount> accounts = [.. users.accounts.Select(a => a with { AuthorizedKeys = [.. a.AuthorizedKeys, .. written[a.Name]] })];
        if (accounts.TrueForAll(a => !a.HasPassword && a.AuthorizedKeys.Count == 0) && !findings.HasErrors)
        {
            findings.JudgeUseless(!unclear, "autoinstall-no-login", autoinstall.Line, "no account has an SSH key or password: nobody can log in to the installed system");
        }

        return accounts;
    }

    private void Identity()
    {
        if (autoinstall.Mapping("identity") is not { } identity)
        {
            if (autoinstall["user-data"] is null && !autoinstall.Items("interactive-sections").Any())
            {
                findings.Error("autoinstall-no-identity", autoinstall.Line, "neither identity nor user-data provided: the installer stops because no account would be created");
            }

            return;
        }

        var name = identity.Text("username")!;
        var password = identity.Text("password")!;
        var hash = PasswordHash.IsHash(password);
        var node = identity["password"]!;
        var keys = Keys(autoinstall.Mapping("ssh"), "authorized-keys");
        if (!IsUserName(name))
        {
            findings.Error("autoinstall-username", identity["username"]!.Line, $"'{name}' is no user name that the installer accepts");
        }
        else if (ReservedNames.Contains(name))
        {
            findings.Judge(medium.IsFrom(UbuntuMedium.UserNames), "autoinstall-username", identity["username"]!.Line, $"'{name}' is no user name that the installer accepts: it is reserved by the system");
        }

        if (!hash && !PasswordHash.IsLock(password))
        {
            const string What = "identity.password is a crypt(3) hash, and this is not one: no password would ever match it";
            findings.JudgeUseless(keys.Count == 0, "autoinstall-password-hash", node.Line, keys.Count > 0 ? What : $"{What}, and there is no key either", node.Column);
        }

        accounts.Add(new UnattendedAccount
        {
            Name = name,
            PasswordHash = hash ? password : null,
            Locked = !hash,
            AuthorizedKeys = keys,
            // The account is in the groups adm and sudo; sudo asks for the password unless a rule says otherwise.
            Administrator = sudoers.Contains(name) || sudoers.Contains("%sudo") || sudoers.Contains("%adm"),
        });
    }

    private void Users()
    {
        if (userData is null)
        {
            return;
        }

        // Without users the distribution's list counts, which has the default user alone; identity makes a list of its own.
        if (userData["users"] is null && autoinstall.Mapping("identity") is null)
        {
            AddDefault();
        }

        switch (userData["users"])
        {
            case SequenceNode list:
                list.Items.ToList().ForEach(User);
                break;
            case MappingNode map:
                foreach (var (key, value) in map.Entries)
                {
                    User(key.Text, value as MappingNode);
                }

                break;
            case ScalarNode { TypeName: "string" } names:
                foreach (var name in names.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    User(name, null);
                }

                break;
        }
    }

    private void User(Node entry)
    {
        switch (entry)
        {
            case ScalarNode scalar:
                User(scalar.Text, null);
                break;
            case MappingNode mapping when mapping.Text("name") is { } name:
                User(name, mapping);
                break;
            case MappingNode mapping when mapping["snapuser"] is not null:
                break;
            default:
                findings.Useless("cloud-init-user", entry.Line, "user-data.users: an entry without a name: cloud-init creates no account for it");
                break;
        }
    }

    private void User(string name, MappingNode? user)
    {
        if (name == "default")
        {
            AddDefault();
            return;
        }

        var made = user is null ? new UnattendedAccount { Name = name, Locked = true } : Account(user, name);
        if (accounts.Find(a => a.Name == name) is { } identity)
        {
            // The two are merged by the name. The account is there when cloud-init starts, with lock_passwd: false.
            accounts.Remove(identity);
            made = made with
            {
                Password = made.Password ?? identity.Password,
                PasswordHash = made.PasswordHash ?? identity.PasswordHash,
                Locked = identity.Locked && made.Locked,
                AuthorizedKeys = [.. identity.AuthorizedKeys, .. made.AuthorizedKeys],
                Administrator = identity.Administrator || made.Administrator,
            };
        }

        accounts.Add(made);
    }

    private void AddDefault()
    {
        var user = userData?.Mapping("user");
        defaultUser = user?.Text("name") ?? userData?.Text("user") ?? DefaultUser;
        var own = user is null ? new UnattendedAccount { Name = defaultUser, Locked = true } : Account(user, defaultUser);
        accounts.Add(own with { Administrator = true });
    }

    /// <summary>The keys at the top, which go to the default user and root, and the passwords of password and chpasswd.</summary>
    private void DefaultsAndPasswords()
    {
        List<string> keys = [.. Keys(userData, "ssh_authorized_keys")];
        var ssh = autoinstall.Mapping("ssh");
        if (autoinstall.Mapping("identity") is null)
        {
            keys.AddRange(Keys(ssh, "authorized-keys"));
        }

        var rootAllowed = userData?.Flag("disable_root") == false;
        if (keys.Count > 0 && rootAllowed)
        {
            accounts.Add(new UnattendedAccount { Name = "root", Locked = true, AuthorizedKeys = keys, Administrator = true });
        }

        if (defaultUser is not null)
        {
            Change(defaultUser, a => a with { AuthorizedKeys = [.. a.AuthorizedKeys, .. keys] });
        }
        else if (!rootAllowed && autoinstall.Mapping("identity") is null && (ssh?.Items("authorized-keys").Any() ?? false))
        {
            var nobody = accounts.TrueForAll(a => !a.HasPassword && a.AuthorizedKeys.Count == 0) && !ImportsKeys(autoinstall) && userData?["chpasswd"] is null;
            findings.JudgeUseless(nobody, "autoinstall-keys-lost", ssh["authorized-keys"]!.Line, "ssh.authorized-keys are for the account of identity or the default user, and there is neither: put the keys into user-data.users[].ssh_authorized_keys");
        }

        if (userData?.Text("password") is { } password && (defaultUser ?? accounts.FirstOrDefault()?.Name) is { } owner)
        {
            Change(owner, a => WithPassword(a, password, PasswordHash.IsHash(password)));
        }

        foreach (var entry in userData?.Mapping("chpasswd")?.Items("users").OfType<MappingNode>() ?? [])
        {
            if (entry.Text("name") is { } name)
            {
                var text = entry.Text("password") ?? "";
                var random = entry.Text("type") == "RANDOM";
                Change(name, a => random ? a : WithPassword(a, text, entry.Text("type") is null or "hash"));
            }
        }

        var list = userData?.Mapping("chpasswd")?["list"];
        foreach (var line in list is ScalarNode text2 ? text2.Text.Split('\n') : (list as SequenceNode)?.Items.OfType<ScalarNode>().Select(s => s.Text) ?? [])
        {
            var parts = line.Trim().Split(':', 2);
            if (parts.Length == 2 && parts[1] is not ("R" or "RANDOM"))
            {
                Change(parts[0], a => WithPassword(a, parts[1], PasswordHash.IsHash(parts[1])));
            }
        }
    }

    private static UnattendedAccount WithPassword(UnattendedAccount account, string password, bool hash) => account with
    {
        Password = hash ? null : password,
        PasswordHash = hash ? password : null,
        Locked = false,
    };

    private void Change(string name, Func<UnattendedAccount, UnattendedAccount> change)
    {
        var at = accounts.FindIndex(a => a.Name == name);
        if (at >= 0)
        {
            accounts[at] = change(accounts[at]);
        }
        else if (name == "root")
        {
            accounts.Add(change(new UnattendedAccount { Name = name, Locked = true, Administrator = true }));
        }
    }

    private UnattendedAccount Account(MappingNode user, string name)
    {
        var hash = Text(user, "hashed_passwd") ?? user.Text("passwd");
        var plain = Text(user, "plain_text_passwd");
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
            Locked = (Get(user, "lock_passwd") as ScalarNode)?.IsTrue ?? true,
            AuthorizedKeys = [.. Keys(user, "ssh_authorized_keys"), .. Keys(user, "ssh-authorized-keys")],
            Administrator = name == "root" || sudoers.Contains(name)
                || Groups(user).Any(g => sudoers.Contains("%" + g))
                || rules.Exists(r => new ShellScript([$"{name} {r}"]).SudoersWithoutPassword.Any()),
        };
    }

    private static IEnumerable<string> Groups(MappingNode user) => user["groups"] switch
    {
        ScalarNode scalar => scalar.Text.Split(',', StringSplitOptions.TrimEntries),
        SequenceNode sequence => sequence.Items.OfType<ScalarNode>().Select(s => s.Text),
        MappingNode mapping => mapping.Entries.Select(e => e.Key.Text),
        _ => [],
    };

    // cloud-init reads lock-passwd for lock_passwd, and so on (distros/ug_util.py: hyphens become underscores).
    private static Node? Get(MappingNode mapping, string key) => mapping[key] ?? mapping[key.Replace('_', '-')];

    private static string? Text(MappingNode mapping, string key) => Get(mapping, key) is ScalarNode { TypeName: not "null" } scalar ? scalar.Text : null;

    private List<string> Keys(MappingNode? mapping, string key)
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

    // subiquity's controllers/identity.py: USERNAME_REGEX, USERNAME_MAXLEN; root is in use.
    private static bool IsUserName(string name) =>
        name.Length is > 0 and <= 32 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');

    // subiquity's reserved-usernames.
    private static readonly HashSet<string> ReservedNames = [.. DataTable.Read("reserved-usernames.tsv").Select(r => r[0])];
}
