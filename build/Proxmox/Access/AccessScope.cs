using System.Globalization;
using Proxmox.Api;
using Templates;

namespace Proxmox.Access;

/// <summary>The objects of the server that builds touch, and so the only paths on which anything is granted.</summary>
public sealed record AccessScope
{
    /// <summary>The nodes that builds may run on.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>The storage for disks.</summary>
    public required string StorageVm { get; init; }

    /// <summary>The storage for installation media.</summary>
    public required string StorageIso { get; init; }

    /// <summary>The zone of bridges that the software-defined network does not make.</summary>
    public const string LocalZone = "localnetwork";

    /// <summary>The bridge or VNet.</summary>
    public required string Bridge { get; init; }

    /// <summary>The VLAN on it, or null for all of it.</summary>
    public int? Vlan { get; init; }

    /// <summary>The zone of the bridge; null where only the login's own permissions can tell.</summary>
    public string? Zone { get; init; }

    /// <summary>The pool of the VMs, or empty.</summary>
    public string Pool { get; init; } = "";

    /// <summary>The VMIDs of the templates. Without a pool each gets its own entry; without either it is all VMs.</summary>
    public IReadOnlyList<VmidRange> Vmids { get; init; } = [];

    /// <summary>Whether the node is chosen by its free memory.</summary>
    public bool AutoNode { get; init; }

    /// <summary>The scope of a connection whose resources are settled.</summary>
    public static AccessScope Of(ProxmoxConnection connection, IEnumerable<VmidRange> vmids) => new()
    {
        Nodes = [connection.Node],
        StorageVm = connection.StorageVm,
        StorageIso = connection.StorageIso,
        Bridge = connection.Bridge,
        Vlan = connection.Vlan,
        Zone = connection.Zone.Length == 0 ? null : connection.Zone,
        Pool = connection.Pool,
        Vmids = [.. vmids],
    };

    /// <summary>The paths of one kind of object.</summary>
    public IReadOnlyList<string> Paths(PrivilegeScope scope) => scope switch
    {
        PrivilegeScope.Vm when Pool.Length > 0 => [$"/pool/{Pool}"],
        PrivilegeScope.Vm when Vmids.Count > 0 =>
        [
            .. Vmids.SelectMany(r => Enumerable.Range(r.First, Math.Max(0, r.Last - r.First + 1))).Distinct().Order()
                .Select(id => "/vms/" + id.ToString(CultureInfo.InvariantCulture)),
        ],
        PrivilegeScope.Vm => ["/vms"],
        PrivilegeScope.StorageVm => [$"/storage/{StorageVm}"],
        PrivilegeScope.StorageIso => [$"/storage/{StorageIso}"],
        PrivilegeScope.Bridge => [BridgePath(Zone ?? LocalZone)],
        _ => [.. Nodes.Select(n => $"/nodes/{n}")],
    };

    internal string BridgePath(string zone) =>
        $"/sdn/zones/{zone}/{Bridge}" + (Vlan is { } vlan ? string.Create(CultureInfo.InvariantCulture, $"/{vlan}") : "");

    /// <summary>Everything needed on a server of this version, path by path.</summary>
    public IReadOnlyList<NeededPrivilege> Needs(PveVersion version) =>
        [.. PrivilegeTable.For(version, this).SelectMany(n => Paths(n.Scope).Select(p => new NeededPrivilege(p, n.Privilege, n.Reason)))];

    /// <summary>The entries of the access control list: path and role.</summary>
    public IReadOnlyList<(string Path, string Role)> Grants() =>
        [.. Enum.GetValues<PrivilegeScope>().SelectMany(s => Paths(s).Select(p => (p, PrivilegeTable.RoleOf(s)))).Distinct()];
}
