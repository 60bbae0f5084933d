using Foundation;
using Templates;

namespace Packer.Staging;

/// <summary>
/// How one run gets into its guest: a random user with a password (WinRM) or an ECDSA P-256 key (SSH). Made new for
/// each run and gone at its end; what is secret about it is registered.
/// </summary>
public sealed class BuildCredentials
{
    private BuildCredentials(BuildAccess access, string? privateKeyPem)
    {
        Access = access;
        PrivateKeyPem = privateKeyPem;
    }

    /// <summary>What the unattended assets are rendered with.</summary>
    public BuildAccess Access { get; }

    /// <summary>
    /// The private key in SEC 1 PEM (<c>EC PRIVATE KEY</c>), which OpenSSH, Go and SSH.NET read; null with a password.
    /// </summary>
    public string? PrivateKeyPem { get; }

    /// <summary>Makes the credentials of a run and registers what is secret about them.</summary>
    /// <exception cref="FailureException">A value that the template calls secret is not there, or too short to be masked.</exception>
    public static BuildCredentials Create(Template template, ChainId chain, SecretSet secrets)
    {
        foreach (var name in template.SecretVars)
        {
            secrets.Add(template.Vars[name]?.ToString() ?? throw new FailureException(
                FailureKind.Validation, $"The template {template.Id} calls {name} secret, which is not among its vars", null, "Correct secret_vars in template.json"));
        }

        if (template.Communicator == "winrm")
        {
            var access = BuildAccess.Create(template, null, chain.ToString());
            secrets.Add(access.Password);
            return new BuildCredentials(access, null);
        }

        var pair = SshKeyPair.Create("build", secrets);
        return new BuildCredentials(BuildAccess.Create(template, pair.PublicKey, chain.ToString()), pair.PrivateKeyPem);
    }

    /// <summary>Says who logs in, never with what.</summary>
    public override string ToString() => Access.Username;
}
