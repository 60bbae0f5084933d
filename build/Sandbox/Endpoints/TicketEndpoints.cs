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
            AllowsTokens = false,
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

        return new JsonObject
        {
            ["username"] = user,
            ["ticket"] = ticket,
            ["CSRFPreventionToken"] = csrf,
            ["cap"] = Capabilities(call, user),
        };
    }

    /// <summary>What the web interface offers a user: the privileges that he has anywhere, by area.</summary>
    private static JsonObject Capabilities(ApiCall call, string user)
    {
        var areas = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var area in new[] { "access", "dc", "mapping", "nodes", "sdn", "storage", "vms" })
        {
            areas[area] = new SortedSet<string>(StringComparer.Ordinal);
        }

        string[] always = ["/", "/nodes", "/access/groups", "/vms", "/storage", "/sdn", "/mapping"];
        foreach (var path in always.Concat(call.State.Acl.Select(a => a.Path)).Distinct())
        {
            var top = path == "/" ? "dc" : path.Split('/')[1];
            foreach (var privilege in call.Node.Access.On(user, path).Keys)
            {
                foreach (var area in top == "pool" ? ["vms", "storage"] : new[] { top })
                {
                    if (areas.TryGetValue(area, out var held) && Shows(area, privilege))
                    {
                        held.Add(privilege);
                    }
                }
            }
        }

        return new JsonObject(areas.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)new JsonObject(a.Value.Select(p => KeyValuePair.Create(p, (JsonNode?)1))))));
    }

    private static bool Shows(string area, string privilege) => area switch
    {
        "dc" => privilege is "Sys.Audit" or "Sys.Modify" || privilege.StartsWith("SDN.", StringComparison.Ordinal),
        "access" => privilege == "Permissions.Modify" || privilege.StartsWith("User.", StringComparison.Ordinal) || privilege.StartsWith("Group.", StringComparison.Ordinal),
        _ => privilege == "Permissions.Modify" || privilege.StartsWith(
            area switch { "vms" => "VM.", "storage" => "Datastore.", "nodes" => "Sys.", "sdn" => "SDN.", _ => "Mapping." }, StringComparison.Ordinal),
    };
}
