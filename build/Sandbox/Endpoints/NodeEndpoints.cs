using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>The node itself: its load, network and certificate.</summary>
internal static class NodeEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes", Permission.AnyUser, Answer.List("node", "status")) { Run = call => new JsonArray([.. call.Node.NodeNames.Select(n => (JsonNode)DescribeNode(call, n))]) },
        new("GET", "/nodes/{node}/status", Permission.All("/nodes/{node}", "Sys.Audit"), Answer.Object("boot-info", "cpu", "cpuinfo", "current-kernel", "loadavg", "memory", "pveversion", "rootfs"))
        {
            Parameters = [P.Node],
            Run = Status,
        },
        new("GET", "/nodes/{node}/network", Permission.AnyUser, Answer.List("iface", "type"))
        {
            Parameters =
            [
                P.Node,
                P.OneOf("type?", "bridge", "bond", "eth", "alias", "vlan", "fabric", "OVSBridge", "OVSBond", "OVSPort", "OVSIntPort", "vnet", "any_bridge", "any_local_bridge", "include_sdn"),
            ],
            Run = Network,
        },
        new("GET", "/nodes/{node}/certificates/info", Permission.AnyUser, Answer.List("filename", "fingerprint", "pem"))
        {
            Parameters = [P.Node],
            Run = Certificates,
        },
        new(
            "GET",
            "/nodes/{node}/query-url-metadata",
            Permission.Either(Permission.All("/", "Sys.Audit", "Sys.Modify"), Permission.All("/nodes/{node}", "Sys.AccessNetwork")),
            Answer.Object("filename", "mimetype"))
        {
            Parameters = [P.Node, P.Text("url", pattern: "https?://.*"), P.Flag("verify-certificates?")],
            Run = UrlMetadata,
        },
    ];

    /// <summary>The node as the lists show it.</summary>
    public static JsonObject DescribeNode(ApiCall call, string name)
    {
        var node = call.Node;
        var answer = new JsonObject { ["node"] = name, ["status"] = "online", ["level"] = "", ["id"] = $"node/{name}", ["type"] = "node", ["ssl_fingerprint"] = node.Certificate!.Fingerprint };
        if (call.May($"/nodes/{name}", "Sys.Audit"))
        {
            answer["cpu"] = 0.01;
            answer["maxcpu"] = NodeServices.Cpus;
            answer["mem"] = UsedMemory(node, name);
            answer["maxmem"] = MemoryOf(node, name);
            answer["disk"] = 8L << 30;
            answer["maxdisk"] = 94L << 30;
            answer["uptime"] = node.Now - node.Started;
        }

        return answer;
    }

    // The nodes of a cluster are not alike, so that the one with the most free memory is another than the first.
    private static long MemoryOf(NodeServices node, string name) => (node.NodeNames.ToList().IndexOf(name) switch { 1 => 128L, 2 => 96L, _ => 64L }) << 30;

    private static long UsedMemory(NodeServices node, string name) =>
        (2L << 30) + node.State.Machines.Values.Where(m => m.Running && m.Node == name).Sum(m => m.MemoryBytes);

    private static JsonObject Status(ApiCall call)
    {
        var (used, memory) = (UsedMemory(call.Node, call.NodeName), MemoryOf(call.Node, call.NodeName));
        return new JsonObject
        {
            ["boot-info"] = new JsonObject { ["mode"] = "efi", ["secureboot"] = 0 },
            ["cpu"] = 0.01,
            ["cpuinfo"] = new JsonObject { ["cores"] = NodeServices.Cpus / 2, ["cpus"] = NodeServices.Cpus, ["model"] = "Sandbox", ["sockets"] = 1 },
            ["current-kernel"] = new JsonObject { ["sysname"] = "Linux", ["release"] = "6.14.0-pve", ["version"] = "#1 SMP PREEMPT_DYNAMIC", ["machine"] = "x86_64" },
            ["loadavg"] = new JsonArray("0.01", "0.01", "0.00"),
            ["memory"] = new JsonObject { ["total"] = memory, ["used"] = used, ["free"] = memory - used, ["available"] = memory - used },
            ["pveversion"] = $"pve-manager/{call.Node.Version.Version}/sandbox",
            ["rootfs"] = new JsonObject { ["total"] = 94L << 30, ["used"] = 8L << 30, ["free"] = 86L << 30, ["avail"] = 86L << 30 },
            ["uptime"] = call.Node.Now - call.Node.Started,
        };
    }

    private static JsonArray Network(ApiCall call)
    {
        var type = call.TextOrNull("type");
        var list = new JsonArray();
        if (type is null or "eth" or "include_sdn" && call.MayAny("/nodes/" + call.Text("node"), "Sys.Audit", "Sys.Modify"))
        {
            list.Add((JsonNode)new JsonObject { ["iface"] = "eno1", ["type"] = "eth", ["active"] = 1, ["exists"] = 1, ["method"] = "manual", ["method6"] = "manual", ["priority"] = 3, ["families"] = new JsonArray("inet") });
        }

        var bridges = type is null or "bridge" or "any_bridge" or "any_local_bridge" or "include_sdn";
        if (bridges && call.Node.Access.MaySeeBridge(call.Caller.AuthId, "localnetwork", NodeServices.Bridge))
        {
            list.Add((JsonNode)new JsonObject
            {
                ["iface"] = NodeServices.Bridge,
                ["type"] = "bridge",
                ["active"] = 1,
                ["autostart"] = 1,
                ["bridge_ports"] = "eno1",
                ["bridge_stp"] = "off",
                ["bridge_fd"] = "0",
                ["method"] = "static",
                ["method6"] = "manual",
                ["address"] = "192.0.2.10",
                ["netmask"] = "24",
                ["cidr"] = "192.0.2.10/24",
                ["gateway"] = "192.0.2.1",
                ["priority"] = 4,
                ["families"] = new JsonArray("inet"),
            });
        }

        if (type is "vnet" or "any_bridge" or "include_sdn")
        {
            foreach (var (name, vnet) in call.State.VNets.Where(v => v.Value.Applied && call.Node.Access.MaySeeBridge(call.Caller.AuthId, v.Value.Zone, v.Key)))
            {
                list.Add((JsonNode)SdnEndpoints.DescribeInterface(name, vnet));
            }
        }

        return list;
    }

    private static JsonArray Certificates(ApiCall call)
    {
        var made = call.Node.Certificate!;
        var certificate = made.Certificate;
        return new JsonArray(new JsonObject
        {
            ["filename"] = "pve-ssl.pem",
            ["fingerprint"] = made.Fingerprint,
            ["subject"] = certificate.Subject,
            ["issuer"] = certificate.Issuer,
            ["notbefore"] = new DateTimeOffset(certificate.NotBefore).ToUnixTimeSeconds(),
            ["notafter"] = new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds(),
            ["pem"] = made.Pem,
            ["public-key-type"] = "id-ecPublicKey",
            ["public-key-bits"] = 256,
            ["san"] = new JsonArray("127.0.0.1", "0:0:0:0:0:0:0:1", "localhost", call.Node.Options.NodeName),
        });
    }

    private static JsonObject UrlMetadata(ApiCall call)
    {
        var url = call.Text("url");
        if (call.Node.Options.IsoCatalogue.FirstOrDefault(m => m.Urls.Any(u => u.AbsoluteUri == url || u.OriginalString == url)) is null)
        {
            var host = Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Host : url;
            throw ApiException.Failed(string.Create(CultureInfo.InvariantCulture, $"invalid server response: '500 Can't connect to {host}:{address?.Port ?? 443} (Name or service not known)'"));
        }

        return new JsonObject { ["filename"] = Path.GetFileName(new Uri(url).AbsolutePath), ["mimetype"] = "application/x-iso9660-image" };
    }
}
