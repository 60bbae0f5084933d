using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Endpoints;

/// <summary>Lists that ordinary clients read: containers, realms, groups, storages, services, disks. They are empty where the node has nothing.</summary>
internal static class InventoryEndpoints
{
    private static readonly Permission AuditNode = Permission.All("/nodes/{node}", "Sys.Audit");
    private static readonly Permission AuditAll = Permission.All("/", "Sys.Audit");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/lxc", Permission.AnyUser, Answer.List()) { Parameters = [P.Node], Run = _ => new JsonArray() },
        new("GET", "/nodes/{node}/aplinfo", Permission.AnyUser, Answer.List()) { Parameters = [P.Node], Run = _ => new JsonArray() },
        new("GET", "/nodes/{node}/time", AuditNode, Answer.Object("localtime", "time", "timezone"))
        {
            Parameters = [P.Node],
            Run = call => new JsonObject { ["time"] = call.Node.Now, ["localtime"] = call.Node.Now, ["timezone"] = "UTC" },
        },
        new("GET", "/nodes/{node}/dns", AuditNode, Answer.Object()) { Parameters = [P.Node], Run = _ => new JsonObject { ["search"] = "example.invalid", ["dns1"] = "192.0.2.1" } },
        new("GET", "/nodes/{node}/services", AuditNode, Answer.List()) { Parameters = [P.Node], Run = Services },
        new("GET", "/nodes/{node}/disks/list", Permission.Either(AuditAll, AuditNode), Answer.List()) { Parameters = [P.Node, P.Flag("include-partitions?"), P.Flag("skipsmart?"), P.OneOf("type?", "unused", "journal_disks")], Run = _ => new JsonArray() },
        new("GET", "/nodes/{node}/replication", Permission.AnyUser, Answer.List()) { Parameters = [P.Node, P.VmId with { Name = "guest", Optional = true }], Run = _ => new JsonArray() },
        new("GET", "/storage", Permission.AnyUser, Answer.List("storage", "type")) { Parameters = [P.OneOf("type?", "dir", "lvmthin", "nfs")], Run = Storages },
        new("GET", "/storage/{storage}", Permission.All("/storage/{storage}", "Datastore.Allocate"), Answer.Object("storage", "type"))
        {
            Parameters = [P.Storage],
            Run = call => Describe(call.Storages.Require(call.Text("storage"))),
        },
        new("GET", "/access/domains", Permission.World, Answer.List("realm", "type")) { Run = _ => Realms() },
        new("GET", "/access/groups", Permission.AnyUser, Answer.List()) { Run = _ => new JsonArray() },
        new("GET", "/cluster/tasks", Permission.AnyUser, Answer.List("upid")) { Run = TaskEndpoints.OfCluster },
        new("GET", "/cluster/ha/resources", AuditAll, Answer.List()) { Parameters = [P.OneOf("type?", "ct", "vm")], Run = _ => new JsonArray() },
        new("GET", "/cluster/ha/resources/{sid}", AuditAll, Answer.Object())
        {
            Parameters = [P.Text("sid")],
            Run = call => throw ApiException.Failed($"no such resource '{ServiceId(call)}'"),
        },
        new("DELETE", "/cluster/ha/resources/{sid}", Permission.All("/", "Sys.Console"), Answer.Nothing)
        {
            Parameters = [P.Text("sid")],
            Run = call => throw ApiException.Failed($"cannot delete service '{ServiceId(call)}', not HA managed!"),
        },
        new("GET", "/cluster/ha/groups", AuditAll, Answer.List()) { Run = _ => new JsonArray() },
        new("GET", "/cluster/backup", AuditAll, Answer.List()) { Run = _ => new JsonArray() },
        new("GET", "/cluster/replication", Permission.AnyUser, Answer.List()) { Run = _ => new JsonArray() },
    ];

    private static string ServiceId(ApiCall call) =>
        (int.TryParse(call.Text("sid"), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "vm:" : "") + call.Text("sid");

    private static JsonArray Realms() =>
    [
        new JsonObject { ["realm"] = "pam", ["type"] = "pam", ["comment"] = "Linux PAM standard authentication" },
        new JsonObject { ["realm"] = "pve", ["type"] = "pve", ["comment"] = "Proxmox VE authentication server" },
    ];

    // What runs of a real node's services is this one process.
    private static JsonArray Services(ApiCall call) => new([.. new[] { ("pvedaemon", "PVE API Daemon"), ("pveproxy", "PVE API Proxy Server"), ("pvestatd", "PVE Status Daemon") }
        .Select(s => (JsonNode)new JsonObject
        {
            ["service"] = s.Item1, ["name"] = s.Item1, ["desc"] = s.Item2, ["state"] = "running", ["active-state"] = "active", ["unit-state"] = "enabled",
        })]);

    private static JsonArray Storages(ApiCall call) => new([.. call.Storages.All
        .Where(s => call.TextOrNull("type") is not { } type || s.Type == type)
        .Where(s => call.MayAny($"/storage/{s.Id}", "Datastore.Audit", "Datastore.AllocateSpace"))
        .Select(s => (JsonNode)Describe(s))]);

    private static JsonObject Describe(StorageEntry storage)
    {
        var answer = new JsonObject { ["storage"] = storage.Id, ["type"] = storage.Type, ["content"] = string.Join(',', storage.Content) };
        if (storage.Type == "lvmthin")
        {
            (answer["vgname"], answer["thinpool"]) = ("pve", "data");
        }
        else
        {
            answer["path"] = storage.Id == "local" ? "/var/lib/vz" : $"/mnt/{storage.Id}";
        }

        if (storage.Shared)
        {
            answer["shared"] = 1;
        }

        answer["digest"] = Digests.Of(answer.ToJsonString());
        return answer;
    }
}
