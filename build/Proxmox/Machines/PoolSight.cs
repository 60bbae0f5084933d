using Foundation;
using Proxmox.Access;

namespace Proxmox.Machines;

/// <summary>
/// Whether a login is told which VMs are in a pool: only with <c>Pool.Audit</c>, which no build needs. Without it a VM for
/// which no pool is named may be in it all the same.
/// </summary>
public static class PoolSight
{
    /// <summary>Asks what the login may do.</summary>
    /// <param name="client">The server.</param>
    /// <param name="pool">The pool; empty for any.</param>
    /// <param name="cancellation">Stops the call.</param>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public static async Task<bool> IsToldAsync(ProxmoxClient client, string pool, CancellationToken cancellation = default)
    {
        try
        {
            return new PermissionTree(await client.Access.GetPermissionsAsync(cancellation: cancellation)).Allows(pool.Length > 0 ? $"/pool/{pool}" : "/pool", "Pool.Audit");
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, "Reading what the login may do failed");
        }
    }
}
