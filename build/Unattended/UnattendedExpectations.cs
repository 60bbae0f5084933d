namespace Unattended;

/// <summary>What the rest of a build relies on: how Packer logs in and what it asks the guest.</summary>
public sealed record UnattendedExpectations
{
    /// <summary>How Packer logs in: <c>ssh</c> or <c>winrm</c>.</summary>
    public string Communicator { get; init; } = "ssh";

    /// <summary>The account with which Packer logs in, or null when unknown.</summary>
    public string? UserName { get; init; }

    /// <summary>The public key that must admit it, a line as in <c>authorized_keys</c>, or null when it uses a password.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The password that must admit it, or null when it uses a key.</summary>
    public string? Password { get; init; }

    /// <summary>Whether Packer learns the guest's address from the guest agent.</summary>
    public bool NeedsGuestAgent { get; init; } = true;

    /// <summary>Whether clones are configured by cloud-init.</summary>
    public bool NeedsCloudInit { get; init; }

    /// <summary>Whether the provisioning scripts must become root without a password.</summary>
    public bool NeedsAdministrator { get; init; } = true;

    /// <summary>The port on which WinRM is asked for.</summary>
    public int WinRmPort { get; init; } = 5986;
}
