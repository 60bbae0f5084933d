using Proxmox.Api;

namespace Proxmox.Access;

/// <summary>
/// The privileges that the whole of a build uses, and no more, from the permissions that the API declares for each call
/// (<c>pvesh usage</c> or the API viewer show them) and from what creating a VM checks for each parameter.
/// </summary>
public static class PrivilegeTable
{
    /// <summary>The role for VMs, disks, the bridge and the node.</summary>
    public const string BuildRole = "PackerBuild";

    /// <summary>
    /// The role for the storage of installation media. It is apart because <c>Datastore.Allocate</c>, without which no
    /// uploaded ISO can be removed, would allow to remove disks on the other storage.
    /// </summary>
    public const string MediaRole = "PackerMedia";

    private const string AgentBefore9 = "VM.Monitor";
    private const string AgentSince9 = "VM.GuestAgent.Audit";

    /// <summary>All privileges, with the reason for each.</summary>
    public static IReadOnlyList<PrivilegeNeed> All { get; } =
    [
        new("VM.Allocate", PrivilegeScope.Vm, "make and destroy the VM and its test clone, turn it into a template"),
        new("VM.Audit", PrivilegeScope.Vm, "read the VM's configuration and state"),
        new("VM.Clone", PrivilegeScope.Vm, "clone the template for the smoke test"),
        new("VM.Config.CDROM", PrivilegeScope.Vm, "attach and detach the installation media and the cloud-init drive"),
        new("VM.Config.Cloudinit", PrivilegeScope.Vm, "give the finished template its cloud-init drive"),
        new("VM.Config.CPU", PrivilegeScope.Vm, "set sockets, cores and the CPU type"),
        new("VM.Config.HWType", PrivilegeScope.Vm, "set the SCSI controller and other virtual hardware"),
        new("VM.Config.Memory", PrivilegeScope.Vm, "set the memory"),
        new("VM.Config.Network", PrivilegeScope.Vm, "add the network card, give the test clone its user and key"),
        new("VM.Config.Options", PrivilegeScope.Vm, "set name, description, OS type and guest agent"),
        new("VM.Console", PrivilegeScope.Vm, "type the boot command"),
        new("VM.PowerMgmt", PrivilegeScope.Vm, "start, shut down and stop the VM"),
        new(AgentBefore9, PrivilegeScope.Vm, "ask the guest agent for addresses and the OS", ToMajor: 8),
        new(AgentSince9, PrivilegeScope.Vm, "ask the guest agent for addresses and the OS", FromMajor: 9),
        new("Datastore.AllocateSpace", PrivilegeScope.StorageVm, "allocate disks"),
        new("Datastore.Allocate", PrivilegeScope.StorageIso, "remove the answer ISO after the build"),
        new("Datastore.AllocateTemplate", PrivilegeScope.StorageIso, "download and upload ISOs"),
        new("Datastore.Audit", PrivilegeScope.StorageIso, "see and attach ISOs"),
        new("SDN.Use", PrivilegeScope.Bridge, "connect the VM to the bridge"),
        new("Sys.AccessNetwork", PrivilegeScope.Node, "let the node download ISOs and compare their checksums"),
        new("Sys.Audit", PrivilegeScope.Node, "see the node's free memory to choose a node", OnlyForAutoNode: true),
    ];

    /// <summary>The privileges that a server of this version knows and this access needs.</summary>
    /// <exception cref="Foundation.FailureException">The version is too old.</exception>
    public static IReadOnlyList<PrivilegeNeed> For(PveVersion version, AccessScope scope)
    {
        if (version.Major < 8)
        {
            throw new Foundation.FailureException(
                Foundation.FailureKind.Validation, $"Proxmox VE {version.Version} is too old", "8 or newer is needed");
        }

        return [.. All.Where(n => n.FromMajor <= version.Major && version.Major <= n.ToMajor && (scope.AutoNode || !n.OnlyForAutoNode))];
    }

    /// <summary>The privileges with any of which a login may ask a guest agent, the least one first.</summary>
    internal static IReadOnlyList<string> AgentOf(PveVersion version) =>
        version.Major < 9 ? [AgentBefore9] : [AgentSince9, "VM.GuestAgent.Unrestricted"];

    /// <summary>The role that holds the privileges of a scope.</summary>
    public static string RoleOf(PrivilegeScope scope) => scope == PrivilegeScope.StorageIso ? MediaRole : BuildRole;
}
