namespace Guest;

/// <summary>
/// An operating system as an unattended installation left it: what it would let in, and what runs in it.
/// It is data; <see cref="GuestSystem"/>s are stored with the VM's disk and travel with its clones.
/// </summary>
public sealed record GuestSystem
{
    /// <summary>The system's id as <c>/etc/os-release</c> has it, or <c>mswindows</c>.</summary>
    public required string OsId { get; init; }

    /// <summary>The system's name for people, such as <c>Rocky Linux 9.6 (Blue Onyx)</c>.</summary>
    public required string PrettyName { get; init; }

    /// <summary>The version, such as <c>9.6</c>.</summary>
    public required string VersionId { get; init; }

    /// <summary>The host name.</summary>
    public required string HostName { get; init; }

    /// <summary>Whether it is Windows; everything else is Linux.</summary>
    public bool IsWindows { get; init; }

    /// <summary>Whether the QEMU guest agent was installed and is started at boot.</summary>
    public bool GuestAgent { get; init; }

    /// <summary>Whether cloud-init is installed, so that a clone takes its user and keys from the cloud-init drive.</summary>
    public bool CloudInit { get; init; }

    /// <summary>Whether an SSH server is installed, started at boot and let through the firewall.</summary>
    public bool Ssh { get; init; }

    /// <summary>How WinRM listens, or null when it does not.</summary>
    public WinRmListener? WinRm { get; init; }

    /// <summary>Everybody who can log in.</summary>
    public IReadOnlyList<GuestAccount> Accounts { get; init; } = [];
}

/// <summary>A WinRM listener.</summary>
/// <param name="Https">Whether it speaks TLS (port 5986), otherwise HTTP (port 5985).</param>
/// <param name="Basic">Whether it admits basic authentication.</param>
/// <param name="AllowUnencrypted">Whether it admits messages without encryption over HTTP.</param>
public sealed record WinRmListener(bool Https, bool Basic, bool AllowUnencrypted)
{
    /// <summary>The port that it listens on.</summary>
    public int Port => Https ? 5986 : 5985;
}

/// <summary>Somebody who can log in.</summary>
public sealed record GuestAccount
{
    /// <summary>The account's name.</summary>
    public required string Name { get; init; }

    /// <summary>The password in plain text, or null when it is locked or only a hash is known.</summary>
    public string? Password { get; init; }

    /// <summary>The public keys that are admitted, each a line as in <c>authorized_keys</c>.</summary>
    public IReadOnlyList<string> AuthorizedKeys { get; init; } = [];

    /// <summary>Whether the account may become root without a password, or is an administrator.</summary>
    public bool Administrator { get; init; }
}
