using System.Text;
using System.Text.RegularExpressions;

namespace Guest.WinRm;

/// <summary>How a command ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output = "");

/// <summary>
/// What a Windows guest answers to command lines. Uploads of Packer's WinRM communicator are recognised (pieces of
/// Base64 appended to a temporary file by <c>echo</c>, then put in place by a PowerShell script); the rest is recorded.
/// </summary>
internal sealed partial class WindowsCommands(GuestState guest) : IDisposable
{
    private const int MostPending = 32;
    private readonly Lock gate = new();
    private readonly OrderedDictionary<string, GuestUpload> pending = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> seen = [];

    /// <summary>Whether the account was not seen before, so that the log tells of it once.</summary>
    public bool FirstLogin(GuestAccount account)
    {
        lock (gate)
        {
            return seen.Add(account.Name);
        }
    }

    /// <summary>Answers a command line.</summary>
    public CommandResult Run(GuestAccount account, string command)
    {
        if (Append().Match(command) is { Success: true } append)
        {
            return AppendPiece(append.Groups["file"].Value, append.Groups["data"].Value);
        }

        var text = Decode(command);
        if (Source().Match(text) is { Success: true } source && Target().Match(text) is { Success: true } target)
        {
            return Restore(account, source.Groups["file"].Value, target.Groups["path"].Value);
        }

        if (Folder().Match(text) is { Success: true } folder)
        {
            return new CommandResult(0, IsFolder(folder.Groups["path"].Value) ? "True\r\n" : "False\r\n");
        }

        if (Cleanup().IsMatch(text))
        {
            return new CommandResult(0); // Of the temporary file, which is no file here.
        }

        var code = guest.Run(account.Name, text.Trim());
        return new CommandResult(code, CommandOutput.For(text, guest.System));
    }

    public void Dispose()
    {
        foreach (var upload in pending.Values)
        {
            upload.Dispose();
        }
    }

    /// <summary>The script of <c>powershell -EncodedCommand</c> (Base64 of UTF-16), or the command as it is.</summary>
    private static string Decode(string command)
    {
        if (Encoded().Match(command) is not { Success: true } encoded)
        {
            return command;
        }

        var data = encoded.Groups["data"].Value;
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data, bytes, out var length) ? Encoding.Unicode.GetString(bytes, 0, length) : command;
    }

    private CommandResult AppendPiece(string file, string data)
    {
        var bytes = new byte[data.Length];
        if (!Convert.TryFromBase64String(data, bytes, out var length))
        {
            return new CommandResult(1);
        }

        lock (gate)
        {
            if (!pending.TryGetValue(file, out var upload))
            {
                if (pending.Count >= MostPending)
                {
                    pending.GetAt(0).Value.Dispose();
                    pending.RemoveAt(0);
                }

                pending[file] = upload = new GuestUpload(file);
            }

            upload.Write(bytes.AsSpan(0, length));
        }

        return new CommandResult(0);
    }

    private CommandResult Restore(GuestAccount account, string file, string path)
    {
        GuestUpload? upload;
        lock (gate)
        {
            pending.Remove(file, out upload);
        }

        upload ??= new GuestUpload(file); // Nothing was appended: the file is empty.
        using (upload)
        {
            guest.Store(upload, account.Name, path.Trim('\''));
        }

        return new CommandResult(0);
    }

    private bool IsFolder(string path)
    {
        path = path.Trim('\'', '"').Replace('\\', '/').TrimEnd('/');
        return guest.Files.Find(path) is null
            && (guest.Files.IsFolder(path) || WindowsFolders.Contains(path, StringComparer.OrdinalIgnoreCase));
    }

    private static readonly string[] WindowsFolders =
        ["C:", "C:/Windows", "C:/Windows/Temp", "C:/Windows/System32", "C:/Windows/Panther", "C:/Windows/Setup/Scripts", "C:/Users", "C:/ProgramData", "C:/Program Files"];

    [GeneratedRegex("""^echo (?<data>[A-Za-z0-9+/=]+) >> "%TEMP%\\(?<file>[^"]+)"$""", RegexOptions.NonBacktracking)]
    private static partial Regex Append();

    [GeneratedRegex("""(?i)^\s*"?powershell(\.exe)?"?\s.*-(e|ec|enc|encodedcommand)\s+"?(?<data>[A-Za-z0-9+/=]{8,})"?\s*$""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Encoded();

    [GeneratedRegex("""\$tmp_file_path = \[System\.IO\.Path\]::GetFullPath\("\$env:TEMP\\(?<file>[^"]+)"\)""", RegexOptions.NonBacktracking)]
    private static partial Regex Source();

    [GeneratedRegex("""\$dest_file_path = \[System\.IO\.Path\]::GetFullPath\("(?<path>[^"]+)""", RegexOptions.NonBacktracking)]
    private static partial Regex Target();

    [GeneratedRegex("""\(Get-Item (?<path>[^)]+)\) -is \[System\.IO\.DirectoryInfo\]""", RegexOptions.NonBacktracking)]
    private static partial Regex Folder();

    [GeneratedRegex("""(?i)^(\s*powershell Remove-Item \$env:TEMP\\winrmcp-[^ ]+|\s*\$tmp_file_path = [^\n]*\\winrmcp-[^\n]+\s+if \(Test-Path \$tmp_file_path\) \{\s*Remove-Item \$tmp_file_path) -ErrorAction SilentlyContinue\s*\}?\s*$""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Cleanup();
}
