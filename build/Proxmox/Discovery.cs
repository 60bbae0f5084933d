using System.Globalization;
using Foundation;
using Proxmox.Access;
using Proxmox.Api;

namespace Proxmox;

/// <summary>What a server is and which of its resources a build uses.</summary>
public sealed record DiscoveredFacts
{
    /// <summary>The server's version.</summary>
    public required PveVersion Version { get; init; }

    /// <summary>All nodes.</summary>
    public required IReadOnlyList<NodeEntry> Nodes { get; init; }

    /// <summary>The node to build on.</summary>
    public required string Node { get; init; }

    /// <summary>The storage for disks.</summary>
    public required StorageEntry StorageVm { get; init; }

    /// <summary>The storage for installation media.</summary>
    public required StorageEntry StorageIso { get; init; }

    /// <summary>The bridge or VNet.</summary>
    public required string Bridge { get; init; }

    /// <summary>The bridge's zone: <c>localnetwork</c>, or that of the VNet; empty where nobody tells it this login.</summary>
    public string Zone { get; init; } = AccessScope.LocalZone;

    /// <summary>The node's own address in the bridge's network, such as <c>10.0.0.2/24</c>, or null when it has none there.</summary>
    public string? BridgeNetwork { get; init; }

    /// <summary>The connection with the resources filled in.</summary>
    public ProxmoxConnection Complete(ProxmoxConnection connection) => connection with
    {
        Node = Node,
        StorageVm = StorageVm.Storage,
        StorageIso = StorageIso.Storage,
        Bridge = Bridge,
        Zone = Zone,
    };
}

/// <summary>
/// Finds the node, the storages and the bridge for builds. What the connection names is checked; what it leaves out is
/// found when there is one candidate, and otherwise asked for with all of them listed.
/// </summary>
public static class Discovery
{
    /// <summary>The name with which the user leaves the choice of the node to the program.</summary>
    public const string AutoNode = "auto";

    /// <summary>Looks at the server.</summary>
    /// <exception cref="FailureException">Something is missing, not usable, or there are several candidates.</exception>
    public static Task<DiscoveredFacts> RunAsync(ProxmoxClient client, CancellationToken cancellation = default) => RunAsync(client, null, cancellation);

    /// <summary>Looks at the server, and asks where there are several candidates.</summary>
    /// <param name="client">The server.</param>
    /// <param name="ask">Asks which; null where nobody can be asked: then all that is open is told at once.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DiscoveredFacts> RunAsync(ProxmoxClient client, AskWhich? ask, CancellationToken cancellation)
    {
        try
        {
            return await FindAsync(client, new Choosing(ask, cancellation), cancellation);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Looking at the server {client.Connection.Url} failed");
        }
    }

    private static async Task<DiscoveredFacts> FindAsync(ProxmoxClient client, Choosing choosing, CancellationToken cancellation)
    {
        var wish = client.Connection;
        var version = await client.GetVersionAsync(cancellation);
        var nodes = await client.GetNodesAsync(cancellation);
        var node = wish.Node == AutoNode
            ? await NodeChoice.MostFreeMemoryAsync(client, nodes, cancellation)
            : (await choosing.AtOnceAsync(
                "node", "--node", wish.Node, [.. nodes.Where(n => n.Online)], n => n.Node,
                n => n.FreeMemory is { } free ? $"{n.Node} ({Gigabytes(free)} memory free)" : n.Node)).Node;
        var storages = (await client.Node(node).GetStoragesAsync(cancellation)).Where(s => s.Active && s.Enabled).ToList();
        var bridges = (await client.Node(node).GetBridgesAsync(cancellation)).Where(b => b.Active).ToList();
        var bridge = await choosing.AmongAsync($"bridge on {node}", "--bridge", wish.Bridge, bridges, b => b.Interface, b => b.Interface);
        var disks = await choosing.AmongAsync(
            $"storage for disks on {node}", "--storage-vm", wish.StorageVm, [.. storages.Where(s => s.Takes("images"))], s => s.Storage, Described);
        var media = await choosing.AmongAsync(
            $"storage for ISOs on {node}", "--storage-iso", wish.StorageIso, [.. storages.Where(s => s.Takes("iso"))], s => s.Storage, Described);
        choosing.RequireAll();
        return new DiscoveredFacts
        {
            Version = version,
            Nodes = nodes,
            Node = node,
            StorageVm = disks!,
            StorageIso = media!,
            Bridge = bridge!.Interface,
            Zone = bridge.Type == "vnet" ? await ZoneAsync(client, bridge.Interface, cancellation) : AccessScope.LocalZone,
            BridgeNetwork = bridge.Cidr,
        };
    }

    /// <summary>The zone of a VNet: the list of VNets has it for administrators, the login's own permissions for builds.</summary>
    private static async Task<string> ZoneAsync(ProxmoxClient client, string vnet, CancellationToken cancellation)
    {
        if ((await client.Cluster.GetVNetsAsync(cancellation)).FirstOrDefault(v => v.Name == vnet) is { Zone.Length: > 0 } listed)
        {
            return listed.Zone;
        }

        var tree = new PermissionTree(await client.Access.GetPermissionsAsync(cancellation: cancellation));
        return tree.ZoneOf(AccessScope.Of(client.Connection with { Bridge = vnet }, []), isVNet: true) ?? "";
    }

    private static string Described(StorageEntry storage) =>
        storage.Available is { } free ? $"{storage.Storage} ({storage.Type}, {Gigabytes(free)} free)" : $"{storage.Storage} ({storage.Type})";

    internal static string Gigabytes(long bytes) => (bytes / (double)(1L << 30)).ToString("0.#", CultureInfo.InvariantCulture) + " GiB";
}
