using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>
/// The software-defined network as far as VMs need it: zones of the type <c>simple</c> or <c>vlan</c> and their VNets.
/// Only a part of the parameters is known; the others are refused.
/// </summary>
internal static class SdnEndpoints
{
    private const string Name = "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]";

    private static readonly Parameter Zone = P.Text("zone", min: 2, max: 8, pattern: Name);
    private static readonly Parameter[] Listed = [P.Flag("pending?"), P.Flag("running?")];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/cluster/sdn/zones", Permission.AnyUser, Answer.List("type", "zone"))
        {
            Parameters = Listed,
            Run = call => new JsonArray([.. call.State.Zones
                .Where(z => call.MayAny($"/sdn/zones/{z.Key}", "SDN.Audit", "SDN.Allocate"))
                .Select(z => (JsonNode)new JsonObject { ["zone"] = z.Key, ["type"] = z.Value })]),
        },
        new("POST", "/cluster/sdn/zones", Permission.All("/sdn/zones", "SDN.Allocate"), Answer.Nothing)
        {
            Parameters = [P.Text("bridge?"), P.OneOf("type", "simple", "vlan"), Zone],
            Run = CreateZone,
        },
        new("GET", "/cluster/sdn/vnets", Permission.AnyUser, Answer.List("type", "vnet"))
        {
            Parameters = Listed,
            Run = call => new JsonArray([.. call.State.VNets
                .Where(v => call.MayAny($"/sdn/zones/{v.Value.Zone}/{v.Key}", "SDN.Audit", "SDN.Allocate"))
                .Where(v => v.Value.Applied || !call.Flag("running"))
                .Select(v => (JsonNode)Describe(v.Key, v.Value))]),
        },
        new("POST", "/cluster/sdn/vnets", Permission.All("/sdn/zones/{zone}", "SDN.Allocate"), Answer.Nothing)
        {
            Parameters =
            [
                P.Text("alias?", max: 256), P.Whole("tag?", 1, 16777215), P.OneOf("type?", "vnet"), P.Flag("vlanaware?"),
                P.Text("vnet", min: 2, max: 8, pattern: Name), P.Text("zone"),
            ],
            Run = CreateVNet,
        },
        new("PUT", "/cluster/sdn", Permission.All("/sdn", "SDN.Allocate"), Answer.Upid)
        {
            Run = call => call.Task("reloadnetworkall", "", _ =>
            {
                foreach (var vnet in call.State.VNets.Values)
                {
                    vnet.Applied = true;
                }
            }),
        },
    ];

    /// <summary>A VNet as the list of a node's networks shows it.</summary>
    public static JsonObject DescribeInterface(string name, VNet vnet)
    {
        var entry = new JsonObject { ["iface"] = name, ["type"] = "vnet", ["active"] = "1", ["ipam"] = 0, ["vlanaware"] = vnet.VlanAware ? 1 : 0 };
        if (vnet.Alias is { } alias)
        {
            entry["comments"] = alias;
        }

        return entry;
    }

    private static JsonObject Describe(string name, VNet vnet)
    {
        var entry = new JsonObject { ["vnet"] = name, ["type"] = "vnet", ["zone"] = vnet.Zone };
        if (vnet.Alias is { } alias)
        {
            entry["alias"] = alias;
        }

        if (vnet.Tag is { } tag)
        {
            entry["tag"] = tag;
        }

        if (vnet.VlanAware)
        {
            entry["vlanaware"] = 1;
        }

        return entry;
    }

    private static JsonNode? CreateZone(ApiCall call)
    {
        var zone = call.Text("zone");
        if (call.Text("type") == "vlan" && !call.Has("bridge"))
        {
            throw ApiException.Parameter("bridge", "property is missing and it is not optional");
        }

        return call.State.Zones.TryAdd(zone, call.Text("type"))
            ? null
            : throw ApiException.Failed($"create sdn zone object failed: sdn zone object ID '{zone}' already defined");
    }

    private static JsonNode? CreateVNet(ApiCall call)
    {
        var (name, zone) = (call.Text("vnet"), call.Text("zone"));
        if (!call.State.Zones.TryGetValue(zone, out var type))
        {
            throw ApiException.Failed($"create sdn vnet object failed: sdn '{zone}' does not exist");
        }

        if (type == "vlan" && !call.Has("tag"))
        {
            throw ApiException.Failed("create sdn vnet object failed: missing vlan tag");
        }

        var vnet = new VNet(zone)
        {
            Alias = call.TextOrNull("alias"),
            Tag = call.TextOrNull("tag") is { } tag ? int.Parse(tag, CultureInfo.InvariantCulture) : null,
            VlanAware = call.Flag("vlanaware"),
        };
        return call.State.VNets.TryAdd(name, vnet)
            ? null
            : throw ApiException.Failed($"create sdn vnet object failed: sdn vnet object ID '{name}' already defined");
    }
}
