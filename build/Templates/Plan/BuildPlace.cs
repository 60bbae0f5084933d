namespace Templates;

/// <summary>Where a template is built: what the settings and the server say.</summary>
public sealed record BuildPlace
{
    /// <summary>The API with its path, such as <c>https://pve1.example.net:8006/api2/json</c>.</summary>
    public required string Api { get; init; }

    /// <summary>Whether certificate checks are switched off.</summary>
    public bool Insecure { get; init; }

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The pool, or empty.</summary>
    public string Pool { get; init; } = "";

    /// <summary>The storage for disks.</summary>
    public required string StorageVm { get; init; }

    /// <summary>Its type, as <c>GET /storage/{storage}</c> has it: <c>lvmthin</c>, <c>dir</c>, …</summary>
    public required string StorageType { get; init; }

    /// <summary>The storage for installation media.</summary>
    public required string StorageIso { get; init; }

    /// <summary>The network bridge, or the VNet.</summary>
    public required string Bridge { get; init; }

    /// <summary>The VLAN on that bridge, or null.</summary>
    public int? Vlan { get; init; }

    /// <summary>Whether the storage for disks has volumes without a format of their own: they are <c>raw</c>.</summary>
    public bool IsBlockStorage => StorageType is "lvmthin" or "lvm" or "zfspool" or "zfs" or "rbd" or "iscsi" or "iscsidirect";
}
