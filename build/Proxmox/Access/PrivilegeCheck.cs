using Foundation;

namespace Proxmox.Access;

/// <summary>Asks the server whether a login may do all that a build needs, before a build finds out.</summary>
public static class PrivilegeCheck
{
    /// <summary>The privileges that the client's own login lacks.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public static async Task<IReadOnlyList<NeededPrivilege>> MissingAsync(
        ProxmoxClient client, AccessScope scope, CancellationToken cancellation = default)
    {
        var version = await client.GetVersionAsync(cancellation);
        var tree = new PermissionTree(await client.Access.GetPermissionsAsync(cancellation: cancellation));
        return tree.Missing((scope with { Zone = scope.Zone ?? tree.ZoneOf(scope, isVNet: false) }).Needs(version));
    }

    /// <summary>Fails with a list of all privileges that the client's own login lacks.</summary>
    /// <exception cref="FailureException">Privileges are missing, or the server does not answer.</exception>
    public static async Task RequireAsync(ProxmoxClient client, AccessScope scope, CancellationToken cancellation = default)
    {
        const string What = "Checking the privileges failed";
        try
        {
            if (await MissingAsync(client, scope, cancellation) is { Count: > 0 } missing)
            {
                throw new FailureException(
                    FailureKind.Validation, $"The login {client.Connection.Credentials} lacks privileges", Listed(missing),
                    "Run the target Init with an administrator's login to grant them");
            }
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, What, FailureKind.Validation);
        }
    }

    /// <summary>The privileges in one line; the same one on several paths is told once.</summary>
    internal static string Listed(IEnumerable<NeededPrivilege> missing) => string.Join("; ", missing
        .GroupBy(m => (m.Privilege, m.Reason))
        .Select(g => $"{g.Key.Privilege} on {Some([.. g.Select(m => m.Path)])} ({g.Key.Reason})"));

    private static string Some(List<string> paths) =>
        paths.Count <= 3 ? string.Join(", ", paths) : $"{paths[0]} … {paths[^1]} ({paths.Count} paths)";
}
