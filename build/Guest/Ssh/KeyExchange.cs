using System.Security.Cryptography;
using System.Text;

namespace Guest.Ssh;

/// <summary>The server's side of ecdh-sha2-nistp256 (RFC 5656 §4) and the negotiation before it (RFC 4253 §7.1).</summary>
internal sealed class KeyExchange
{
    private const string Method = "ecdh-sha2-nistp256";
    private const string Cipher = "aes128-gcm@openssh.com";

    // The cipher authenticates by itself; Go's client of 2020 wants a common MAC all the same.
    private const string Macs = "hmac-sha2-256-etm@openssh.com,hmac-sha2-256";

    private readonly byte[] serverInit;
    private byte[] clientInit = [];

    /// <summary>Begins an exchange: what the server offers is in <see cref="Offer"/>.</summary>
    /// <param name="first">Whether it is the connection's first one, which also negotiates extensions.</param>
    public KeyExchange(bool first)
    {
        var offer = new SshWriter(SshMessage.KexInit).Raw(RandomNumberGenerator.GetBytes(16));
        foreach (var list in new[]
        {
            first ? Method + ",kex-strict-s-v00@openssh.com" : Method, HostKey.Algorithm, Cipher, Cipher, Macs, Macs, "none", "none", "", "",
        })
        {
            offer.Text(list);
        }

        serverInit = offer.Bool(false).UInt32(0).Written.ToArray();
    }

    /// <summary>The server's SSH_MSG_KEXINIT.</summary>
    public ReadOnlyMemory<byte> Offer => serverInit;

    /// <summary>Whether the client asked for strict key exchange (OpenSSH's PROTOCOL §1.10).</summary>
    public bool Strict { get; private set; }

    /// <summary>Whether the client wants SSH_MSG_EXT_INFO (RFC 8308).</summary>
    public bool ExtInfo { get; private set; }

    /// <summary>Whether the client sent a guess that has to be thrown away.</summary>
    public bool WrongGuess { get; private set; }

    /// <summary>Takes the client's SSH_MSG_KEXINIT.</summary>
    public void Accept(byte[] init)
    {
        clientInit = init;
        var reader = new SshReader(init);
        reader.Take(17);
        var lists = new string[10][];
        for (var i = 0; i < lists.Length; i++)
        {
            lists[i] = reader.Names();
        }

        Need("key exchange method", lists[0], Method);
        Need("host key algorithm", lists[1], HostKey.Algorithm);
        Need("cipher", lists[2], Cipher);
        Need("cipher", lists[3], Cipher);
        Need("compression", lists[6], "none");
        Need("compression", lists[7], "none");
        Strict = lists[0].Contains("kex-strict-c-v00@openssh.com");
        ExtInfo = lists[0].Contains("ext-info-c");
        WrongGuess = reader.Bool() && (lists[0][0] != Method || lists[1][0] != HostKey.Algorithm);
    }

    /// <summary>Answers SSH_MSG_KEX_ECDH_INIT.</summary>
    public (ReadOnlyMemory<byte> Reply, ExchangedKeys Keys) Answer(byte[] message, string clientVersion, string serverVersion, HostKey host, byte[]? session)
    {
        var reader = new SshReader(message);
        if (reader.Byte() != SshMessage.KexEcdhInit)
        {
            throw new SshException(SshDisconnect.KeyExchangeFailed, "Expected the client's ephemeral key.");
        }

        var point = reader.Bytes();
        if (point.Length != 65 || point[0] != 4)
        {
            throw new SshException(SshDisconnect.KeyExchangeFailed, "The client's ephemeral key is not a point of nistp256.");
        }

        using var own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] secret;
        try
        {
            using var other = ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() },
            });
            secret = own.DeriveRawSecretAgreement(other.PublicKey);
        }
        catch (CryptographicException)
        {
            throw new SshException(SshDisconnect.KeyExchangeFailed, "The client's ephemeral key is not on the curve.");
        }

        var ownPoint = own.ExportParameters(includePrivateParameters: false).Q;
        byte[] ownKey = [4, .. ownPoint.X!, .. ownPoint.Y!];
        var hash = SHA256.HashData(new SshWriter()
            .Bytes(Encoding.ASCII.GetBytes(clientVersion)).Bytes(Encoding.ASCII.GetBytes(serverVersion))
            .Bytes(clientInit).Bytes(serverInit).Bytes(host.PublicBlob).Bytes(point).Bytes(ownKey).Number(secret).Written.Span);
        var reply = new SshWriter(SshMessage.KexEcdhReply).Bytes(host.PublicBlob).Bytes(ownKey).Bytes(host.Sign(hash));
        return (reply.Written, new ExchangedKeys(secret, hash, session ?? hash));
    }

    private static void Need(string what, string[] offered, string supported)
    {
        if (!offered.Contains(supported))
        {
            throw new SshException(
                SshDisconnect.KeyExchangeFailed, $"No common {what}: this server has only {supported}, the client offers {string.Join(',', offered)}.");
        }
    }
}

/// <summary>The result of a key exchange.</summary>
/// <param name="Secret">The shared secret K.</param>
/// <param name="Hash">The exchange hash H.</param>
/// <param name="Session">The session identifier: the first exchange's hash.</param>
internal sealed record ExchangedKeys(byte[] Secret, byte[] Hash, byte[] Session)
{
    public PacketCipher ClientToServer() => new(Derive('C').AsSpan(0, 16), Derive('A').AsSpan(0, 12));

    public PacketCipher ServerToClient() => new(Derive('D').AsSpan(0, 16), Derive('B').AsSpan(0, 12));

    // RFC 4253 §7.2; one SHA-256 is longer than any key that is needed here.
    private byte[] Derive(char letter) =>
        SHA256.HashData(new SshWriter().Number(Secret).Raw(Hash).Byte((byte)letter).Raw(Session).Written.Span);
}
