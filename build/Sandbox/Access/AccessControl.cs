using Sandbox.Api;

namespace Sandbox.Access;

/// <summary>
/// What users and tokens may do where. The rules are Proxmox VE's: the entry on the deepest path replaces what is
/// inherited from above; a pool's entries also hold for its members; a token with privilege separation has at most
/// what its user has; <c>root@pam</c> may everything.
/// </summary>
internal sealed class AccessControl(NodeState state, Privileges privileges, FaultSet faults)
{
    public const string Root = "root@pam";

    /// <summary>The role's privileges, or null when there is no such role.</summary>
    public IReadOnlyList<string>? Role(string name) =>
        privileges.BuiltInRoles.GetValueOrDefault(name) ?? state.Roles.GetValueOrDefault(name);

    /// <summary>The privileges on a path, each with whether it also holds below.</summary>
    public Dictionary<string, bool> On(string authId, string path)
    {
        if (authId == Root)
        {
            return privileges.All.ToDictionary(p => p, _ => true);
        }

        var (user, token) = Split(authId);
        if (!state.Users.TryGetValue(user, out var entry))
        {
            return [];
        }

        Dictionary<string, bool> result;
        if (token is null)
        {
            result = Expand(Roles(authId, path));
        }
        else if (!entry.Tokens.TryGetValue(token, out var tokenEntry))
        {
            return [];
        }
        else
        {
            var users = On(user, path);
            result = tokenEntry.PrivilegeSeparated
                ? Expand(Roles(authId, path)).Where(p => users.ContainsKey(p.Key)).ToDictionary(p => p.Key, p => p.Value && users[p.Key])
                : users;
        }

        foreach (var missing in faults.WithheldPrivileges.Concat(faults.RevokedPrivileges))
        {
            result.Remove(missing);
        }

        return result;
    }

    public bool Has(string authId, string path, string privilege) => On(authId, path).ContainsKey(privilege);

    public bool HasAny(string authId, string path, params IEnumerable<string> any)
    {
        var held = On(authId, path);
        return any.Any(held.ContainsKey);
    }

    /// <summary>Fails with 403 unless all of the privileges are held on the path.</summary>
    public void Require(string authId, string path, params IEnumerable<string> all)
    {
        var held = On(authId, path);
        foreach (var privilege in all)
        {
            if (!held.ContainsKey(privilege))
            {
                throw ApiException.Forbidden($"{path}, {privilege}");
            }
        }
    }

    /// <summary>Fails with 403 unless one of the privileges is held on the path.</summary>
    public void RequireAny(string authId, string path, params IEnumerable<string> any)
    {
        if (!HasAny(authId, path, any))
        {
            throw ApiException.Forbidden($"{path}, {string.Join('|', any)}");
        }
    }

    /// <summary>Whether a bridge or VNet is shown: to who may use or audit it as a whole, or one of its VLANs.</summary>
    public bool MaySeeBridge(string authId, string zone, string bridge)
    {
        var path = $"/sdn/zones/{zone}/{bridge}";
        return state.Acl.Select(a => a.Path).Where(p => p.StartsWith(path + "/", StringComparison.Ordinal)).Prepend(path)
            .Any(p => HasAny(authId, p, "SDN.Audit", "SDN.Use"));
    }

    /// <summary>Whether the permissions of a path may be changed: its own kind's administrator may, too.</summary>
    public void RequireModify(string authId, string path)
    {
        if (path.Length == 0)
        {
            Require(authId, "/access", "Permissions.Modify");
            return;
        }

        string[] also = path.Split('/') switch
        {
            ["", "storage", _, ..] => ["Datastore.Allocate"],
            ["", "vms", _, ..] => ["VM.Allocate"],
            ["", "pool", _, ..] => ["Pool.Allocate"],
            _ => [],
        };
        RequireAny(authId, path, ["Permissions.Modify", .. also]);
    }

