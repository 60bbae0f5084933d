using System.Formats.Asn1;
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
        var signature = SignRaw(signed);
        var blob = new SshWriter().Raw("SSHSIG"u8).UInt32(1)
            .String(PublicKey).String(Namespace).String("").String(hash).String(signature).ToArray();
        var lines = Convert.ToBase64String(blob).Chunk(70).Select(line => new string(line));
        return $"-----BEGIN SSH SIGNATURE-----\n{string.Join('\n', lines)}\n-----END SSH SIGNATURE-----\n";
    }

    /// <summary>The public key for verifiers of attestations; null for a key that they do not take.</summary>
    public string? PublicKeyPem => Signing.PublicKeyPem.Of(PublicKey);

    /// <summary>Why the key signs no envelopes; null when it does.</summary>
    internal string? WhyNoEnvelope => PublicKeyPem is not null
        ? null
        : $"verifiers of attestations take Ed25519 and P-256 keys, and this one is of the type {new SshReader(PublicKey).Text()}";

    /// <summary>The signature as DSSE's verifiers want it: 64 bytes of Ed25519, or ASN.1 of ECDSA over SHA-256.</summary>
    /// <exception cref="FailureException">The key cannot be used.</exception>
    /// <exception cref="IOException">What the key gave is no signature.</exception>
    internal byte[] SignEnvelope(byte[] encoding)
    {
        try
        {
            var reader = new SshReader(SignRaw(encoding));
            var algorithm = reader.Text();
            var value = reader.Bytes();
            if (algorithm == Ed25519SigningKey.Algorithm)
            {
                return value.ToArray();
            }

            var pair = new SshReader(value);
            var asn = new AsnWriter(AsnEncodingRules.DER);
            using (asn.PushSequence())
            {
                asn.WriteInteger(pair.Bytes());
                asn.WriteInteger(pair.Bytes());
            }

            return asn.Encode();
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException)
        {
            throw new IOException($"the signature that the key {Fingerprint} gave is not right", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    private byte[] SignRaw(byte[] message)
    {
        try
        {
            return key.Sign(message);
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            throw new FailureException(
                FailureKind.Task, $"The record cannot be signed with the key {Fingerprint}", e.Message,
                "Make the key available, or choose another with --signing-key", cause: e);
        }
    }

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
