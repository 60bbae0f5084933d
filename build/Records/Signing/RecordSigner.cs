using System.Security.Cryptography;
using System.Text;
using Foundation;
using Records.Model;

namespace Records.Signing;

/// <summary>
/// Signs records as <c>ssh-keygen -Y sign -n packer-build-record</c> does (PROTOCOL.sshsig of OpenSSH), in this
/// process: a machine that builds needs no OpenSSH.
/// </summary>
public sealed class RecordSigner : IDisposable
{
    /// <summary>What the signatures are for; a signature for another purpose does not count.</summary>
    public const string Namespace = "packer-build-record";

    private readonly ISigningKey key;

    internal RecordSigner(ISigningKey key, string name)
    {
        this.key = key;
        Name = PrincipalName(name);
        PublicKey = key.PublicKey;
    }

    /// <summary>The signer's name in <c>allowed_signers</c>.</summary>
    public string Name { get; }

    /// <summary>The fingerprint as <c>ssh-keygen -l</c> prints it.</summary>
    public string Fingerprint => $"SHA256:{Convert.ToBase64String(SHA256.HashData(PublicKey)).TrimEnd('=')}";

    internal byte[] PublicKey { get; }

    /// <summary>The line that <c>allowed_signers</c> needs.</summary>
    public string AllowedSignersLine =>
        $"{Name} namespaces=\"{Namespace}\" {new SshReader(PublicKey).Text()} {Convert.ToBase64String(PublicKey)}";

    /// <summary>The armored signature of a message.</summary>
    /// <exception cref="FailureException">The key cannot be used, such as when the agent refuses.</exception>
    public string Sign(ReadOnlySpan<byte> message)
    {
        const string hash = "sha512";
        var signed = new SshWriter().Raw("SSHSIG"u8)
            .String(Namespace).String("").String(hash).String(SHA512.HashData(message)).ToArray();
        byte[] signature;
        try
        {
            signature = key.Sign(signed);
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            throw new FailureException(
                FailureKind.Task, $"The record cannot be signed with the key {Fingerprint}", e.Message,
                "Make the key available, or choose another with --signing-key", cause: e);
        }

        var blob = new SshWriter().Raw("SSHSIG"u8).UInt32(1)
            .String(PublicKey).String(Namespace).String("").String(hash).String(signature).ToArray();
        var lines = Convert.ToBase64String(blob).Chunk(70).Select(line => new string(line));
        return $"-----BEGIN SSH SIGNATURE-----\n{string.Join('\n', lines)}\n-----END SSH SIGNATURE-----\n";
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    internal SignerFacts Facts => new(Name, Fingerprint);

    /// <summary>A name that <c>allowed_signers</c> and a shell take as it is: no blanks, quotes, commas or patterns.</summary>
    internal static string PrincipalName(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.Trim())
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '_' or '-' or '+' ? c : '-');
        }

        var clean = text.ToString().Trim('-');
        return clean.Length == 0 ? "builder" : clean[..Math.Min(clean.Length, 100)];
    }
}
