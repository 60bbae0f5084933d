using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Pools.</summary>
internal static class PoolEndpoints
{
    private static readonly Parameter PoolId = P.Text("poolid", "pve-poolid");
    private static readonly Permission Allocate = Permission.All("/pool/{poolid}", "Pool.Allocate");

    private static readonly Parameter[] Changes =
    [
        PoolId, P.Flag("allow-move?"), P.Text("comment?"), P.Flag("delete?"), P.Text("storage?", "pve-storage-id-list"), P.Text("vms?", "pve-vmid-list"),
    ];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/pools", Permission.AnyUser, Answer.List("poolid"))
        {
            Parameters = [PoolId with { Optional = true }, P.OneOf("type?", "qemu", "lxc", "storage") with { Requires = "poolid" }],
            Run = List,
        },
        new("POST", "/pools", Allocate, Answer.Nothing) { Parameters = [PoolId, P.Text("comment?")], Run = Create },
        new("PUT", "/pools", Allocate, Answer.Nothing) { Parameters = Changes, Run = Update },
        new("DELETE", "/pools", Allocate, Answer.Nothing) { Parameters = [PoolId], Run = Delete },
        new("GET", "/pools/{poolid}", Permission.All("/pool/{poolid}", "Pool.Audit"), Answer.Object("members"))
        {
            Parameters = [PoolId, P.OneOf("type?", "qemu", "lxc", "storage")],
            Run = call => Describe(call, Require(call)),
        },
        new("PUT", "/pools/{poolid}", Allocate, Answer.Nothing) { Parameters = Changes, Run = Update },
        new("DELETE", "/pools/{poolid}", Allocate, Answer.Nothing) { Parameters = [PoolId], Run = Delete },
    ];

    /// <summary>The pool of the parameter <c>poolid</c>.</summary>
    private static PoolEntry Require(ApiCall call) =>
        call.State.Pools.GetValueOrDefault(call.Text("poolid")) ?? throw ApiException.Failed($"pool '{call.Text("poolid")}' does not exist");

    private static JsonArray List(ApiCall call)
    {
        if (call.TextOrNull("poolid") is { } id)
        {
            call.Require($"/pool/{id}", "Pool.Audit");
            var one = Describe(call, Require(call));
            one["poolid"] = id;
            return [one];
        }

        return new JsonArray([.. call.State.Pools.Where(p => call.May($"/pool/{p.Key}", "Pool.Audit")).Select(p =>
        {
            var entry = new JsonObject { ["poolid"] = p.Key };
            if (p.Value.Comment is { } comment)
            {
                entry["comment"] = comment;
            }

            return (JsonNode)entry;
        })]);
    }

    private static JsonObject Describe(ApiCall call, PoolEntry pool)
    {
        var type = call.TextOrNull("type");
        var members = new JsonArray();
        foreach (var machine in pool.Machines.Where(_ => type is null or "qemu").Select(m => call.State.Machines.GetValueOrDefault(m)).OfType<Machines.Machine>())
        {
            members.Add((JsonNode)call.Node.Status.Describe(machine));
        }

        foreach (var storage in pool.Storages.Where(_ => type is null or "storage"))
        {
            members.Add((JsonNode)ClusterEndpoints.DescribeStorage(call.Node, call.NodeName, call.Storages.Require(storage)));
        }

        var answer = new JsonObject { ["members"] = members };
        if (pool.Comment is { } comment)
        {
            answer["comment"] = comment;
        }

        return answer;
    }

    private static JsonNode? Create(ApiCall call)
    {
        var id = call.Text("poolid");
        var parent = id.Contains('/', StringComparison.Ordinal) ? id[..id.LastIndexOf('/')] : null;
        if (parent is not null && !call.State.Pools.ContainsKey(parent))
        {
            throw ApiException.Failed($"create pool failed: parent pool '{parent}' does not exist");
        }

        if (!call.State.Pools.TryAdd(id, new PoolEntry { Comment = call.TextOrNull("comment") }))
        {
            throw ApiException.Failed($"create pool failed: pool '{id}' already exists");
        }

        return null;
    }

    private static JsonNode? Update(ApiCall call)
    {
        var (id, pool) = (call.Text("poolid"), Require(call));
        pool.Comment = call.TextOrNull("comment") ?? pool.Comment;
        foreach (var vmid in Formats.Split(call.TextOrNull("vms")).Select(v => int.Parse(v, CultureInfo.InvariantCulture)))
        {
            call.Node.Access.RequireModify(call.Caller.AuthId, $"/vms/{vmid}");
            UpdateMachine(call, id, pool, vmid);
        }

        foreach (var storage in Formats.Split(call.TextOrNull("storage")))
        {
            call.Node.Access.RequireModify(call.Caller.AuthId, $"/storage/{storage}");
            call.Storages.Require(storage);
            if (call.Flag("delete") ? !pool.Storages.Remove(storage) : !pool.Storages.Add(storage))
            {
                throw ApiException.Failed($"update pools failed: Storage '{storage}' is {(call.Flag("delete") ? "not a pool member" : "already a pool member")}");
            }
        }

        return null;
    }

    private static void UpdateMachine(ApiCall call, string id, PoolEntry pool, int vmid)
    {
        if (call.Flag("delete"))
        {
            if (!pool.Machines.Remove(vmid))
            {
                throw ApiException.Failed($"update pools failed: VM {vmid} is not a pool member");
            }

            return;
        }

        if (call.State.Pools.FirstOrDefault(p => p.Value.Machines.Contains(vmid)) is { Key: not null } other)
        {
            if (other.Key == id || !call.Flag("allow-move"))
            {
                throw ApiException.Failed($"update pools failed: VM {vmid} belongs already to pool '{other.Key}'{(other.Key == id ? "" : " and 'allow-move' is not set")}");
            }

            call.Require($"/pool/{other.Key}", "Pool.Allocate");
            other.Value.Machines.Remove(vmid);
        }

        pool.Machines.Add(vmid);
    }

    private static JsonNode? Delete(ApiCall call)
    {
        var (id, pool) = (call.Text("poolid"), Require(call));
        if (pool.Machines.Count > 0 || pool.Storages.Count > 0)
        {
            throw ApiException.Failed($"delete pool failed: pool '{id}' is not empty");
        }

        if (call.State.Pools.Keys.Any(k => k.StartsWith(id + "/", StringComparison.Ordinal)))
        {
            throw ApiException.Failed($"delete pool failed: pool '{id}' is not empty (contains pools)");
        }

        call.State.Pools.Remove(id);
        call.State.Acl.RemoveAll(a => a.Path == $"/pool/{id}");
        return null;
    }
}
