using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Roles.</summary>
internal static class RoleEndpoints
{
    private static readonly Parameter RoleId = P.Text("roleid", "pve-roleid");
    private static readonly Parameter Privileges = P.Text("privs?", "pve-priv-list");
    private static readonly Permission SysModify = Permission.All("/access", "Sys.Modify");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/access/roles", Permission.AnyUser, Answer.List("roleid", "privs", "special"))
        {
            Run = call => new JsonArray([.. Names(call).Select(name => (JsonNode)new JsonObject
            {
                ["roleid"] = name,
                ["privs"] = string.Join(',', call.Node.Access.Role(name)!.Order(StringComparer.Ordinal)),
                ["special"] = IsBuiltIn(call, name) ? 1 : 0,
            })]),
        },
        new("POST", "/access/roles", SysModify, Answer.Nothing) { Parameters = [RoleId, Privileges], Run = Create },
        new("GET", "/access/roles/{roleid}", Permission.AnyUser, Answer.Object())
        {
            Parameters = [RoleId],
            Run = call => new JsonObject((call.Node.Access.Role(call.Text("roleid")) ?? throw Missing(call)).Select(p => KeyValuePair.Create(p, (JsonNode?)1))),
        },
        new("PUT", "/access/roles/{roleid}", SysModify, Answer.Nothing)
        {
            Parameters = [RoleId, Privileges, P.Flag("append?", requires: "privs")],
            Run = Update,
        },
        new("DELETE", "/access/roles/{roleid}", SysModify, Answer.Nothing) { Parameters = [RoleId], Run = Delete },
    ];

    private static IEnumerable<string> Names(ApiCall call) =>
        call.Node.Privileges.BuiltInRoles.Keys.Concat(call.State.Roles.Keys).Order(StringComparer.Ordinal);

    private static bool IsBuiltIn(ApiCall call, string role) => call.Node.Privileges.BuiltInRoles.ContainsKey(role);

    private static ApiException Missing(ApiCall call, string doing = "") => ApiException.Failed($"{doing}role '{call.Text("roleid")}' does not exist");

    private static JsonNode? Create(ApiCall call)
    {
        var role = call.Text("roleid");
        if (role.StartsWith("PVE", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.Parameter("roleid", "cannot use role ID starting with the (case-insensitive) 'PVE' namespace");
        }

        if (call.Node.Access.Role(role) is not null)
        {
            throw ApiException.Failed($"create role failed: role '{role}' already exists");
        }

        call.State.Roles[role] = Known(call);
        return null;
    }

    private static JsonNode? Update(ApiCall call)
    {
        var role = call.Text("roleid");
        if (IsBuiltIn(call, role))
        {
            throw ApiException.Failed($"auto-generated role '{role}' cannot be modified");
        }

        if (!call.State.Roles.TryGetValue(role, out var before))
        {
            throw Missing(call, "update role failed: ");
        }

        call.State.Roles[role] = call.Flag("append") ? [.. before.Union(Known(call))] : Known(call);
        return null;
    }

    private static JsonNode? Delete(ApiCall call)
    {
        var role = call.Text("roleid");
        if (IsBuiltIn(call, role))
        {
            throw ApiException.Failed($"auto-generated role '{role}' cannot be deleted");
        }

        if (!call.State.Roles.Remove(role))
        {
            throw Missing(call, "delete role failed: ");
        }

        call.State.Acl.RemoveAll(a => a.Role == role);
        return null;
    }

    // A privilege that this version does not have (VM.Monitor on 9) is refused, as on a real node.
    private static string[] Known(ApiCall call)
    {
        var privileges = Formats.Split(call.TextOrNull("privs"));
        return privileges.FirstOrDefault(p => !call.Node.Privileges.All.Contains(p)) is { } unknown
            ? throw ApiException.Parameter("privs", $"invalid format - invalid privilege '{unknown}'\n")
            : [.. privileges.Distinct()];
    }
}
