using System.Text.Json.Nodes;

namespace Sandbox.Tests.Verdicts;

/// <summary>A call from a known state, and what the real server answered.</summary>
/// <param name="Id">The case's name.</param>
/// <param name="Version">The version of Proxmox VE that answered.</param>
/// <param name="Login">Who calls.</param>
/// <param name="Call">State, method, path and parameters.</param>
/// <param name="Answer">Status, reason, errors, task, data, configuration afterwards.</param>
internal sealed record Verdict(string Id, string Version, VerdictLogin Login, VerdictCall Call, JsonObject Answer);

/// <summary>Who calls: the kind of login, where its roles hold, and the privileges that are taken out of them.</summary>
internal sealed record VerdictLogin(string Kind, string? Scope, string? Without)
{
    public static VerdictLogin From(JsonNode login) => new((string)login["kind"]!, (string?)login["scope"], (string?)login["without"]);
}

/// <summary>A call with the state that it is made in.</summary>
internal sealed record VerdictCall(JsonObject State, string Method, string Path, JsonObject Parameters)
{
    public static VerdictCall From(JsonNode call) => new(
        call["state"] as JsonObject ?? [], (string)call["method"]!, (string)call["path"]!, call["parameters"] as JsonObject ?? []);
}

/// <summary>
/// The recorded verdicts of Proxmox VE 9.2.6 and 8.4.1. The file explains its fields in its header: <c>world</c>,
/// <c>roles</c>, <c>login</c>, <c>state</c>, <c>recipes</c>, <c>answer</c>, <c>normalisation</c>.
/// </summary>
internal static class VerdictFile
{
    public static JsonObject All { get; } =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "verdicts.json")))!.AsObject();

    // The file speaks of these calls and does not have them; their names say what they are.
    private static readonly Dictionary<string, JsonNode> NotInFile = new()
    {
        ["agent/exec"] = JsonNode.Parse("""
            {"state": {"vms": [{"vmid": 9100, "made_by": "linux", "is": "running", "pool": "builds"}]},
             "method": "POST", "path": "/nodes/pve/qemu/9100/agent/exec", "parameters": {"command": "true"}}
            """)!,
        ["cluster/nodes"] = JsonNode.Parse("""{"method": "GET", "path": "/nodes"}""")!,
        ["storage/p166-delete-disk"] = JsonNode.Parse("""
            {"state": {"volumes": ["disks:9100/vm-9100-disk-0.raw"]},
             "method": "DELETE", "path": "/nodes/pve/storage/disks/content/disks:9100%2Fvm-9100-disk-0.raw"}
            """)!,
    };

    /// <summary>Every pair of case and version.</summary>
    public static IEnumerable<Verdict> Cases() =>
        from one in All["cases"]!.AsArray()
        from version in one["versions"]!.AsArray()
        let id = (string)one["id"]!
        let call = one["call"] is { } ? All["calls"]![id[..id.LastIndexOf("/without-", StringComparison.Ordinal)]]! : one
        select new Verdict(id, (string)version!, VerdictLogin.From(one["login"]!), VerdictCall.From(call), one["answer"]!.AsObject());

    /// <summary>For each call and version the privileges without which the answer is the very same.</summary>
    public static IEnumerable<(string Id, string Version, string[] Privileges)> Unchanged() =>
        from one in All["unchanged_without"]!.AsObject()
        from version in new[] { "9.2.6", "8.4.1" }
        let privileges = Texts(one.Value!["both"]).Concat(Texts(one.Value![version])).ToArray()
        where privileges.Length > 0
        select (one.Key, version, privileges);

    /// <summary>The login and call that a statement of <see cref="Unchanged"/> is about.</summary>
    public static (VerdictLogin Login, VerdictCall Call) Described(string id, string version)
    {
        var cases = All["cases"]!.AsArray().Where(c => (string)c!["id"]! is var own && (own == id || own.StartsWith(id + "/without-", StringComparison.Ordinal))).ToList();
        var login = cases.Count > 0
            ? VerdictLogin.From(cases.First()!["login"]!) with { Without = null }
            : new VerdictLogin(id.Contains("/p166-", StringComparison.Ordinal) ? "ticket" : "token", id.EndsWith("-vms", StringComparison.Ordinal) ? "vms" : "pool", null);
        var call = All["calls"]![id] ?? NotInFile.GetValueOrDefault(id) ?? cases.First(c => c!["call"] is null && c["versions"]!.AsArray().Any(v => (string)v! == version))!;
        return (login, VerdictCall.From(call));
    }

    /// <summary>The privileges of a role.</summary>
    public static IEnumerable<string> Role(string name, string version) => All["roles"]![name] switch
    {
        JsonArray same => Texts(same),
        var byVersion => Texts(byVersion!["both"]).Concat(Texts(byVersion[version])),
    };

    private static IEnumerable<string> Texts(JsonNode? list) => (list as JsonArray ?? []).Select(t => (string)t!);
}
