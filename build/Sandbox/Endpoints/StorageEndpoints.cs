using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Endpoints;

/// <summary>The node's storages.</summary>
internal static class StorageEndpoints
{
    private static readonly Permission AuditOrSpace = Permission.AnyOf("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/storage", Permission.AnyUser, Answer.List("content", "storage", "type"))
        {
            Parameters =
            [
                P.Node,
                P.Text("content?", "pve-storage-content-list"),
                P.Flag("enabled?"),
                P.Flag("format?"),
                P.Storage with { Optional = true },
                P.Text("target?", "pve-node"),
            ],
            Run = List,
        },
        new("GET", "/nodes/{node}/storage/{storage}", AuditOrSpace, Answer.List("subdir"))
        {
            Parameters = [P.Node, P.Storage],
            Run = _ => new JsonArray([.. new[] { "content", "download-url", "status", "upload" }.Select(n => (JsonNode)new JsonObject { ["subdir"] = n })]),
        },
        new("GET", "/nodes/{node}/storage/{storage}/status", AuditOrSpace, Answer.Object("content", "type"))
        {
            Parameters = [P.Node, P.Storage],
            Run = call =>
            {
                var answer = Describe(call, call.Storages.Require(call.Text("storage")));
                answer.Remove("storage");
                answer.Remove("used_fraction");
                return answer;
            },
        },
    ];

    private static JsonArray List(ApiCall call)
    {
        var wanted = Formats.Split(call.TextOrNull("content"));
        return new JsonArray([.. call.Storages.All
            .Where(s => call.TextOrNull("storage") is not { } id || s.Id == id)
            .Where(s => wanted.Length == 0 || wanted.Any(s.Content.Contains))
            .Where(s => call.MayAny($"/storage/{s.Id}", "Datastore.Audit", "Datastore.AllocateSpace"))
            .Select(s =>
            {
                var entry = Describe(call, s);
                if (call.Flag("format"))
                {
                    entry["formats"] = new JsonObject
                    {
                        ["default"] = "raw",
                        ["supported"] = s.HasFiles ? new JsonArray("raw", "qcow2", "vmdk", "subvol") : new JsonArray("raw"),
                    };
                }

                return (JsonNode)entry;
            })]);
    }

    private static JsonObject Describe(ApiCall call, StorageEntry storage)
    {
        var used = call.Storages.UsedBytes(storage);
        return new JsonObject
        {
            ["storage"] = storage.Id,
            ["type"] = storage.Type,
            ["content"] = string.Join(',', storage.Content),
            ["active"] = 1,
            ["enabled"] = 1,
            ["shared"] = storage.Shared ? 1 : 0,
            ["total"] = storage.TotalBytes,
            ["used"] = used,
            ["avail"] = storage.TotalBytes - used,
            ["used_fraction"] = (double)used / storage.TotalBytes,
        };
    }
}
