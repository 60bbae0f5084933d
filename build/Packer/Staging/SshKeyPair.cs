using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Foundation;

namespace Packer.Staging;

/// <summary>A throw-away ECDSA P-256 key pair for one login.</summary>
public sealed class SshKeyPair
{
    private SshKeyPair(string privateKeyPem, string publicKey) => (PrivateKeyPem, PublicKey) = (privateKeyPem, publicKey);

    /// <summary>The private key in SEC 1 PEM (<c>EC PRIVATE KEY</c>), which OpenSSH, Go and SSH.NET read.</summary>
    public string PrivateKeyPem { get; }

    /// <summary>The public key as a line of <c>authorized_keys</c> (RFC 5656, section 3.1).</summary>
    public string PublicKey { get; }

    /// <summary>Makes a pair and registers what is secret about it.</summary>
    /// <param name="comment">The comment of the public key.</param>
    /// <param name="secrets">Told the private key, whole and by lines.</param>
    public static SshKeyPair Create(string comment, SecretSet secrets)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportECPrivateKeyPem();
        secrets.Add(pem);
        foreach (var line in pem.Split('\n').Where(l => !l.StartsWith('-') && l.Length >= 16))
        {
            secrets.Add(line);
        }

        var point = key.ExportParameters(false).Q;
        var blob = new MemoryStream();
        Put(blob, Encoding.ASCII.GetBytes("ecdsa-sha2-nistp256"));
        Put(blob, Encoding.ASCII.GetBytes("nistp256"));
        Put(blob, [4, .. point.X!, .. point.Y!]);
        return new SshKeyPair(pem + "\n", $"ecdsa-sha2-nistp256 {Convert.ToBase64String(blob.ToArray())} {comment}");
    }

    /// <summary>Says the public half.</summary>
    public override string ToString() => PublicKey;

    private static void Put(MemoryStream blob, byte[] value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        blob.Write(length);
        blob.Write(value);
    }
}
