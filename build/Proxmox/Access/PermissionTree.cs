namespace Proxmox.Access;

/// <summary>
/// What a login may do, from <c>GET /access/permissions</c>. A path that is not listed has what the nearest listed one
/// above it passes on.
/// </summary>
internal sealed class PermissionTree(IReadOnlyDictionary<string, Dictionary<string, bool>> permissions)
{
    public bool Allows(string path, string privilege)
    {
        for (var current = path;;)
        {
            if (permissions.TryGetValue(current, out var here))
            {
                return here.TryGetValue(privilege, out var propagates) && (propagates || current == path);
            }

            if (current == "/")
            {
                return false;
            }

            var slash = current.LastIndexOf('/');
            current = slash <= 0 ? "/" : current[..slash];
        }
    }

    public IReadOnlyList<NeededPrivilege> Missing(IEnumerable<NeededPrivilege> needs) =>
        [.. needs.Where(n => !Allows(n.Path, n.Privilege))];
}
