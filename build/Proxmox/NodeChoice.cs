using Foundation;
using Proxmox.Api;

namespace Proxmox;

/// <summary>Chooses the node for <c>--node=auto</c>.</summary>
public static class NodeChoice
{
    /// <summary>The online node with the most free memory that sees both storages of the connection (those that are named).</summary>
    /// <exception cref="FailureException">There is none.</exception>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public static async Task<string> MostFreeMemoryAsync(
        ProxmoxClient client, IReadOnlyList<NodeEntry> nodes, CancellationToken cancellation = default)
    {
        var wanted = new[] { client.Connection.StorageVm, client.Connection.StorageIso }.Where(s => s.Length > 0).Distinct().ToList();
        var refused = new List<string>();
        foreach (var node in nodes.OrderByDescending(n => n.FreeMemory ?? -1).ThenBy(n => n.Node, StringComparer.Ordinal))
        {
            if (!node.Online)
            {
                refused.Add($"{node.Node} is {node.Status}");
                continue;
            }

            var storages = await client.Node(node.Node).GetStoragesAsync(cancellation);
            var missing = wanted.Where(w => !storages.Any(s => s.Storage == w && s.Active && s.Enabled)).ToList();
            if (missing.Count == 0)
            {
                return node.Node;
            }

            refused.Add($"{node.Node} has no {string.Join(" and no ", missing)}");
        }

        throw new FailureException(FailureKind.Validation, "No node can build", string.Join("; ", refused), "Choose with --node=<name>");
    }
}
