namespace Proxmox.Access;

/// <summary>The kind of object that a privilege is needed on.</summary>
public enum PrivilegeScope
{
    /// <summary>The VMs: the pool, or each VMID.</summary>
    Vm,

    /// <summary>The storage for disks.</summary>
    StorageVm,

    /// <summary>The storage for installation media.</summary>
    StorageIso,

    /// <summary>The network bridge.</summary>
    Bridge,

    /// <summary>The node.</summary>
    Node,
}

/// <summary>A privilege that a build, staging or the smoke test needs.</summary>
/// <param name="Privilege">Its name.</param>
/// <param name="Scope">On what.</param>
/// <param name="Reason">What needs it.</param>
/// <param name="FromMajor">The first major version of Proxmox VE that has it.</param>
/// <param name="ToMajor">The last major version of Proxmox VE that has it.</param>
/// <param name="OnlyForAutoNode">Whether only <c>--node=auto</c> needs it.</param>
public sealed record PrivilegeNeed(
    string Privilege, PrivilegeScope Scope, string Reason, int FromMajor = 8, int ToMajor = int.MaxValue, bool OnlyForAutoNode = false);

/// <summary>A privilege on a path of the server's tree of objects.</summary>
/// <param name="Path">The path, such as <c>/storage/local</c>.</param>
/// <param name="Privilege">The privilege.</param>
/// <param name="Reason">What needs it.</param>
public sealed record NeededPrivilege(string Path, string Privilege, string Reason)
{
    /// <summary>As people read it.</summary>
    public override string ToString() => $"{Privilege} on {Path} ({Reason})";
}
