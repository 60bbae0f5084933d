using Proxmox.Transport;

namespace Proxmox;

/// <summary>Where a Proxmox VE API is, how to log in there, and which of its resources a build uses.</summary>
public sealed record ProxmoxConnection
{
    /// <summary>The server, such as <c>https://pve1.example.net:8006</c>, without <c>/api2/json</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>How to log in.</summary>
    public required ProxmoxCredentials Credentials { get; init; }

    /// <summary>The node to build on.</summary>
    public string Node { get; init; } = "";

    /// <summary>The storage for disks.</summary>
    public string StorageVm { get; init; } = "";

    /// <summary>The storage for installation media.</summary>
    public string StorageIso { get; init; } = "";

    /// <summary>The network bridge, or the VNet.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>The VLAN of the VMs on that bridge, 1 to 4094, or null.</summary>
    public int? Vlan { get; init; }

    /// <summary>The zone of the bridge: <c>localnetwork</c>, or that of the VNet; empty while it is not known.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The bridge with its VLAN as people write it: <c>vmbr0</c>, <c>vmbr0:42</c>.</summary>
    public string BridgeName => Vlan is { } vlan ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Bridge}:{vlan}") : Bridge;

    /// <summary>The pool that builds belong to, or empty for none.</summary>
    public string Pool { get; init; } = "";

    /// <summary>
    /// The SHA-256 fingerprint of the server's own certificate (64 hexadecimal digits, colons allowed), or null. When
    /// it is given, exactly that certificate is accepted and no other.
    /// </summary>
    public string? Fingerprint { get; init; }

    /// <summary>A PEM file with the certificate to trust beside the system's, or null.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The same as the PEM text itself, which goes before the file; or null.</summary>
    public string? CertificateText { get; init; }

    /// <summary>The proxy on the way to the server, or null.</summary>
    public ServerProxy? Proxy { get; init; }

    /// <summary>Whether certificate checks are switched off (<c>PROXMOX_INSECURE=true</c>).</summary>
    public bool Insecure { get; init; }
}

/// <summary>
/// A login: a user with a password, or a user with an API token, or both (Packer 1.6 knows no tokens, and our own
/// client prefers them).
/// </summary>
public sealed record ProxmoxCredentials
{
    /// <summary>The user with realm: <c>packer@pve</c>.</summary>
    public required string Username { get; init; }

    /// <summary>The password, or null.</summary>
    public string? Password { get; init; }

    /// <summary>The token's name without the user, such as <c>build</c>, or null.</summary>
    public string? TokenName { get; init; }

    /// <summary>The token's secret (a UUID), or null.</summary>
    public string? TokenSecret { get; init; }

    /// <summary>The whole token id, <c>packer@pve!build</c>, or null when there is no token.</summary>
    public string? TokenId => TokenName is null ? null : $"{Username}!{TokenName}";

    /// <summary>Says who logs in, never with what.</summary>
    public override string ToString() => TokenId ?? Username;
}
