using System.Security.Cryptography;
using System.Text;

namespace Guest.Ssh;

/// <summary>Lets in exactly the guest's accounts (RFC 4252): by public key or by password.</summary>
internal sealed class UserAuthentication(GuestState guest, SshTransport transport)
{
    private const string Service = "ssh-userauth", NextService = "ssh-connection";
    private const string Methods = "publickey,password";
    private const int MostFailures = 6;

    /// <summary>Runs until somebody is in; too many failures end the connection.</summary>
    public async Task<GuestAccount> RunAsync(CancellationToken cancellation)
    {
        var failures = 0;
        while (true)
        {
            var message = await transport.ReceiveAsync(cancellation);
            if (message[0] == SshMessage.ServiceRequest)
            {
                CheckService(message, Service);
                await transport.SendAsync(new SshWriter(SshMessage.ServiceAccept).Text(Service), cancellation);
                continue;
            }

            if (message[0] != SshMessage.UserAuthRequest)
            {
                throw new SshException(SshDisconnect.ProtocolError, "Nobody is logged in.");
            }

            var (account, answer, counts) = Judge(message);
            await transport.SendAsync(answer, cancellation);
            if (account is not null)
            {
                return account;
            }

            failures += counts ? 1 : 0;
            if (failures >= MostFailures)
            {
                throw new SshException(SshDisconnect.TooManyTries, "Too many authentication failures");
            }
        }
    }

    private static void CheckService(byte[] message, string expected)
    {
        var reader = new SshReader(message);
        reader.Byte();
        if (reader.Text() is var service && service != expected)
        {
            throw new SshException(SshDisconnect.ServiceNotAvailable, $"There is no service {service}.");
        }
    }

    private (GuestAccount? In, SshWriter Answer, bool Counts) Judge(byte[] message)
    {
        var reader = new SshReader(message);
        reader.Byte();
        var user = reader.Text();
        if (reader.Text() != NextService)
        {
            throw new SshException(SshDisconnect.ServiceNotAvailable, $"Only {NextService} follows a login.");
        }

        var account = guest.Account(user);
        var method = reader.Text();
        switch (method)
        {
            case "none":
                return (null, Failure(), Counts: false);
            case "password":
                return Password(user, account, ref reader);
            case "publickey":
                return Key(user, account, ref reader);
            default:
                guest.Log($"ssh: refused {user}: method {method} is not offered");
                return (null, Failure(), Counts: true);
        }
    }

    private (GuestAccount?, SshWriter, bool) Password(string user, GuestAccount? account, ref SshReader reader)
    {
        var change = reader.Bool();
        var given = reader.Bytes();
        if (!change && account?.Password is { Length: > 0 } password
            && CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(password)))
        {
            return Success(account, "a password");
        }

        guest.Log($"ssh: refused {user}: " + (account is null ? "there is no such account"
            : account.Password is null ? "the account has no password" : "wrong password"));
        return (null, Failure(), true);
    }

    private (GuestAccount?, SshWriter, bool) Key(string user, GuestAccount? account, ref SshReader reader)
    {
        var signed = reader.Bool();
        var algorithm = reader.Text();
        var blob = reader.Bytes();
        var key = PublicKey.FromBlob(blob);
        var known = key is not null && key.Signs(algorithm)
            && account?.AuthorizedKeys.Any(line => PublicKey.FromLine(line) is { } k && k.Blob.AsSpan().SequenceEqual(key.Blob)) == true;
        if (!known)
        {
            guest.Log($"ssh: refused {user}: " + (account is null ? "there is no such account"
                : key is null || !key.Signs(algorithm) ? $"keys of type {algorithm} are not accepted"
                : account.AuthorizedKeys.Count == 0 ? "the account has no authorized keys"
                : $"the key {key.Fingerprint} is not among the account's authorized keys"));
            return (null, Failure(), true);
        }

        if (!signed)
        {
            return (null, new SshWriter(SshMessage.UserAuthPkOk).Text(algorithm).Bytes(blob), false);
        }

        var data = new SshWriter().Bytes(transport.Session).Byte(SshMessage.UserAuthRequest)
            .Text(user).Text(NextService).Text("publickey").Bool(true).Text(algorithm).Bytes(blob);
        if (!key!.Verify(algorithm, reader.Bytes(), data.Written.Span))
        {
            guest.Log($"ssh: refused {user}: the signature with the key {key.Fingerprint} is wrong");
            return (null, Failure(), true);
        }

        var old = algorithm == "ssh-rsa" ? " (an ssh-rsa signature with SHA-1, which OpenSSH 8.8 and later refuse by default)" : "";
        return Success(account!, $"the {key.Type} key {key.Fingerprint}{old}");
    }

    private (GuestAccount?, SshWriter, bool) Success(GuestAccount account, string with)
    {
        guest.Log($"ssh: {account.Name} logged in with {with}, client {transport.Client}");
        return (account, new SshWriter(SshMessage.UserAuthSuccess), false);
    }

    private static SshWriter Failure() => new SshWriter(SshMessage.UserAuthFailure).Text(Methods).Bool(false);
}
