using System.Globalization;
using System.Text;

namespace Guest.Ssh;

/// <summary>The sending side of the old scp protocol (<c>scp -f</c>): gives back a file that was uploaded before.</summary>
internal sealed class ScpSource(GuestState guest, GuestAccount account, ScpCommand command, Stream channel)
{
    /// <summary>Sends the file; gives the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var path = GuestPath.Absolute(command.Path, account, guest.System);
        var file = guest.Files.Find(path);
        if (!await IsAcceptedAsync(cancellation))
        {
            return 1;
        }

        if (file is null || file.Size != file.Content.Length)
        {
            var why = file is null ? "No such file or directory" : "too large: the sandbox kept only its checksum";
            guest.Log($"scp: {account.Name} asked for {path}: {why}");
            await channel.WriteAsync(Encoding.UTF8.GetBytes($"\u0001scp: {command.Path}: {why}\n"), cancellation);
            return 1;
        }

        var header = string.Create(CultureInfo.InvariantCulture, $"C0644 {file.Size} {file.Name}\n");
        await channel.WriteAsync(Encoding.UTF8.GetBytes(header), cancellation);
        if (!await IsAcceptedAsync(cancellation))
        {
            return 1;
        }

        await channel.WriteAsync(file.Content, cancellation);
        await channel.WriteAsync(new byte[] { 0 }, cancellation);
        guest.Log($"{account.Name} downloaded {path}, {file.Size} bytes");
        return await IsAcceptedAsync(cancellation) ? 0 : 1;
    }

    private async Task<bool> IsAcceptedAsync(CancellationToken cancellation)
    {
        var answer = new byte[1];
        return await channel.ReadAsync(answer, cancellation) == 1 && answer[0] == 0;
    }
}
