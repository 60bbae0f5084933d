using System.Text;
using System.Text.RegularExpressions;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// What the commands of an answer file, and the scripts beside it that they call, do to the installed system, as far
/// as can be seen without running them.
/// </summary>
internal sealed partial class WindowsCommands
{
    private const int LongestLine = 8192;
    private readonly string text;

    private WindowsCommands(string text) => this.text = text;

    /// <summary>The WinRM listener: what Windows Server has anyway, and what the scripts make of it.</summary>
    internal WinRmPlan? WinRm => ServiceOff().IsMatch(text)
        ? null
        : new WinRmPlan(HttpsListener().IsMatch(text), Basic().IsMatch(text), Unencrypted().IsMatch(text));

    /// <summary>Whether the firewall lets the HTTPS port of WinRM through.</summary>
    internal bool HttpsPortOpen => FirewallOff().IsMatch(text) || OpenPort().IsMatch(text);

    internal bool FirewallDisabled => FirewallOff().IsMatch(text);

    internal bool GuestAgent => Agent().IsMatch(text);

    internal bool NetworkDriver => NetworkDriverInstaller().IsMatch(text);

    internal bool Ssh => OpenSsh().IsMatch(text);

    internal static WindowsCommands Read(AnswerFile file, UnattendedContext context, FindingList findings)
    {
        var lines = new StringBuilder();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (pass, name, component) in file.All)
        {
            if (pass == "windowsPE")
            {
                // Windows PE is gone after the first restart; nothing that runs in it configures the installed system.
                continue;
            }

            var commands = name switch
            {
                "Microsoft-Windows-Shell-Setup" =>
                    Items(component, "FirstLogonCommands", "SynchronousCommand").Select(c => (c, Text(c, "CommandLine"))),
                "Microsoft-Windows-Deployment" => Items(component, "RunSynchronous", "RunSynchronousCommand")
                    .Concat(Items(component, "RunAsynchronous", "RunAsynchronousCommand")).Select(c => (c, Text(c, "Path"))),
                _ => [],
            };
            foreach (var (element, command) in commands)
            {
                if (string.IsNullOrEmpty(command))
                {
                    findings.Error("unattend-command", Line(element), "a command without text: Setup cannot process the answer file");
                    continue;
                }

                AddCommand(command, Line(element), context, seen, lines, findings);
            }
        }

        return new WindowsCommands(lines.ToString());
    }

    private static void AddCommand(
        string command, int line, UnattendedContext context, HashSet<string> seen, StringBuilder lines, FindingList findings)
    {
        AddText(command, lines);
        if (Encoded().Match(command) is { Success: true } encoded)
        {
            var bytes = new byte[encoded.Groups[1].Length];
            if (Convert.TryFromBase64String(encoded.Groups[1].Value, bytes, out var length))
            {
                AddText(Encoding.Unicode.GetString(bytes, 0, length), lines);
            }
        }

        if (context.Siblings is not { } siblings)
        {
            return;
        }

        foreach (var path in ScriptPath().Matches(command).Select(m => m.Value))
        {
            // The letter depends on the drives; the path below it does not. A path in a variable keeps its file name only.
            var colon = path.IndexOf(':', StringComparison.Ordinal);
            var relative = path[(colon + 1)..].Replace('\\', '/').TrimStart('/');
            var sibling = siblings.FirstOrDefault(s => s.Key.Equals(relative, StringComparison.OrdinalIgnoreCase)
                || s.Key.EndsWith('/' + Path.GetFileName(relative), StringComparison.OrdinalIgnoreCase)
                || s.Key.Equals(Path.GetFileName(relative), StringComparison.OrdinalIgnoreCase));
            if (sibling.Key is null)
            {
                if (colon == 1 && char.ToUpperInvariant(path[0]) is not 'C')
                {
                    findings.Useless("unattend-script-missing", line, $"the command runs {path}, and no such file is on the medium with the answer file");
                }
            }
            else if (seen.Add(sibling.Key) && sibling.Value.Length <= UnattendedFile.MaximumLength)
            {
                AddText(sibling.Value, lines);
            }
        }
    }

    private static void AddText(string script, StringBuilder lines)
    {
        foreach (var line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length <= LongestLine && line[0] != '#' && !line.StartsWith("REM ", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("::", StringComparison.Ordinal))
            {
                lines.Append(line).Append('\n');
            }
        }
    }

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.NonBacktracking;

    [GeneratedRegex(@"(?:-e|-ec|-enc|-encodedcommand)\s+""?([A-Za-z0-9+/=]{16,})", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Encoded();

    [GeneratedRegex(@"[A-Za-z]:\\[\w .\\()-]*?\.(ps1|cmd|bat|exe|msi)\b|[\w-]+\.(ps1|cmd|bat)\b", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex ScriptPath();

    private static Regex HttpsListener() => new(@"transport[ =""':]*https|quickconfig[^\n]*-transport:https|TransportHTTPS|ConfigureRemotingForAnsible", Options);

    private static Regex Basic() => new(@"(basic[^\n]{0,12}(true|\$true|'true')|Auth\\Basic[^\n]*(true|1\b))", Options);

    private static Regex Unencrypted() => new(@"AllowUnencrypted[^\n]{0,20}true", Options);

    private static Regex ServiceOff() => new(@"((Set-Service|Stop-Service)[^\n]*winrm[^\n]*disabled|Disable-PSRemoting)", Options);

    private static Regex OpenPort() => new(@"((New-NetFirewallRule|netsh +advfirewall|Set-NetFirewallRule)[^\n]*5986|5986[^\n]*(New-NetFirewallRule)|LocalPort +5986|LocalPort *= *5986)", Options);

    private static Regex FirewallOff() => new(@"(Set-NetFirewallProfile[^\n]*Enabled[^\n]*False|netsh +advfirewall +set +\w+ +state +off)", Options);

    private static Regex Agent() => new(@"(qemu-ga|virtio-win-guest-tools)", Options);

    private static Regex NetworkDriverInstaller() => new(@"(virtio-win-guest-tools|virtio-win-gt|pnputil[^\n]*netkvm|netkvm[^\n]*pnputil)", Options);

    private static Regex OpenSsh() => new(@"(OpenSSH\.Server|Install-Sshd|Start-Service +sshd)", Options);
}
