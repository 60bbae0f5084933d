using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Proxmox.Machines.Login;

/// <summary>Logs in to a clone as the user that cloud-init makes, and looks around.</summary>
internal sealed class CloneShell(CloneLogin login, TimeProvider time)
{
    private const int Port = 22;
    private const int MostAnswer = 256 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // A guest that nobody is sure to reach from here is given up soon.
    private static readonly TimeSpan UnreachableAfter = TimeSpan.FromSeconds(15);

    /// <summary>Looks into the clone.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="user">The user that cloud-init makes.</param>
    /// <param name="limit">How long the clone may take to let the user in, and to finish its start.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CloneLoginException">It is reached and does not let the user in, or it cannot be reached although it has to be.</exception>
    public async Task<CloneLoginResult> LookAsync(string address, string user, TimeSpan limit, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        for (;;)
        {
            using var client = Client(address, user);
            var (why, refused) = await ConnectAsync(client, cancellation);
            if (why is null)
            {
                return await AskAsync(client, user, limit - time.GetElapsedTime(started), cancellation);
            }

            var elapsed = time.GetElapsedTime(started);
            if (!refused && !login.Reachable && elapsed > UnreachableAfter)
            {
                return new CloneLoginResult(null, $"this machine does not reach SSH at {address}: {why}");
            }

            if (elapsed > limit)
            {
                throw new CloneLoginException(refused
                    ? $"it does not let the user {user} in, whom cloud-init should have made ({why})"
                    : $"its SSH at {address} does not answer ({why})");
            }

            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellation);
        }
    }

    private SshClient Client(string address, string user)
    {
        // Owned by the client, through its connection.
        var key = new PrivateKeyFile(new MemoryStream(Encoding.ASCII.GetBytes(login.PrivateKeyPem)));
        var method = new PrivateKeyAuthenticationMethod(user, key);
        var connection = login.Proxy is { } proxy
            ? new ConnectionInfo(address, Port, user, ProxyTypes.Socks5, proxy.Host, proxy.Port, "", "", method)
            : new ConnectionInfo(address, Port, user, method);
        connection.Timeout = ConnectTimeout;
        return new SshClient(connection);
    }

    /// <summary>Connects.</summary>
    /// <returns>Why it did not; and whether the guest was reached and refused the user.</returns>
    private static async Task<(string? Why, bool Refused)> ConnectAsync(SshClient client, CancellationToken cancellation)
    {
        try
        {
            // Any host key: it was made a moment ago. What is sent is chosen for that (CloneLogin.Traces).
            await client.ConnectAsync(cancellation);
            return (null, false);
        }
        catch (SshAuthenticationException e)
        {
            return (OneLine(e.Message), true);
        }
        catch (Exception e) when (e is SshException or SocketException or IOException or ObjectDisposedException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (OneLine(e.Message), false);
        }
    }

    private async Task<CloneLoginResult> AskAsync(SshClient client, string user, TimeSpan patience, CancellationToken cancellation)
    {
        var nonce = RandomNumberGenerator.GetHexString(16, lowercase: true);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        // Two waits in the guest, and the search.
        limit.CancelAfter((patience * 2) + TimeSpan.FromMinutes(3));
        try
        {
            using var command = client.CreateCommand(CloneScript.Command(nonce, login.BuildUser, patience));
            var run = command.ExecuteAsync(limit.Token);
            await GiveAsync(command, string.Concat(login.Traces.Where(t => t.Length >= 8).DefaultIfEmpty(nonce + nonce).Select(t => t + "\n")), limit.Token);
            var answer = await ReadAsync(command.OutputStream, limit.Token);
            await run;
            return CloneScript.Read(answer, nonce, user, time.GetUtcNow(), login.SeeksAll) is { } findings
                ? new CloneLoginResult(findings, null)
                : new CloneLoginResult(null, "what answers there is no shell that the questions can be asked of");
        }
        catch (Exception e) when (e is SshException or SocketException or IOException or ObjectDisposedException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new CloneLoginException($"it let the user {user} in, and then the connection was lost or its answers took too long ({OneLine(e.Message)})");
        }
    }

    private static async Task GiveAsync(SshCommand command, string text, CancellationToken cancellation)
    {
        try
        {
            await using var input = command.CreateInputStream();
            await input.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        }
        catch (Exception e) when (e is InvalidOperationException or SshException or IOException)
        {
            // What answers has ended without reading; what it said tells what it is.
        }
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var all = new byte[MostAnswer];
        var length = 0;
        while (length < all.Length && await stream.ReadAsync(all.AsMemory(length), cancellation) is > 0 and var read)
        {
            length += read;
        }

        return length < all.Length ? Encoding.UTF8.GetString(all, 0, length) : throw new SshException($"more than {MostAnswer} bytes were answered");
    }

    private static string OneLine(string message) => new([.. message.Take(300).Select(c => char.IsControl(c) ? ' ' : c)]);
}

/// <summary>A clone is not logged in to although it should be; the message goes on from "the clone 9051:".</summary>
internal sealed class CloneLoginException(string message) : Exception(message);
