using System.Text.RegularExpressions;

namespace Foundation;

/// <summary>
/// Sees in a script or command line, without running it, whether it restarts the machine: <c>reboot</c>,
/// <c>systemctl reboot</c>, <c>shutdown -r</c>, <c>init 6</c>; on Windows <c>Restart-Computer</c> and
/// <c>shutdown /r /t 0</c>. A restart within a condition counts: it can happen.
/// </summary>
public static partial class RestartCommand
{
    // Longer lines are data, not commands.
    private const int LongestLine = 4096;

    /// <summary>Whether a text restarts the machine.</summary>
    /// <param name="text">A script for a POSIX shell or PowerShell, or one command line.</param>
    public static bool IsIn(string text) => LineOf(text) > 0;

    /// <summary>The line, from 1, that restarts the machine; 0 when none does.</summary>
    /// <param name="text">A script for a POSIX shell or PowerShell, or one command line.</param>
    public static int LineOf(string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length is > 0 and <= LongestLine && line[0] != '#' && Separator().Split(line).Any(Restarts))
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static bool Restarts(string command)
    {
        var words = command.Split([' ', '\t', '"', '\''], StringSplitOptions.RemoveEmptyEntries).SkipWhile(IsPrefix).ToList();
        if (words.Count == 0)
        {
            return false;
        }

        var program = words[0][(words[0].LastIndexOfAny(['/', '\\']) + 1)..];
        program = program.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? program[..^4] : program;
        var arguments = words.Skip(1).ToList();
        return program.ToUpperInvariant() switch
        {
            "REBOOT" => !arguments.Contains("--help") && !arguments.Contains("-w"),
            "SYSTEMCTL" => arguments.Find(a => a[0] != '-') is "reboot" or "kexec" or "soft-reboot",
            "INIT" or "TELINIT" => arguments is ["6", ..],
            "SHUTDOWN" => arguments.Exists(a => a.ToUpperInvariant() is "-R" or "/R" or "--REBOOT") && !IsLater(arguments),
            "RESTART-COMPUTER" => true,
            _ => false,
        };
    }

    // What runs another command, and the shell's own words in front of one.
    private static bool IsPrefix(string word) =>
        word is "sudo" or "env" or "exec" or "nohup" or "command" or "if" or "then" or "else" or "do" or "!" or "&" or "{" or "(" or "-n" or "-E" or "-H"
        || (word.Contains('=', StringComparison.Ordinal) && word[0] is not ('-' or '/'));

    // Windows waits as many seconds as /t says; Packer's windows-restart asks for a minute to see whether one is pending.
    private static bool IsLater(List<string> arguments)
    {
        var at = arguments.FindIndex(a => a.ToUpperInvariant() is "/T" or "-T");
        return at >= 0 && at + 1 < arguments.Count && int.TryParse(arguments[at + 1], out var seconds) && seconds > 30;
    }

    [GeneratedRegex(@";|&&|\|\||\||&(?!&)")]
    private static partial Regex Separator();
}
