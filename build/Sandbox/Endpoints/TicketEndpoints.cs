using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Logging in with name and password.</summary>
internal static class TicketEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/access/ticket", Permission.World, Answer.Nothing) { Run = _ => null },
        new("POST", "/access/ticket", Permission.World, Answer.Object("username"))
        {
            Parameters =
            [
                P.Flag("new-format?"),
                P.Text("otp?"),
                P.Text("password"),
                P.Text("path?", max: 64, requires: "privs"),
                P.Text("privs?", "pve-priv-list", max: 64, requires: "path"),
                P.Text("realm?", "pve-realm", max: 32),
                P.Text("tfa-challenge?"),
                P.Text("username", max: 64),
            ],
            KeepsState = true,
            Run = LogIn,
        },
    ];

    private static JsonObject LogIn(ApiCall call)
    {
        var user = call.Text("username");
        if (call.TextOrNull("realm") is { } realm && !user.EndsWith("@" + realm, StringComparison.Ordinal))
        {
            user = $"{user}@{realm}";
        }

        var password = call.Node.Credentials.Remember(call.Text("password"));
        if (call.Node.Faults.SecondFactor(user) is { } code)
        {
            if (call.TextOrNull("tfa-challenge") is { } challenge)
            {
                password = call.Node.Credentials.Answer(user, challenge, password == $"totp:{code}");
            }
            else if (call.Node.Credentials.Challenge(user, password, call.TextOrNull("otp") == code) is { } asked)
            {
                return new JsonObject { ["username"] = user, ["ticket"] = asked, ["CSRFPreventionToken"] = "", ["NeedTFA"] = 1 };
            }
        }

        var (ticket, csrf) = call.Node.Credentials.LogIn(user, password);
        if (call.TextOrNull("path") is { } path && !Formats.Split(call.Text("privs")).All(p => call.Node.Access.Has(user, path, p)))
        {
            throw ApiException.Unauthorized("authentication failure");
        }

        var capabilities = new JsonObject();
        foreach (var (area, place) in new[] { ("vms", "/vms"), ("storage", "/storage"), ("nodes", "/nodes"), ("access", "/access"), ("dc", "/"), ("sdn", "/sdn") })
        {
            capabilities[area] = new JsonObject(call.Node.Access.On(user, place).Keys.Order(StringComparer.Ordinal).Select(p => KeyValuePair.Create(p, (JsonNode?)1)));
        }

        return new JsonObject
        {
            ["username"] = user,
            ["ticket"] = ticket,
            ["CSRFPreventionToken"] = csrf,
            ["cap"] = capabilities,
        };
    }
}
