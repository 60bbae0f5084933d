using System.Text;

namespace Guest.Ssh;

/// <summary>What an account of a guest can start over SSH. Commands are recorded, files kept in memory.</summary>
internal sealed class GuestShell(GuestState guest, GuestAccount account)
{
    private const int LongestLine = 4096;

    /// <summary>Does the work of a channel; when the sandbox itself fails in it, says so and ends it with 255.</summary>
    public async Task<int> GuardAsync(SshChannel channel, Func<SshChannel, Task<int>> work)
    {
        try
        {
            return await work(channel);
        }
        catch (Exception e) when (e is not (OperationCanceledException or IOException or ObjectDisposedException))
        {
            guest.Log($"ssh: the sandbox failed to serve {account.Name}: {e.GetType().Name}: {e.Message}");
            return 255;
        }
    }

    /// <summary>Answers a command with output and exit code.</summary>
    public async Task<int> ExecuteAsync(string command, SshChannel channel)
    {
        if (ScpCommand.Parse(command) is { } scp)
        {
            return scp.Sink
                ? await new ScpSink(guest, account, scp, channel).RunAsync(channel.Closed)
                : await new ScpSource(guest, account, scp, channel).RunAsync(channel.Closed);
        }

        var code = guest.Run(account.Name, command);
        if (guest.Restarting)
        {
            // The restart ends the connection before anybody could say how the command ended.
            await Task.Delay(Timeout.Infinite, channel.Closed);
        }

        await channel.WriteAsync(Encoding.UTF8.GetBytes(CommandOutput.For(command, guest.System)), error: false);
        return code;
    }

    /// <summary>An interactive shell: records lines until <c>exit</c> or the end.</summary>
    public async Task<int> InteractAsync(SshChannel channel)
    {
        guest.Log($"ssh: {account.Name} opened a shell");
        await channel.WriteAsync(
            Encoding.UTF8.GetBytes($"{guest.System.PrettyName}, a guest of the sandbox: commands are recorded, none is run. Leave with exit.\r\n"),
            error: false);
        var line = new StringBuilder();
        var buffer = new byte[1024];
        int code = 0, read;
        while ((read = await channel.ReadAsync(buffer, channel.Closed)) > 0)
        {
            foreach (var letter in Encoding.UTF8.GetString(buffer, 0, read))
            {
                if (letter == '\u0004')
                {
                    return code;
                }

                if (letter is not ('\r' or '\n'))
                {
                    line.Append(line.Length < LongestLine ? letter.ToString() : "");
                    continue;
                }

                var command = line.ToString().Trim();
                line.Clear();
                if (command is "exit" or "logout")
                {
                    return code;
                }

                if (command.Length > 0)
                {
                    code = guest.Run(account.Name, command);
                    await channel.WriteAsync(Encoding.UTF8.GetBytes(CommandOutput.For(command, guest.System)), error: false);
                }
            }
        }

        return code;
    }

    /// <summary>The subsystem <c>sftp</c>.</summary>
    public async Task<int> TransferAsync(SshChannel channel)
    {
        using var server = new SftpServer(guest, account, channel);
        return await server.RunAsync(channel.Closed);
    }
}
