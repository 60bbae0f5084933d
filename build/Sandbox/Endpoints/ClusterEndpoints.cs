using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Storage;

namespace Sandbox.Endpoints;

/// <summary>The cluster: its nodes, their resources, its options.</summary>
internal static class ClusterEndpoints
{
    private static readonly string[] OptionNames = ["registered-tags", "tag-style", "user-tag-access"];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/cluster/nextid", Permission.AnyUser, Answer.Number)
        {
            Parameters = [P.VmId with { Optional = true }],
            Run = NextId,
        },
        new("GET", "/cluster/resources", Permission.AnyUser, Answer.List("id", "type"))
        {
            Parameters = [P.OneOf("type?", "vm", "storage", "node", "sdn")],
            Run = Resources,
        },
        new("GET", "/cluster/options", Permission.AnyUser, Answer.Object("allowed-tags")) { Run = Options },
        new("PUT", "/cluster/options", Permission.All("/", "Sys.Modify"), Answer.Nothing)
        {
            Parameters =
            [
                P.Text("delete?", "pve-configid-list"), P.Text("registered-tags?", "pve-tag-list"), P.Props("tag-style?", Tags.Style), P.Props("user-tag-access?", Tags.Access),
            ],
            Run = SetOptions,
        },
        new("GET", "/cluster/status", Permission.All("/", "Sys.Audit"), Answer.List("id", "name", "type"))
        {
            Run = Status,
        },
    ];

    private static JsonArray Status(ApiCall call)
    {
        var names = call.Node.NodeNames;
        var list = new JsonArray([.. names.Select((name, i) => (JsonNode)new JsonObject
        {
            ["id"] = $"node/{name}",
            ["name"] = name,
            ["type"] = "node",
            ["ip"] = "127.0.0.1",
            ["level"] = "",
            ["local"] = i == 0 ? 1 : 0,
            ["nodeid"] = names.Count == 1 ? 0 : i + 1,
            ["online"] = 1,
        })]);
        if (names.Count > 1)
        {
            list.Insert(0, new JsonObject
            {
                ["id"] = "cluster", ["name"] = "sandbox", ["type"] = "cluster", ["nodes"] = names.Count, ["quorate"] = 1, ["version"] = names.Count,
            });
        }

        return list;
    }

    /// <summary>The cluster's options; without <c>Sys.Audit</c> only those that everybody sees.</summary>
    private static JsonObject Options(ApiCall call)
    {
        var answer = new JsonObject();
        foreach (var (name, value) in call.State.ClusterOptions.Where(o => o.Key == "tag-style" || call.May("/", "Sys.Audit")))
        {
            answer[name] = name == "registered-tags"
                ? new JsonArray([.. Formats.Split(value).Select(t => (JsonNode)t)])
                : new JsonObject(value.Split(',').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p[1])));
        }

        answer["allowed-tags"] = new JsonArray([.. Tags.AllowedTo(call).Allowed.Select(t => (JsonNode)t)]);
        return answer;
    }

    private static JsonNode? SetOptions(ApiCall call)
    {
        foreach (var name in OptionNames.Where(call.Has))
        {
            call.State.ClusterOptions[name] = call.Text(name);
        }

        foreach (var name in Formats.Split(call.TextOrNull("delete")))
        {
            call.State.ClusterOptions.Remove(name);
        }

        return null;
    }

    /// <summary>A VM as the cluster's list shows it.</summary>
    public static JsonObject DescribeMachine(NodeServices node, Machine machine)
    {
        // Nothing is written or received; but whether a system was installed shows in these numbers on a real node.
        var installed = node.Runtime.Find(machine.Id)?.HasSystem is true;
        var answer = new JsonObject
        {
            ["id"] = $"qemu/{machine.Id}",
            ["type"] = "qemu",
            ["node"] = machine.Node,
            ["vmid"] = machine.Id,
            ["name"] = machine.Name,
            ["status"] = machine.Running ? "running" : "stopped",
            ["template"] = machine.IsTemplate ? 1 : 0,
            ["cpu"] = 0,
            ["maxcpu"] = machine.Cpus,
            ["mem"] = machine.Running ? machine.MemoryBytes / 2 : 0,
            ["maxmem"] = machine.MemoryBytes,
            ["disk"] = 0,
            ["maxdisk"] = MachineDisks.Disks(node, machine).Select(d => d.Volume.SizeBytes).FirstOrDefault(),
            ["diskread"] = 0,
            ["diskwrite"] = installed ? 2L << 30 : 0,
            ["netin"] = installed ? 64L << 20 : 0,
            ["netout"] = 0,
            ["uptime"] = machine.Running ? node.Now - machine.Started : 0,
        };
        foreach (var (key, value) in new[]
                 {
                     ("lock", machine.Lock), ("tags", machine.Config.GetValueOrDefault("tags")),
                     ("pool", node.State.Pools.FirstOrDefault(p => p.Value.Machines.Contains(machine.Id)).Key),
                 })
        {
            if (value is not null)
            {
                answer[key] = value;
            }
        }

        return answer;
    }

    /// <summary>A storage as the cluster's list shows it.</summary>
    public static JsonObject DescribeStorage(NodeServices node, string on, StorageEntry storage) => new()
    {
        ["id"] = $"storage/{on}/{storage.Id}",
        ["type"] = "storage",
        ["node"] = on,
        ["storage"] = storage.Id,
        ["status"] = "available",
        ["plugintype"] = storage.Type,
        ["content"] = string.Join(',', storage.Content),
        ["shared"] = storage.Shared ? 1 : 0,
        ["disk"] = node.StoragesOn(on).UsedBytes(storage),
        ["maxdisk"] = storage.TotalBytes,
    };

    // The name of a pool is for those who may look at it.
    private static JsonObject ForCaller(ApiCall call, JsonObject machine)
    {
        if ((string?)machine["pool"] is { } pool && !call.May($"/pool/{pool}", "Pool.Audit"))
        {
            machine.Remove("pool");
        }

        return machine;
    }

    // Nodes since 9.2 report their zones as networks, and lists show them as that.
    private static JsonObject LocalNetwork(NodeServices node, string on) =>
        node.Version is { Major: >= 9, Minor: >= 2 }
            ? new JsonObject { ["id"] = $"network/{on}/zone/localnetwork", ["type"] = "network", ["network"] = "localnetwork", ["network-type"] = "zone", ["node"] = on, ["status"] = "ok" }
            : new JsonObject { ["id"] = $"sdn/{on}/localnetwork", ["type"] = "sdn", ["sdn"] = "localnetwork", ["node"] = on, ["status"] = "ok" };

    private static JsonNode NextId(ApiCall call)
    {
        if (!call.Has("vmid"))
        {
            return call.Node.Machines.NextFreeId().ToString(CultureInfo.InvariantCulture);
        }

        return call.State.Machines.ContainsKey(call.VmId)
            ? throw ApiException.Parameter("vmid", $"VM {call.VmId} already exists")
            : call.VmId.ToString(CultureInfo.InvariantCulture);
    }

    private static JsonArray Resources(ApiCall call)
    {
        var (node, type) = (call.Node, call.TextOrNull("type"));
        var list = new List<JsonNode>();
        if (type is null)
        {
            list.AddRange(call.State.Pools.Where(p => call.May($"/pool/{p.Key}", "Pool.Audit"))
                .Select(p => new JsonObject { ["id"] = $"/pool/{p.Key}", ["type"] = "pool", ["pool"] = p.Key }));
        }

        if (type is null or "vm")
        {
            list.AddRange(call.State.Machines.Values.Where(m => call.May($"/vms/{m.Id}", "VM.Audit")).Select(m => ForCaller(call, node.Status.Describe(m))));
        }

        if (type is null or "node")
        {
            list.AddRange(node.NodeNames.Select(n => NodeEndpoints.DescribeNode(call, n)));
        }

        if (type is null or "storage")
        {
            list.AddRange(node.NodeNames.SelectMany(on => node.StoragesOn(on).All
                .Where(s => call.May($"/storage/{s.Id}", "Datastore.Audit"))
                .Select(s => DescribeStorage(node, on, s))));
        }

        if ((type is null or "sdn") && call.May("/sdn/zones/localnetwork", "SDN.Audit"))
        {
            list.AddRange(node.NodeNames.Select(on => LocalNetwork(node, on)));
        }

        return new JsonArray([.. list]);
    }
}
