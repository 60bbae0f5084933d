using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Users. Groups are not kept here: naming one is an error.</summary>
internal static class UserEndpoints
{
    private static readonly Parameter UserId = P.Text("userid", "pve-userid", max: 64);

    private static readonly Parameter[] Properties =
    [
        P.Text("comment?", max: 2048),
        P.Text("email?", "email-opt", max: 254),
        P.Flag("enable?"),
        P.Whole("expire?", 0),
        P.Text("firstname?", max: 1024),
        P.Text("groups?", "pve-groupid-list"),
        P.Text("keys?", pattern: "[0-9a-zA-Z!=]{0,4096}"),
        P.Text("lastname?", max: 1024),
    ];

    private static readonly Permission Realm = new(PermissionTest.UserIdRealm) { Privileges = ["Realm.AllocateUser"] };

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/access/users", Permission.AnyUser, Answer.List("userid"))
        {
            Parameters = [P.Flag("enabled?"), P.Flag("full?")],
            Run = List,
        },
        new("POST", "/access/users", Permission.Both(Realm, Permission.UserGroup("create", "User.Modify")), Answer.Nothing)
        {
            Parameters = [UserId, P.Text("password?", min: 8, max: 64), .. Properties],
            Run = Create,
        },
        new("GET", "/access/users/{userid}", Permission.UserGroup(null, "User.Modify", "Sys.Audit"), Answer.Object("enable"))
        {
            Parameters = [UserId],
            Run = call => Describe(call.Node.Access.RequireUser(call.Text("userid")), withTokens: true),
        },
        new("PUT", "/access/users/{userid}", Permission.UserGroup("update", "User.Modify"), Answer.Nothing)
        {
            Parameters = [UserId, P.Flag("append?", requires: "groups"), .. Properties],
            Run = Update,
        },
        new(
            "PUT", "/access/password",
            Permission.Either(new(PermissionTest.UserIdSelf), Permission.Both(Realm, Permission.UserGroup(null, "User.Modify"))), Answer.Nothing)
        {
            Parameters = [UserId, P.Text("password", min: 8, max: 64), P.Text("confirmation-password?", min: 5, max: 64)],
            AllowsTokens = false,
            Run = ChangePassword,
        },
        new("DELETE", "/access/users/{userid}", Permission.Both(Realm, Permission.UserGroup(null, "User.Modify")), Answer.Nothing)
        {
            Parameters = [UserId],
            Run = Delete,
        },
    ];

    private static JsonArray List(ApiCall call)
    {
        var all = call.MayAny("/access/groups", "User.Modify", "Sys.Audit");
        var list = new JsonArray();
        foreach (var (id, user) in call.State.Users)
        {
            if ((!all && id != call.Caller.AuthId) || (call.Has("enabled") && call.Flag("enabled") != user.Enabled))
            {
                continue;
            }

            var entry = Describe(user, withTokens: false);
            entry["userid"] = id;
            entry["realm-type"] = id.Split('@')[^1];
            if (call.Flag("full"))
            {
                entry["tokens"] = new JsonArray([.. user.Tokens.Select(t => TokenEndpoints.Describe(t.Value, t.Key))]);
            }

            list.Add(entry);
        }

        return list;
    }

    private static JsonNode? Create(ApiCall call)
    {
        var id = call.Text("userid");
        var realm = id.Split('@')[^1];
        if (call.State.Users.ContainsKey(id))
        {
            throw ApiException.Failed($"create user failed: user '{id}' already exists");
        }

        var user = new UserEntry();
        Set(user, call, "create user failed");
        if (call.TextOrNull("password") is { } password)
        {
            if (realm is not ("pam" or "pve"))
            {
                throw ApiException.Failed($"create user failed: auth domain '{realm}' does not exist");
            }

            if (realm == "pam")
            {
                throw ApiException.Failed($"create user failed: changing the password of '{id.Split('@')[0]}' failed: user does not exist on the system");
            }

            user.Password = SecretHash.OfPassword(call.Node.Credentials.Remember(password));
        }

        call.State.Users[id] = user;
        return null;
    }

    private static JsonNode? Update(ApiCall call)
    {
        var id = call.Text("userid");
        var user = call.State.Users.GetValueOrDefault(id) ?? throw ApiException.Failed($"update user failed: no such user ('{id}')");
        Set(user, call, "update user failed");
        return null;
    }

    private static JsonNode? ChangePassword(ApiCall call)
    {
        var id = call.Text("userid");
        var user = call.Node.Access.RequireUser(id);
        var isRoot = call.Caller.UserId == AccessControl.Root;
        if (id == AccessControl.Root && !isRoot)
        {
            throw ApiException.Forbidden();
        }

        // Everybody but root has to confirm with the password of their own.
        if (!isRoot)
        {
            var own = call.TextOrNull("confirmation-password")
                ?? throw ApiException.Parameter("confirmation-password", "password is required to modify user");
            RequirePassword(call, call.Node.Credentials.Remember(own));
        }

        if (id.EndsWith("@pam", StringComparison.Ordinal))
        {
            throw isRoot || call.Caller.UserId == id
                ? ApiException.Failed($"changing the password of '{id.Split('@')[0]}' failed: users of the system are not kept here")
                : ApiException.Forbidden();
        }

        user.Password = SecretHash.OfPassword(call.Node.Credentials.Remember(call.Text("password")));
        return null;
    }

    private static JsonNode? Delete(ApiCall call)
    {
        var id = call.Text("userid");
        if (id == AccessControl.Root)
        {
            throw ApiException.Failed("delete user failed: the unsafe removal of root@pam is not allowed");
        }

        call.State.Users.Remove(id);
        call.State.Acl.RemoveAll(a => AccessControl.Split(a.AuthId).User == id);
        return null;
    }

    private static void RequirePassword(ApiCall call, string password)
    {
        try
        {
            call.Node.Credentials.LogIn(call.Caller.UserId, password);
        }
        catch (ApiException)
        {
            throw ApiException.Failed("invalid credentials");
        }
    }

    private static void Set(UserEntry user, ApiCall call, string doing)
    {
        foreach (var group in Formats.Split(call.TextOrNull("groups")))
        {
            throw ApiException.Failed($"{doing}: no such group '{group}'");
        }

        user.Enabled = call.Flag("enable", user.Enabled);
        user.Expire = call.Has("expire") ? long.Parse(call.Text("expire"), System.Globalization.CultureInfo.InvariantCulture) : user.Expire;
        user.Comment = call.TextOrNull("comment") ?? user.Comment;
        user.Email = call.TextOrNull("email") ?? user.Email;
        user.FirstName = call.TextOrNull("firstname") ?? user.FirstName;
        user.LastName = call.TextOrNull("lastname") ?? user.LastName;
        user.Keys = call.TextOrNull("keys") ?? user.Keys;
    }

    private static JsonObject Describe(UserEntry user, bool withTokens)
    {
        var answer = new JsonObject { ["enable"] = user.Enabled ? 1 : 0, ["expire"] = user.Expire };
        foreach (var (key, value) in new[] { ("comment", user.Comment), ("email", user.Email), ("firstname", user.FirstName), ("lastname", user.LastName), ("keys", user.Keys) })
        {
            if (value is not null)
            {
                answer[key] = value;
            }
        }

        if (withTokens)
        {
            answer["groups"] = new JsonArray();
            answer["tokens"] = new JsonObject(user.Tokens.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)TokenEndpoints.Describe(t.Value))));
        }

        return answer;
    }
}
