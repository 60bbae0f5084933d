namespace Sandbox.Access;

/// <summary>
/// The privileges of a Proxmox VE version and its built-in roles. Privileges come in groups, each with those that only
/// an administrator of the host has (root), those of the group's admins, users and auditors; the built-in roles are
/// unions of these.
/// </summary>
internal sealed class Privileges
{
    private static readonly string[] MonitorOf8 = ["VM.Monitor"];
    private static readonly string[] AdminOf9 = ["VM.GuestAgent.Unrestricted", "VM.Replicate"];
    private static readonly string[] UserOf9 = ["VM.GuestAgent.FileRead", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.FileWrite"];
    private static readonly string[] AuditOf9 = ["VM.GuestAgent.Audit"];

    private readonly Dictionary<string, string[]> builtIn = new(StringComparer.Ordinal);

    public Privileges(bool before9)
    {
        Group[] groups =
        [
            new("VM",
                [],
                ["VM.Allocate", "VM.Clone", "VM.Config.CPU", "VM.Config.Disk", "VM.Config.HWType", "VM.Config.Memory",
                 "VM.Config.Network", "VM.Config.Options", "VM.Migrate", "VM.Snapshot", "VM.Snapshot.Rollback",
                 .. before9 ? MonitorOf8 : AdminOf9],
                ["VM.Backup", "VM.Config.CDROM", "VM.Config.Cloudinit", "VM.Console", "VM.PowerMgmt",
                 .. before9 ? [] : UserOf9],
                ["VM.Audit", .. before9 ? [] : AuditOf9]),
            new("Sys",
                ["Permissions.Modify", "Sys.AccessNetwork", "Sys.Incoming", "Sys.Modify", "Sys.PowerMgmt"],
                ["Sys.Console", "Sys.Syslog"],
                [],
                ["Sys.Audit"]),
            new("Datastore", [], ["Datastore.Allocate", "Datastore.AllocateTemplate"], ["Datastore.AllocateSpace"], ["Datastore.Audit"]),
            new("SDN", [], ["SDN.Allocate"], ["SDN.Use"], ["SDN.Audit"]),
            new("User", ["Realm.Allocate"], ["Group.Allocate", "Realm.AllocateUser", "User.Modify"], [], []),
            new("Pool", [], ["Pool.Allocate"], ["Pool.Audit"], ["Pool.Audit"]),
            new("Mapping", [], ["Mapping.Modify"], ["Mapping.Use"], ["Mapping.Audit"]),
        ];
        All = [.. groups.SelectMany(g => g.Everything).Distinct().Order(StringComparer.Ordinal)];
        builtIn["Administrator"] = [.. All];
        builtIn["NoAccess"] = [];
        builtIn["PVETemplateUser"] = ["VM.Audit", "VM.Clone"];
        builtIn["PVEAuditor"] = [.. groups.SelectMany(g => g.Audit).Distinct()];
        builtIn["PVEAdmin"] = [.. groups.SelectMany(g => g.AdminRole).Distinct().Except(["Mapping.Modify"])];
        foreach (var group in groups)
        {
            builtIn[$"PVE{group.Name}Admin"] = [.. group.AdminRole.Distinct()];
            if (group.User.Length > 0)
            {
                builtIn[$"PVE{group.Name}User"] = [.. group.User.Concat(group.Audit).Distinct()];
            }
        }
    }

    /// <summary>Every privilege there is, sorted.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>The roles that nobody can change.</summary>
    public IReadOnlyDictionary<string, string[]> BuiltInRoles => builtIn;

    private sealed record Group(string Name, string[] Root, string[] Admin, string[] User, string[] Audit)
    {
        public IEnumerable<string> AdminRole => Admin.Concat(User).Concat(Audit);

        public IEnumerable<string> Everything => Root.Concat(AdminRole);
    }
}
