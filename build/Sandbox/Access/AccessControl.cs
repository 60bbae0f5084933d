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
            ["", "storage", _] => ["Datastore.Allocate"],
            ["", "vms", _] => ["VM.Allocate"],
            ["", "pool", _] => ["Pool.Allocate"],
            ["", "sdn", ..] => ["SDN.Allocate"],
            _ => [],
        };
        RequireAny(authId, path, ["Permissions.Modify", .. also]);
    }

    /// <summary>Checks an endpoint's permission.</summary>
    public void Check(Permission permission, ApiCall call)
    {
        var caller = call.Caller.AuthId;
        switch (permission.Test)
        {
            case PermissionTest.World or PermissionTest.AnyUser:
                return;
            case PermissionTest.And:
                foreach (var part in permission.Parts)
                {
                    Check(part, call);
                }

                return;
            case PermissionTest.Or:
                if (!permission.Parts.Any(p => Passes(p, call)))
                {
                    throw ApiException.Forbidden();
                }

                return;
            case PermissionTest.Perm:
                CheckPath(permission, call);
                return;
            case PermissionTest.PermModify:
                RequireModify(caller, Normalize(Fill(permission.Path, call)) ?? "/");
                return;
            case PermissionTest.UserIdSelf:
                RequireUser(call.Text("userid"));
                if (caller != call.Text("userid"))
                {
                    throw ApiException.Forbidden();
                }

                return;
            case PermissionTest.UserIdRealm:
                Require(caller, "/access/realm/" + call.Text("userid").Split('@')[^1], permission.Privileges);
                return;
            default:
                if (permission.GroupsParameter != "create")
                {
                    RequireUser(call.Text("userid"));
                }

                RequireAny(caller, "/access/groups", permission.Privileges);
                return;
        }
    }

    /// <summary>An ACL path without doubled or trailing slashes, or null when the system knows no such place.</summary>
    public static string? Normalize(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var known = path.StartsWith('/') && parts switch
        {
            [] => true,
            ["access"] or ["access", "groups" or "realm", ..] => true,
            ["nodes" or "pool" or "storage" or "vms" or "mapping" or "sdn"] => true,
            ["nodes" or "storage", _] => true,
            ["vms", var id] => ValueCheck.Matches("[1-9][0-9]{2,8}", id),
            ["pool", _] or ["pool", _, _] or ["pool", _, _, _] => true,
            ["mapping", ..] => parts.Length <= 3,
            ["sdn", "zones", ..] => parts.Length <= 5,
            ["sdn", ..] => parts.Length <= 4,
            _ => false,
        };
        return known ? "/" + string.Join('/', parts) : null;
    }

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

    private bool Passes(Permission permission, ApiCall call)
    {
        try
        {
            Check(permission, call);
            return true;
        }
        catch (ApiException)
        {
            return false;
        }
    }

    private void CheckPath(Permission permission, ApiCall call)
    {
        if (permission.RequireParameter is { } needed && !call.Has(needed))
        {
            throw ApiException.Forbidden();
        }

        var path = Fill(permission.Path, call);
        if (permission.Any)
        {
            RequireAny(call.Caller.AuthId, path, permission.Privileges);
        }
        else
        {
            Require(call.Caller.AuthId, path, permission.Privileges);
        }
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
        foreach (var pool in state.Pools.Where(p => IsMember(p.Value, path)))
        {
            foreach (var (role, _) in RolesOfTree(authId, "/pool/" + pool.Key))
            {
                roles.TryAdd(role, true);
            }
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
