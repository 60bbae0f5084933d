using Foundation;

namespace Guest;

/// <summary>What the services of one running guest share: its accounts, its uploaded files, its recorder.</summary>
internal sealed class GuestState
{
    private const int LongestLine = 500;

    // Windows' ERROR_SHUTDOWN_IS_SCHEDULED, for which Packer's windows-restart looks.
    private const int ShutdownPending = 1190;
    private readonly GuestRecorder recorder;
    private readonly SecretSet secrets = new();

    public GuestState(GuestSystem system, GuestRecorder recorder)
    {
        (System, this.recorder) = (system, recorder);
        // Shorter ones cannot be told from ordinary words in a line.
        foreach (var account in system.Accounts.Where(a => a.Password is { Length: >= SecretSet.ShortestSecret }))
        {
            secrets.Add(account.Password);
        }
    }

    public GuestSystem System { get; }

    public GuestFiles Files { get; } = new();

    /// <summary>Whether the machine is about to restart; what is asked meanwhile gets no answer any more.</summary>
    public bool Restarting { get; private set; }

    /// <summary>Is told when a command restarts the machine.</summary>
    public Action? Restart { get; set; }

    /// <summary>The machine is up again: what lay in its temporary folder is gone.</summary>
    public void Restarted()
    {
        foreach (var file in Files.All.Where(f => f.Path.StartsWith("/tmp/", StringComparison.Ordinal)))
        {
            Files.Remove(file.Path);
        }

        Restarting = false;
    }

    /// <summary>Tells one line: secrets masked, control characters replaced, long ones cut.</summary>
    public void Log(string line)
    {
        line = secrets.MaskIn(line);
        line = line.Length > LongestLine ? string.Concat(line.AsSpan(0, LongestLine), " …") : line;
        recorder.Log(string.Create(line.Length, line, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        }));
    }

    /// <summary>The account of this name; Windows does not regard case.</summary>
    public GuestAccount? Account(string name) => System.Accounts.FirstOrDefault(
        a => a.Name.Equals(name, System.IsWindows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));

    /// <summary>Keeps and records an upload that is complete.</summary>
    /// <param name="upload">The bytes.</param>
    /// <param name="user">Who sent it.</param>
    /// <param name="path">Where it ends up, when not where it was written.</param>
    public GuestFile Store(GuestUpload upload, string user, string? path = null)
    {
        var file = Files.Store(upload.Finish(path));
        Log($"{user} uploaded {file.Path}, {file.Size} bytes, sha256 {file.Sha256}");
        return file;
    }

    /// <summary>Records a command and says how it ends.</summary>
    public int Run(string user, string text)
    {
        if (Restarting && text.Contains("shutdown", StringComparison.OrdinalIgnoreCase))
        {
            return ShutdownPending;
        }

        var command = new GuestCommand(user, text, ScriptFinder.Find(text, Files));
        int code;
        try
        {
            code = recorder.ExitCode(command);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log($"the exit-code policy failed: {e.Message}");
            code = 1;
        }

        foreach (var words in CommandLine.Commands(text).Where(w => w[0] == "mkdir"))
        {
            words.Skip(1).Where(w => w.StartsWith('/')).ToList().ForEach(Files.MakeFolder); // Where scp looks whether its target is one.
        }

        var script = command.Scripts is [.., var last] ? last : null;
        var what = script is null ? "" : $" [script {(script.Title.Length > 0 ? script.Title : script.Name)}, sha256 {script.Sha256[..12]}]";
        Log($"{user} ran (recorded only): {text}{what}: exit {code}");
        if (code == 0 && Restart is not null && (RestartCommand.IsIn(text) || command.Scripts.Any(s => RestartCommand.IsIn(s.Text))))
        {
            Log("the machine restarts");
            Restarting = true;
            Restart();
        }

        return code;
    }
}
