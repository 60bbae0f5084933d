using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Everything that the node answers, one declaration for each method on each path.</summary>
internal static class AllEndpoints
{
    public static IReadOnlyList<Endpoint> List { get; } =
    [
        .. VersionEndpoints.All,
        .. TicketEndpoints.All,
        .. UserEndpoints.All,
        .. TokenEndpoints.All,
        .. RoleEndpoints.All,
        .. AclEndpoints.All,
        .. PoolEndpoints.All,
        .. ClusterEndpoints.All,
        .. SdnEndpoints.All,
        .. NodeEndpoints.All,
        .. CapabilityEndpoints.All,
        .. TaskEndpoints.All,
        .. StorageEndpoints.All,
        .. ContentEndpoints.All,
        .. MachineEndpoints.All,
        .. MigrationEndpoints.All,
        .. DiskMoveEndpoints.All,
        .. MachineViewEndpoints.All,
        .. RunStateEndpoints.All,
        .. SnapshotEndpoints.All,
        .. ConsoleEndpoints.All,
        .. InventoryEndpoints.All,
        .. ConfigEndpoints.All,
        .. PowerEndpoints.All,
        .. AgentEndpoints.All,
    ];
}
