namespace Unattended;

/// <summary>The system that an unattended file leads to, as far as the file says.</summary>
public sealed record UnattendedPlan
{
    /// <summary>The file's format.</summary>
    public required UnattendedFormat Format { get; init; }

    /// <summary>The host name, or null when the installer chooses one.</summary>
    public string? HostName { get; init; }

    /// <summary>The accounts that can exist after the installation, root or Administrator included.</summary>
    public IReadOnlyList<UnattendedAccount> Accounts { get; init; } = [];

    /// <summary>The packages that are asked for by name, groups with their <c>@</c>.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>The services that are enabled by name.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Whether an SSH server is installed, enabled and let through the firewall.</summary>
    public bool Ssh { get; init; }

    /// <summary>Whether the SSH server admits passwords.</summary>
    public bool SshPasswords { get; init; }

    /// <summary>Whether the QEMU guest agent is installed and started.</summary>
    public bool GuestAgent { get; init; }

    /// <summary>Whether cloud-init is installed.</summary>
    public bool CloudInit { get; init; }

    /// <summary>Whether the firewall is on.</summary>
    public bool Firewall { get; init; }

    /// <summary>SELinux: <c>enforcing</c>, <c>permissive</c>, <c>disabled</c>; null where there is none.</summary>
    public string? SeLinux { get; init; }

    /// <summary>How WinRM listens, or null when it does not.</summary>
    public WinRmPlan? WinRm { get; init; }

    /// <summary>Whether the machine restarts into the new system by itself.</summary>
    public bool Reboots { get; init; } = true;

    /// <summary>Whether a script or an included file may give rights to become root that cannot be seen.</summary>
    public bool SudoUnclear { get; init; }

    /// <summary>Whether a script or an included file may make accounts, keys or passwords that cannot be seen.</summary>
    public bool LoginUnclear { get; init; }

    /// <summary>
    /// What the installer would stop and ask for: nothing for a fully unattended installation. Each is a phrase, such
    /// as <c>Installation Destination</c>.
    /// </summary>
    public IReadOnlyList<string> Questions { get; init; } = [];
}

/// <summary>An account that the file creates.</summary>
public sealed record UnattendedAccount
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The password in plain text, or null when there is none or only its hash is given.</summary>
    public string? Password { get; init; }

    /// <summary>The password's hash, or null.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>Whether the password is locked.</summary>
    public bool Locked { get; init; }

    /// <summary>The public keys that are admitted, each a line as in <c>authorized_keys</c>.</summary>
    public IReadOnlyList<string> AuthorizedKeys { get; init; } = [];

    /// <summary>Whether it is root, may become root without a password, or is an administrator.</summary>
    public bool Administrator { get; init; }

    /// <summary>Whether somebody with the right password would be let in.</summary>
    public bool HasPassword => !Locked && (Password is { Length: > 0 } || PasswordHash is { Length: > 0 });
}

/// <summary>A WinRM listener.</summary>
/// <param name="Https">Whether it speaks TLS (port 5986), otherwise HTTP (port 5985).</param>
/// <param name="Basic">Whether it admits basic authentication.</param>
/// <param name="AllowUnencrypted">Whether it admits messages without encryption over HTTP.</param>
public sealed record WinRmPlan(bool Https, bool Basic, bool AllowUnencrypted);
