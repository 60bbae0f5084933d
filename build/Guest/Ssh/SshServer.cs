namespace Guest.Ssh;

/// <summary>
/// A guest's SSH server: as much of SSH 2 as Packer, OpenSSH's client and SSH.NET need. Nothing that it receives is
/// run or written to a disk. Whatever it does not know it refuses in the protocol's way, and a connection that
/// breaks the protocol ends alone.
/// </summary>
internal sealed class SshServer(GuestState guest) : IDisposable
{
    private static readonly TimeSpan LoginGrace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FarewellGrace = TimeSpan.FromSeconds(1);
    private readonly Lazy<HostKey> host = new(() => new HostKey());

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        await using var connection = stream;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var transport = new SshTransport(stream, host.Value, ending.Token);
        try
        {
            GuestAccount account;
            using (var login = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                login.CancelAfter(LoginGrace);
                await transport.OpenAsync(login.Token);
                account = await new UserAuthentication(guest, transport).RunAsync(login.Token);
            }

            using var session = new SshConnection(transport, new GuestShell(guest, account), ending);
            await session.RunAsync();
        }
        catch (SshException e)
        {
            guest.Log($"ssh: ended a connection: {e.Message}");
            await SayGoodbyeAsync(transport, e.Reason, e.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await SayGoodbyeAsync(transport, SshDisconnect.ByApplication, "The guest stops.");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away; that is how connections end.
        }
    }

    public void Dispose()
    {
        if (host.IsValueCreated)
        {
            host.Value.Dispose();
        }
    }

    private static async Task SayGoodbyeAsync(SshTransport transport, SshDisconnect reason, string why)
    {
        using var grace = new CancellationTokenSource(FarewellGrace);
        try
        {
            await transport.DisconnectAsync(reason, why, grace.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