    /// <summary>Whether the caller may change the permissions of a path, and so sees them.</summary>
    public bool MayModify(string authId, string path)
    {
        try
        {
            RequireModify(authId, path);
            return true;
        }
        catch (ApiException)
        {
            return false;
        }
    }

    /// <summary>Checks an endpoint's permission; nothing is asked of root.</summary>
    public void Check(Permission permission, ApiCall call)
    {
        if (call.Caller.AuthId != Root)
        {
            Passes(permission, call, quiet: false);
        }
    }

    /// <summary>An ACL path without doubled or trailing slashes, or null when the system knows no such place.</summary>
    public static string? Normalize(string path)
    {
        const string Name = "[A-Za-z0-9._-]+";
        return Clean(path) is { } clean && ValueCheck.Matches(
            $"/|/access|/access/(groups|realm)(/{Name})?|/(nodes|storage)(/{Name})?|/pool(/{Name}){{0,3}}|/vms(/[1-9][0-9]{{2,}})?|/mapping(/{Name}){{0,2}}"
            + $"|/sdn|/sdn/(controllers|dns|fabrics|ipams|prefix-lists|route-maps)(/{Name})?|/sdn/zones(/{Name}(/{Name}(/[1-9][0-9]{{0,3}})?)?)?",
            clean) ? clean : null;
    }

    private static string? Clean(string path)
    {
        var clean = "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return path.Length > 0 && ValueCheck.Matches("[A-Za-z0-9._/-]+", clean) ? clean : null;
    }

    /// <summary>Fails unless it can be the name of a user: <c>packer@pve</c>.</summary>
    public static string VerifyUserName(string? userId) => userId switch
    {
        null or { Length: < 3 } => throw ApiException.Failed($"user name '{userId}' is too short"),
        { Length: > 64 } => throw ApiException.Failed($"user name '{userId}' is too long ({userId.Length} > 64)"),
        _ => ValueCheck.Matches(@"[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+", userId) ? userId : throw ApiException.Failed($"value '{userId}' does not look like a valid user name"),
    };

    /// <summary>The user and the token's name.</summary>
    public static (string User, string? Token) Split(string authId)
    {
        var mark = authId.IndexOf('!', StringComparison.Ordinal);
        return mark < 0 ? (authId, null) : (authId[..mark], authId[(mark + 1)..]);
    }

    public UserEntry RequireUser(string userId) =>
        state.Users.TryGetValue(userId, out var user) ? user : throw ApiException.Failed($"no such user ('{userId}')");

    private static string Fill(string template, ApiCall call)
    {
        foreach (var (name, value) in call.Parameters)
        {
            template = template.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        }

        return template;
    }

    // Within "or" a part that does not hold is passed over quietly; only an "and" there fails as a whole, as on the real server.
    private bool Passes(Permission permission, ApiCall call, bool quiet)
    {
        var caller = call.Caller.AuthId;
        switch (permission.Test)
        {
            case PermissionTest.World or PermissionTest.AnyUser:
                return true;
            case PermissionTest.And:
                return permission.Parts.All(p => Passes(p, call, quiet: false));
            case PermissionTest.Or:
                return permission.Parts.Any(p => Passes(p, call, quiet: true)) || Refuse(quiet, null);
            case PermissionTest.Perm:
                var path = Fill(permission.Path, call);
                return permission.RequireParameter is { } needed && !call.Has(needed) ? Refuse(quiet, null) : Holds(caller, path, permission, quiet);
            case PermissionTest.PermModify:
                return PassesModify(caller, Clean(Fill(permission.Path, call)));
            case PermissionTest.UserIdSelf:
                var self = VerifyUserName(call.TextOrNull("userid"));
                return Exists(self, quiet) && (caller == self || Refuse(quiet, null));
            case PermissionTest.UserIdRealm:
                return Holds(caller, "/access/realm/" + VerifyUserName(call.TextOrNull("userid")).Split('@')[^1], permission, quiet);
            default:
                return PassesGroup(permission, call, quiet);
        }
    }

