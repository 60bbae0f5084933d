using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Who has which role where, and what that comes to.</summary>
internal static class AclEndpoints
{
    // Paths that are always shown, so that what holds there can be seen without naming them.
    private static readonly string[] CommonPaths = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/access/acl", Permission.AnyUser, Answer.List("path", "propagate", "roleid", "type", "ugid")) { Run = List },
        new("PUT", "/access/acl", new Permission(PermissionTest.PermModify) { Path = "{path}" }, Answer.Nothing)
        {
            Parameters =
            [
                P.Flag("delete?"),
                P.Text("groups?", "pve-groupid-list"),
                P.Text("path"),
                P.Flag("propagate?"),
                P.Text("roles", "pve-roleid-list"),
                P.Text("tokens?", "pve-tokenid-list"),
                P.Text("users?", "pve-userid-list"),
            ],
            Run = Update,
        },
        new("GET", "/access/permissions", Permission.AnyUser, Answer.Object())
        {
            Parameters =
            [
                P.Text("path?"),
                P.Text("userid?", pattern: @"(?^:^(?^:[^\s:/]+)\@(?^:[A-Za-z][A-Za-z0-9\.\-_]+)(?:!(?^:[A-Za-z][A-Za-z0-9\.\-_]+))?$)"),
            ],
            Run = Permissions,
        },
    ];

    private static JsonArray List(ApiCall call)
    {
        var audit = call.May("/access", "Sys.Audit");
        return new JsonArray([.. call.State.Acl
            .Where(a => audit || call.Node.Access.MayModify(call.Caller.AuthId, a.Path))
            .Select(a => (JsonNode)new JsonObject
            {
                ["path"] = a.Path,
                ["type"] = a.AuthId.Contains('!', StringComparison.Ordinal) ? "token" : "user",
                ["ugid"] = a.AuthId,
                ["roleid"] = a.Role,
                ["propagate"] = a.Propagate ? 1 : 0,
            })]);
    }

    private static JsonNode? Update(ApiCall call)
    {
        if (!call.Has("users") && !call.Has("groups") && !call.Has("tokens"))
        {
            throw ApiException.Parameters(new Dictionary<string, string>
            {
                ["users"] = "either 'users', 'groups' or 'tokens' is required.",
                ["groups"] = "either 'users', 'groups' or 'tokens' is required.",
                ["tokens"] = "either 'users', 'groups' or 'tokens' is required.",
            });
        }

        var path = AccessControl.Normalize(call.Text("path"))
            ?? throw ApiException.Parameter("path", $"invalid ACL path '{call.Text("path")}'");
        var roles = Formats.Split(call.Text("roles"));
        string[] users = Formats.Split(call.TextOrNull("users")), tokens = Formats.Split(call.TextOrNull("tokens"));
        foreach (var role in roles)
        {
            RequireGrantable(call, path, role);
            foreach (var group in Formats.Split(call.TextOrNull("groups")))
            {
                throw ApiException.Failed($"ACL update failed: group '{group}' does not exist");
            }

            foreach (var user in users.Where(u => !call.State.Users.ContainsKey(AccessControl.VerifyUserName(u))))
            {
                throw ApiException.Failed($"ACL update failed: user '{user}' does not exist");
            }

            foreach (var token in tokens)
            {
                RequireExisting(call, token);
            }
        }

        foreach (var authId in users.Concat(tokens))
        {
            foreach (var role in roles)
            {
                call.State.Acl.RemoveAll(a => a.Path == path && a.AuthId == authId && a.Role == role);
                if (!call.Flag("delete"))
                {
                    call.State.Acl.Add(new AclEntry(path, authId, role, call.Flag("propagate", true)));
                }
            }
        }

        return null;
    }

    // Who may change a path's permissions only as its administrator can give away no more than it has there.
    private static void RequireGrantable(ApiCall call, string path, string role)
    {
        var privileges = call.Node.Access.Role(role) ?? throw ApiException.Failed($"ACL update failed: role '{role}' does not exist");
        var held = call.Node.Access.On(call.Caller.AuthId, path);
        if (held.ContainsKey("Permissions.Modify"))
        {
            return;
        }

        var verb = call.Flag("delete") ? "remove" : "add";
        if (role == "NoAccess" || privileges.Any(p => !held.ContainsKey(p)))
        {
            throw ApiException.Parameter("role", $"Cannot {verb} role '{role}' - requires 'Permissions.Modify'{(role == "NoAccess" ? "" : " or superset of privileges.")}");
        }

        if (!call.Flag("delete") && call.Flag("propagate", true) && privileges.Any(p => !held[p]))
        {
            throw ApiException.Parameter("role", $"Cannot add role '{role}' with propagation - requires 'Permissions.Modify' or propagated superset of privileges.");
        }
    }

    private static void RequireExisting(ApiCall call, string authId)
    {
        var (userId, token) = AccessControl.Split(authId);
        if (!call.State.Users.TryGetValue(userId, out var user))
        {
            throw ApiException.Failed($"ACL update failed: no such user ('{userId}')");
        }

        if (token is not null && !user.Tokens.ContainsKey(token))
        {
            throw ApiException.Failed($"ACL update failed: no such token '{token}' for user '{userId}'");
        }
    }

    private static JsonObject Permissions(ApiCall call)
    {
        var who = call.TextOrNull("userid") ?? call.Caller.AuthId;
        var (userId, _) = AccessControl.Split(who);
        if (who != call.Caller.AuthId && (userId != call.Caller.UserId || call.Caller.TokenName is not null))
        {
            call.Require("/access", "Sys.Audit");
        }

        if (call.TextOrNull("path") is { } path)
        {
            return new JsonObject { [path] = Describe(call.Node.Access.On(who, path)) };
        }

        var paths = CommonPaths.Concat(call.State.Acl.Select(a => a.Path)).Concat(call.State.Pools.SelectMany(Members)).Distinct().Order(StringComparer.Ordinal);
        var answer = new JsonObject();
        foreach (var one in paths)
        {
            var held = call.Node.Access.On(who, one);
            if (held.Count > 0)
            {
                answer[one] = Describe(held);
            }
        }

        return answer;
    }

    private static JsonObject Describe(Dictionary<string, bool> held) =>
        new(held.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)(p.Value ? 1 : 0))));

    private static IEnumerable<string> Members(KeyValuePair<string, PoolEntry> pool) =>
        pool.Value.Machines.Select(m => $"/vms/{m}").Concat(pool.Value.Storages.Select(s => $"/storage/{s}"));
}
