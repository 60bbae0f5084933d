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
            Run = call =>
            {
                var answer = Describe(call, Require(call));
                answer["poolid"] = call.Text("poolid");
                return answer;
            },
        },
        new("PUT", "/pools/{poolid}", Allocate, Answer.Nothing) { Parameters = Changes, Run = Update },
        new("DELETE", "/pools/{poolid}", Allocate, Answer.Nothing) { Parameters = [PoolId], Run = Delete },
    ];

    /// <summary>The pool of the parameter <c>poolid</c>.</summary>
    private static PoolEntry Require(ApiCall call, string doing = "") =>
        call.State.Pools.GetValueOrDefault(call.Text("poolid")) ?? throw ApiException.Failed($"{doing}pool '{call.Text("poolid")}' does not exist");

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
        if (call.State.Pools.ContainsKey(id))
        {
            throw ApiException.Failed($"create pool failed: pool '{id}' already exists");
        }

        if (id.LastIndexOf('/') is > 0 and var slash && !call.State.Pools.ContainsKey(id[..slash]))
        {
            throw ApiException.Failed($"create pool failed: parent '{id[..slash]}' of pool '{id}' does not exist");
        }

        if (!char.IsAsciiLetter(id[id.LastIndexOf('/') + 1]))
        {
            throw ApiException.Failed("create pool failed: pool name must start with a letter");
        }

        call.State.Pools[id] = new PoolEntry { Comment = call.TextOrNull("comment") };
        return null;
    }

    // Everything is checked before anything changes: the real server writes its file once, at the end.
    private static JsonNode? Update(ApiCall call)
    {
        var (id, pool) = (call.Text("poolid"), Require(call, "update pools failed: "));
        var machines = Formats.Split(call.TextOrNull("vms")).Select(v => int.Parse(v, CultureInfo.InvariantCulture)).ToList();
        var storages = Formats.Split(call.TextOrNull("storage"));
        var delete = call.Flag("delete");
        foreach (var vmid in machines)
        {
            call.Node.Access.RequireModify(call.Caller.AuthId, $"/vms/{vmid}");
            RequireChange(pool.Machines.Contains(vmid), delete, $"VM {vmid}");
            if (!delete && PoolOf(call, vmid) is { } other)
            {
                if (!call.Flag("allow-move"))
                {
                    throw ApiException.Failed($"update pools failed: VM {vmid} belongs already to pool '{other}' and 'allow-move' is not set");
                }

                call.Require($"/pool/{other}", "Pool.Allocate");
            }
        }

        foreach (var storage in storages)
        {
            call.Node.Access.RequireModify(call.Caller.AuthId, $"/storage/{storage}");
            RequireChange(pool.Storages.Contains(storage), delete, $"Storage '{storage}'");
        }

        pool.Comment = call.TextOrNull("comment") ?? pool.Comment;
        foreach (var vmid in machines)
        {
            if (!delete && PoolOf(call, vmid) is { } other)
            {
                call.State.Pools[other].Machines.Remove(vmid);
            }

            _ = delete ? pool.Machines.Remove(vmid) : pool.Machines.Add(vmid);
        }

        foreach (var storage in storages)
        {
            _ = delete ? pool.Storages.Remove(storage) : pool.Storages.Add(storage);
        }

        return null;
    }

    private static void RequireChange(bool isMember, bool delete, string what)
    {
        if (isMember != delete)
        {
            throw ApiException.Failed($"update pools failed: {what} is {(delete ? "not a pool member" : "already a pool member")}");
        }
    }

    private static string? PoolOf(ApiCall call, int vmid) => call.State.Pools.FirstOrDefault(p => p.Value.Machines.Contains(vmid)).Key;

    private static JsonNode? Delete(ApiCall call)
    {
        var (id, pool) = (call.Text("poolid"), Require(call, "delete pool failed: "));
        var held = call.State.Pools.Keys.Where(k => k.StartsWith(id + "/", StringComparison.Ordinal)).Select(k => $"pool '{k}'")
            .Concat(pool.Machines.Where(call.State.Machines.ContainsKey).Select(m => $"VM {m}"))
            .Concat(pool.Storages.Select(s => $"storage '{s}'"));
        if (held.FirstOrDefault() is { } first)
        {
            throw ApiException.Failed($"delete pool failed: pool '{id}' is not empty (contains {first})");
        }

        call.State.Pools.Remove(id);
        call.State.Acl.RemoveAll(a => a.Path == $"/pool/{id}");
        return null;
    }
}
