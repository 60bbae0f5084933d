namespace Guest.Ssh;

/// <summary>
/// The connection protocol (RFC 4254) after a login: session channels with a command, a shell or SFTP. Forwarding
/// and everything else is refused as the protocol has it.
/// </summary>
/// <param name="transport">The connection's transport.</param>
/// <param name="shell">What channels can start.</param>
/// <param name="over">Ends the connection; cancelled at the end.</param>
internal sealed class SshConnection(SshTransport transport, GuestShell shell, CancellationTokenSource over) : IDisposable
{
    private const int MostChannels = 10;
    private const uint Prohibited = 1, UnknownType = 3, ResourceShortage = 4;
    private readonly Dictionary<uint, SshChannel> channels = [];
    private uint nextId;

    /// <summary>Serves until the client goes away.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await HandleAsync(await transport.ReceiveAsync(over.Token));
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(channels.Values.Select(c => c.Running));
        }
    }

    public void Dispose()
    {
        foreach (var channel in channels.Values)
        {
            channel.Dispose();
        }
    }

    private Task HandleAsync(byte[] message)
    {
        switch (message[0])
        {
            case SshMessage.GlobalRequest:
                return RefuseGlobalAsync(message);
            case SshMessage.ChannelOpen:
                return OpenAsync(message);
            case SshMessage.ChannelRequest:
                return RequestAsync(message);
            case SshMessage.ChannelClose:
                return CloseAsync(message);
            case SshMessage.ChannelData or SshMessage.ChannelExtendedData or SshMessage.ChannelWindowAdjust or SshMessage.ChannelEof:
                Deliver(message);
                return Task.CompletedTask;
            case SshMessage.UserAuthRequest or SshMessage.ChannelSuccess or SshMessage.ChannelFailure or 81 or SshMessage.RequestFailure:
                return Task.CompletedTask; // To be ignored: RFC 4252 §5.1, and answers to what was not asked.
            default:
                return transport.RefuseAsync(over.Token);
        }
    }

    // keepalive@openssh.com wants any answer; tcpip-forward and the like get the refusal that they deserve.
    private Task RefuseGlobalAsync(byte[] message)
    {
        var reader = new SshReader(message.AsSpan(1));
        _ = reader.Bytes();
        return reader.Bool() ? transport.SendAsync(new SshWriter(SshMessage.RequestFailure), over.Token) : Task.CompletedTask;
    }

    private Task OpenAsync(byte[] message)
    {
        var reader = new SshReader(message.AsSpan(1));
        var type = reader.Text();
        var theirId = reader.UInt32();
        var window = reader.UInt32();
        var largest = reader.UInt32();
        if (type != "session" || channels.Count >= MostChannels)
        {
            var (code, why) = type == "session" ? (ResourceShortage, "Too many channels are open")
                : type is "direct-tcpip" or "direct-streamlocal@openssh.com" ? (Prohibited, "The sandbox's guests forward nothing")
                : (UnknownType, "Only sessions are served");
            return transport.SendAsync(
                new SshWriter(SshMessage.ChannelOpenFailure).UInt32(theirId).UInt32(code).Text(why).Text(""), over.Token);
        }

        var channel = new SshChannel(transport, nextId++, theirId, window, largest, over.Token);
        channels.Add(channel.Id, channel);
        return transport.SendAsync(
            new SshWriter(SshMessage.ChannelOpenConfirmation).UInt32(theirId).UInt32(channel.Id).UInt32(SshChannel.Window).UInt32(SshChannel.LargestData),
            over.Token);
    }

    private void Deliver(byte[] message)
    {
        var reader = new SshReader(message.AsSpan(1));
        var channel = Find(ref reader);
        switch (message[0])
        {
            case SshMessage.ChannelWindowAdjust:
                channel.Widen(reader.UInt32());
                break;
            case SshMessage.ChannelEof:
                channel.ReceiveEof();
                break;
            case SshMessage.ChannelData:
                channel.Receive(reader.Bytes());
                break;
            default:
                break; // A client has no standard error.
        }
    }

    private async Task CloseAsync(byte[] message)
    {
        var reader = new SshReader(message.AsSpan(1));
        var channel = Find(ref reader);
        await channel.CloseAsync(over.Token);
        await channel.Running;
        channels.Remove(channel.Id);
        channel.Dispose();
    }

    private async Task RequestAsync(byte[] message)
    {
        var (channel, type, wantReply, text) = Read(message);
        Func<SshChannel, Task<int>>? work = type switch
        {
            "exec" => c => shell.ExecuteAsync(text, c),
            "shell" => shell.InteractAsync,
            "subsystem" when text == "sftp" => shell.TransferAsync,
            _ => null,
        };
        var accepted = work is not null && !channel.Started || type is "env" or "pty-req" or "window-change" or "signal";
        if (wantReply)
        {
            await channel.AnswerAsync(accepted, over.Token);
        }

        if (accepted && work is not null)
        {
            channel.Started = true;
            channel.Running = Task.Run(() => WorkAsync(channel, work), CancellationToken.None);
        }

        (SshChannel, string, bool, string) Read(byte[] request)
        {
            var reader = new SshReader(request.AsSpan(1));
            var found = Find(ref reader);
            var kind = reader.Text();
            return (found, kind, reader.Bool(), kind is "exec" or "subsystem" ? reader.Text() : "");
        }
    }

    private async Task WorkAsync(SshChannel channel, Func<SshChannel, Task<int>> work)
    {
        try
        {
            await channel.ExitAsync(await shell.GuardAsync(channel, work), over.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The channel or the connection was closed in the middle.
        }
    }

    private SshChannel Find(ref SshReader reader) => channels.GetValueOrDefault(reader.UInt32())
        ?? throw new SshException(SshDisconnect.ProtocolError, "There is no such channel.");
}
