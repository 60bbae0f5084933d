using System.Security.Cryptography;

namespace Templates;

/// <summary>
/// How one build gets into its guest: made for the run, known to nobody else, removed by the last provisioning step.
/// </summary>
public sealed record BuildAccess
{
    // Without the letters and digits that look alike, and without characters that any format would have to escape.
    private const string Letters = "abcdefghjkmnpqrstuvwxyz";
    private const string Capitals = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    private const string Digits = "23456789";

    // A key of which nobody has the private half: it was made for this line.
    private const string SampleKey =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCNjY5TA+dNvJpnWvLNFl7G/m64V5KZZ29YjhX4nC31hW2aAImcKDAOpFvk0r/L++pMEmYmHN1lacSFm+XIZaik= build";

    /// <summary>The build user's name.</summary>
    public required string Username { get; init; }

    /// <summary>The public key that admits it, a line as in <c>authorized_keys</c>; null when it has a password.</summary>
    public string? SshPublicKey { get; init; }

    /// <summary>The password that admits it; null when it has a key.</summary>
    public string? Password { get; init; }

    /// <summary>The run's identifier.</summary>
    public required string ChainId { get; init; }

    /// <summary>Makes the access of a new run: a random name, and for WinRM a random password.</summary>
    /// <param name="template">The template; its communicator decides between key and password.</param>
    /// <param name="sshPublicKey">The run's public key; needed for SSH.</param>
    /// <param name="chainId">The run's identifier.</param>
    public static BuildAccess Create(Template template, string? sshPublicKey, string chainId)
    {
        var name = "build-" + RandomNumberGenerator.GetString(Letters, 8);
        return template.Communicator == "winrm"
            ? new BuildAccess { Username = name, Password = RandomPassword(), ChainId = chainId }
            : new BuildAccess { Username = name, SshPublicKey = sshPublicKey ?? throw new ArgumentNullException(nameof(sshPublicKey)), ChainId = chainId };
    }

    /// <summary>A plausible access, with which assets can be rendered and judged when nothing is built.</summary>
    public static BuildAccess Sample(Template template) => Create(template, SampleKey, "CHAIN-20000101T000000Z-" + template.Id);

    /// <summary>Says who logs in, never with what.</summary>
    public override string ToString() => Username;

    // 24 characters of 54: 138 bits. Windows wants three of its classes of characters.
    private static string RandomPassword()
    {
        string password;
        do
        {
            password = RandomNumberGenerator.GetString(Letters + Capitals + Digits, 24);
        }
        while (!password.Any(Letters.Contains) || !password.Any(Capitals.Contains) || !password.Any(Digits.Contains));

        return password;
    }
}
