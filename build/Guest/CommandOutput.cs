using System.Text.RegularExpressions;

namespace Guest;

/// <summary>
/// The output of the few commands whose output clients look at: <c>echo</c> of plain words (Packer's connection
/// check expects its words back) and what Packer's windows-restart asks.
/// </summary>
internal static partial class CommandOutput
{
    /// <summary>The output, or nothing.</summary>
    public static string For(string command, GuestSystem system)
    {
        if (command.Contains("\"{0} restarted.\" -f [System.Net.Dns]::GetHostName()", StringComparison.Ordinal))
        {
            return system.HostName + " restarted.\r\n";
        }

        var last = command[(command.LastIndexOf(';') + 1)..];
        return Echo().Match(last) is { Success: true } echo
            ? echo.Groups["text"].Value.Trim() + (system.IsWindows ? "\r\n" : "\n")
            : "";
    }

    // Nothing is tried twice, however long a command is. A search without backtracking would have to be prepared at the
    // first command of each run, which takes longer than all of its commands.
    [GeneratedRegex("""^\s*(?:echo|write-output|write-host)(?>\s+)["']?(?<text>(?>[^"'`$|&<>;%\\(){}]*))["']?\s*$""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Echo();
}
