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

    /// <summary>
    /// The zone in which the login may use a bridge or VNet: who only uses a VNet is told its zone nowhere else. One with a
    /// permission for this very bridge goes before one whose bridges may all be used.
    /// </summary>
    /// <param name="scope">The bridge.</param>
    /// <param name="isVNet">Whether it is known to be a VNet, which is in no local zone.</param>
    public string? ZoneOf(AccessScope scope, bool isVNet)
    {
        const string Zones = "/sdn/zones/";
        var zones = permissions.Keys.Where(p => p.StartsWith(Zones, StringComparison.Ordinal)).Select(p => p[Zones.Length..].Split('/'))
            .Where(p => p.Length == 1 || p[1] == scope.Bridge).OrderBy(p => p.Length == 1).ThenBy(p => p[0] != AccessScope.LocalZone)
            .Select(p => p[0]).Where(z => !isVNet || z != AccessScope.LocalZone);
        return zones.FirstOrDefault(z => Allows(scope.BridgePath(z), "SDN.Use"));
    }
}