    // There are no groups here, so that only the privilege for all of them counts.
    private bool PassesGroup(Permission permission, ApiCall call, bool quiet)
    {
        var existing = permission.GroupsParameter != "create";
        if (existing && !Exists(call.TextOrNull("userid") ?? "", quiet))
        {
            return false;
        }

        if (HasAny(call.Caller.AuthId, "/access/groups", permission.Privileges))
        {
            return true;
        }

        if (permission.GroupsParameter is not null)
        {
            var group = Formats.Split(call.TextOrNull("groups")).Select(g => "/" + g).FirstOrDefault() ?? "";
            return Refuse(false, $"/access/groups{group}, {string.Join('|', permission.Privileges)}");
        }

        return Refuse(quiet, null);
    }

    private bool PassesModify(string caller, string? path)
    {
        // A path with other characters is refused by the endpoint, by name.
        if (path is not null)
        {
            RequireModify(caller, path);
        }

        return true;
    }

    private bool Exists(string userId, bool quiet) =>
        state.Users.ContainsKey(userId) || (quiet ? false : throw ApiException.Failed($"no such user ('{userId}')"));

    private static bool Refuse(bool quiet, string? what) => quiet ? false : throw ApiException.Forbidden(what);

    private bool Holds(string caller, string path, Permission permission, bool quiet)
    {
        var held = On(caller, path);
        if (permission.Any)
        {
            return permission.Privileges.Any(held.ContainsKey) || Refuse(quiet, $"{path}, {string.Join('|', permission.Privileges)}");
        }

        return permission.Privileges.FirstOrDefault(p => !held.ContainsKey(p)) is not { } missing || Refuse(quiet, $"{path}, {missing}");
    }

    private Dictionary<string, bool> Expand(Dictionary<string, bool> roles)
    {
        var result = new Dictionary<string, bool>(StringComparer.Ordinal);
        if (roles.ContainsKey("NoAccess"))
        {
            return result;
        }

        foreach (var (role, propagate) in roles)
        {
            foreach (var privilege in Role(role) ?? [])
            {
                result[privilege] = result.GetValueOrDefault(privilege) || propagate;
            }
        }

        return result;
    }

    /// <summary>The roles on a path, each with whether it propagates.</summary>
    private Dictionary<string, bool> Roles(string authId, string path)
    {
        var roles = RolesOfTree(authId, path);
        var pooled = state.Pools.Where(p => IsMember(p.Value, path)).SelectMany(p => RolesOfTree(authId, "/pool/" + p.Key).Keys).ToHashSet(StringComparer.Ordinal);
        if (pooled.Contains("NoAccess") && !roles.ContainsKey("NoAccess"))
        {
            return new Dictionary<string, bool> { ["NoAccess"] = false };
        }

        // What comes from a pool holds for the member, and not below it.
        foreach (var role in pooled)
        {
            roles.TryAdd(role, false);
        }

        return roles;
    }

    private Dictionary<string, bool> RolesOfTree(string authId, string path)
    {
        var roles = new Dictionary<string, bool>(StringComparer.Ordinal);
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var depth = 0; depth <= parts.Length; depth++)
        {
            var here = "/" + string.Join('/', parts[..depth]);
            var entries = state.Acl.Where(a => a.Path == here && a.AuthId == authId && (depth == parts.Length || a.Propagate)).ToList();
            if (entries.Count > 0)
            {
                roles = entries.ToDictionary(e => e.Role, e => e.Propagate);
            }
        }

        return roles;
    }

    private static bool IsMember(PoolEntry pool, string path) => path.Split('/') switch
    {
        ["", "vms", var id] => int.TryParse(id, out var vmid) && pool.Machines.Contains(vmid),
        ["", "storage", var storage] => pool.Storages.Contains(storage),
        _ => false,
    };
}
