using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>API tokens. The secret is answered once, when the token is made.</summary>
internal static class TokenEndpoints
{
    private static readonly Parameter UserId = P.Text("userid", "pve-userid", max: 64);
    private static readonly Parameter TokenId = P.Text("tokenid", pattern: @"(?^:[A-Za-z][A-Za-z0-9\.\-_]+)");
    private static readonly Parameter[] Properties = [P.Text("comment?"), P.Whole("expire?", 0), P.Flag("privsep?")];

    private static readonly Permission SelfOrUserAdmin =
        Permission.Either(new Permission(PermissionTest.UserIdSelf), Permission.UserGroup(null, "User.Modify"));

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/access/users/{userid}/token", SelfOrUserAdmin, Answer.List("tokenid"))
        {
            Parameters = [UserId],
            Run = call => new JsonArray([.. call.Node.Access.RequireUser(call.Text("userid")).Tokens.Select(t => Describe(t.Value, t.Key))]),
        },
        new("GET", "/access/users/{userid}/token/{tokenid}", SelfOrUserAdmin, Answer.Object("privsep"))
        {
            Parameters = [UserId, TokenId],
            Run = call => Describe(Require(call)),
        },
        new("POST", "/access/users/{userid}/token/{tokenid}", SelfOrUserAdmin, Answer.Object("full-tokenid", "info", "value"))
        {
            Parameters = [UserId, TokenId, .. Properties],
            Run = Create,
        },
        new("PUT", "/access/users/{userid}/token/{tokenid}", SelfOrUserAdmin, Answer.Object("privsep"))
        {
            Parameters = [UserId, TokenId, P.Text("delete?", "pve-configid-list"), .. Properties],
            Run = Update,
        },
        new("DELETE", "/access/users/{userid}/token/{tokenid}", SelfOrUserAdmin, Answer.Nothing)
        {
            Parameters = [UserId, TokenId],
            Run = Delete,
        },
    ];

    /// <summary>A token as the API shows it: never its secret.</summary>
    public static JsonObject Describe(TokenEntry token, string? name = null)
    {
        var answer = new JsonObject { ["privsep"] = token.PrivilegeSeparated ? 1 : 0, ["expire"] = token.Expire };
        if (!string.IsNullOrEmpty(token.Comment))
        {
            answer["comment"] = token.Comment;
        }

        if (name is not null)
        {
            answer["tokenid"] = name;
        }

        return answer;
    }

    private static TokenEntry Require(ApiCall call)
    {
        var (user, name) = (call.Text("userid"), call.Text("tokenid"));
        return call.Node.Access.RequireUser(user).Tokens.GetValueOrDefault(name)
            ?? throw ApiException.Failed($"no such token '{name}' for user '{user}'");
    }

    private static JsonObject Create(ApiCall call)
    {
        var (userId, name) = (call.Text("userid"), call.Text("tokenid"));
        var user = call.Node.Access.RequireUser(userId);
        if (user.Tokens.ContainsKey(name))
        {
            throw ApiException.Parameter("tokenid", "Token already exists.");
        }

        var secret = call.Node.Credentials.Remember(Guid.NewGuid().ToString());
        var token = new TokenEntry { Secret = SecretHash.OfToken(secret) };
        Set(token, call);
        user.Tokens[name] = token;
        return new JsonObject { ["full-tokenid"] = $"{userId}!{name}", ["value"] = secret, ["info"] = AsGiven(call, Describe(token), always: false) };
    }

    private static JsonObject Update(ApiCall call)
    {
        var token = Require(call);
        Set(token, call);
        foreach (var key in Formats.Split(call.TextOrNull("delete")))
        {
            if (key == "comment")
            {
                token.Comment = null;
            }
            else if (key == "expire")
            {
                token.Expire = 0;
            }
            else
            {
                throw ApiException.Parameter("delete", $"unknown option '{key}'");
            }
        }

        return AsGiven(call, Describe(token), always: true);
    }

    // The real server answers with what it was given: as text, and of a new token without what was not.
    private static JsonObject AsGiven(ApiCall call, JsonObject answer, bool always)
    {
        foreach (var name in new[] { "expire", "privsep" })
        {
            if (call.TextOrNull(name) is { } given)
            {
                answer[name] = given;
            }
            else if (!always && name == "expire")
            {
                answer.Remove(name);
            }
        }

        return answer;
    }

    private static JsonNode? Delete(ApiCall call)
    {
        Require(call);
        var (user, name) = (call.Text("userid"), call.Text("tokenid"));
        call.State.Users[user].Tokens.Remove(name);
        call.State.Acl.RemoveAll(a => a.AuthId == $"{user}!{name}");
        return null;
    }

    private static void Set(TokenEntry token, ApiCall call)
    {
        token.Comment = call.TextOrNull("comment")?.Trim() ?? token.Comment;
        token.Expire = call.Has("expire") ? long.Parse(call.Text("expire"), System.Globalization.CultureInfo.InvariantCulture) : token.Expire;
        token.PrivilegeSeparated = call.Flag("privsep", token.PrivilegeSeparated);
    }
}
