using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// What the commands of an answer file, and the scripts beside it that they call, do to Windows PE and to the installed
/// system, as far as can be seen without running them.
/// </summary>
internal sealed partial class WindowsCommands
{
    private const int LongestLine = 8192;
    private readonly StringBuilder installed = new();
    private readonly StringBuilder windowsPe = new();
    private readonly StringBuilder specialize = new();
    private readonly HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
    private string text = "";
    private bool unseen;
    private bool unseenEarly;
    private string before = "";

    /// <summary>The WinRM listener: what the system has anyway (Windows Server listens), and what the scripts make of it.</summary>
    internal WinRmPlan? WinRm(bool listensAnyway)
    {
        var off = ServiceOff().Matches(text).Select(m => m.Index).LastOrDefault(-1);
        var on = ServiceOn().Matches(text).Select(m => m.Index).LastOrDefault(-1);
        return off > on || (on < 0 && !listensAnyway)
            ? null
            : new WinRmPlan(HttpsListener().IsMatch(text), Basic().IsMatch(text) || AnsibleAdmitsBasic, Unencrypted().IsMatch(text));
    }

    /// <summary>Whether the firewall lets the HTTPS port of WinRM through.</summary>
    internal bool HttpsPortOpen => FirewallOff().IsMatch(text) || OpenPort().IsMatch(text) || AnsibleScript().IsMatch(text);

    internal bool FirewallDisabled => FirewallOff().IsMatch(text);

    internal bool GuestAgent => Agent().IsMatch(text);

    internal bool NetworkDriver => NetworkDriverInstaller().IsMatch(text);

    /// <summary>Whether a command adds drivers to the installed system, whichever they are.</summary>
    internal bool AddsDrivers => DriverInstaller().IsMatch(text);

    internal bool Ssh => OpenSsh().IsMatch(text);

    /// <summary>Whether a command makes accounts.</summary>
    internal bool MakesAccounts => AccountMaker().IsMatch(text) || unseen;

    /// <summary>Whether a command makes accounts, or may do so, before somebody logs on.</summary>
    internal bool MakesAccountsEarly => AccountMaker().IsMatch(specialize.ToString()) || unseenEarly;

    /// <summary>Whether a command of Windows PE partitions disks.</summary>
    internal bool Partitions => before.Contains("diskpart", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a command of Windows PE loads drivers.</summary>
    internal bool LoadsDriversInWindowsPe => DriverLoader().IsMatch(before);

    /// <summary>Whether a command of Windows PE loads a certain driver.</summary>
    internal bool LoadsInWindowsPe(string driver) => LoadsDriversInWindowsPe && before.Contains(driver, StringComparison.OrdinalIgnoreCase);

    internal static WindowsCommands Read(AnswerFile file, UnattendedContext context, FindingList findings)
    {
        var commands = new WindowsCommands();
        foreach (var (pass, name, component) in file.All)
        {
            var items = name switch
            {
                "Microsoft-Windows-Shell-Setup" => Commands(component, "FirstLogonCommands", "SynchronousCommand", "CommandLine")
                    .Concat(Commands(component, "LogonCommands", "AsynchronousCommand", "CommandLine")),
                "Microsoft-Windows-Deployment" or "Microsoft-Windows-Setup" => Commands(component, "RunSynchronous", "RunSynchronousCommand", "Path")
                    .Concat(Commands(component, "RunAsynchronous", "RunAsynchronousCommand", "Path")),
                _ => [],
            };
            foreach (var (element, command) in items)
            {
                // Windows PE is gone after the first restart; nothing that runs in it configures the installed system.
                StringBuilder[] lines = pass == "windowsPE" ? [commands.windowsPe] : name == "Microsoft-Windows-Deployment" ? [commands.installed, commands.specialize] : [commands.installed];
                commands.Add(command ?? "", element, context, lines, findings);
            }
        }

        commands.text = commands.installed.ToString();
        commands.before = commands.windowsPe.ToString();
        return commands;
    }

    private static IEnumerable<(XElement Element, string? Command)> Commands(XElement component, string list, string item, string setting) =>
        Items(component, list, item).OrderBy(c => int.TryParse(Text(c, "Order"), out var order) ? order : int.MaxValue).Select(c => (At(c, setting) ?? c, Text(c, setting)));

    private void Add(string command, XElement element, UnattendedContext context, StringBuilder[] lines, FindingList findings)
    {
        if (command.Length == 0)
        {
            if (element.Name.LocalName is not ("CommandLine" or "Path"))
            {
                findings.Error("unattend-command", Line(element), "a command without text: Setup cannot process the answer file");
            }

            return;
        }

        AddText(command, lines);
        if (Encoded().Match(command) is { Success: true } encoded)
        {
            var bytes = new byte[encoded.Groups[1].Length];
            if (Convert.TryFromBase64String(encoded.Groups[1].Value, bytes, out var length))
            {
                AddText(Encoding.Unicode.GetString(bytes, 0, length), lines);
            }
        }

        foreach (var script in ScriptPlace.Find(command))
        {
            if (script.Judge(command, Line(element), context, findings) is not { } sibling)
            {
                unseen |= lines.Contains(installed);
                unseenEarly |= lines.Contains(specialize);
            }
            else if (seen.Add(sibling) && context.Siblings![sibling].Length <= UnattendedFile.MaximumLength)
            {
                AddText(context.Siblings[sibling], lines);
            }
        }
    }

    private bool AnsibleAdmitsBasic => AnsibleScript().IsMatch(text) && !text.Contains("DisableBasicAuth", StringComparison.OrdinalIgnoreCase);

    private static void AddText(string script, StringBuilder[] lines)
    {
        foreach (var line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length <= LongestLine && line[0] != '#' && !line.StartsWith("REM ", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("::", StringComparison.Ordinal))
            {
                Array.ForEach(lines, l => l.Append(line).Append('\n'));
            }
        }
    }

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.NonBacktracking;

    [GeneratedRegex(@"(?:-e|-ec|-enc|-encodedcommand)\s+""?([A-Za-z0-9+/=]{16,})", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Encoded();

    private static Regex HttpsListener() => new(@"transport[ =""':]*https|quickconfig[^\n]*-transport:https|TransportHTTPS|ConfigureRemotingForAnsible", Options);

    // The script of Ansible's documentation: a listener with HTTPS and basic authentication, with its port in the firewall.
    private static Regex AnsibleScript() => new("ConfigureRemotingForAnsible", Options);

    private static Regex Basic() => new(@"(basic[^\n]{0,12}(true|\$true|'true')|Auth\\Basic[^\n]*(true|1\b))", Options);

    private static Regex Unencrypted() => new(@"AllowUnencrypted[^\n]{0,20}true", Options);

    private static Regex ServiceOff() => new(@"((Set-Service|Stop-Service)[^\n]*winrm[^\n]*disabled|Disable-PSRemoting|sc(\.exe)? +config +winrm +start= *disabled)", Options);

    private static Regex ServiceOn() => new(
        @"(winrm(\.cmd)? +(quickconfig|qc)|Enable-PSRemoting|Set-WSManQuickConfig|(Set-Service|Start-Service|sc(\.exe)? +config|net +start)[^\n]*winrm|ConfigureRemotingForAnsible|WSMan:\\localhost\\Listener)", Options);

    private static Regex OpenPort() => new(@"((New-NetFirewallRule|netsh +advfirewall|Set-NetFirewallRule)[^\n]*5986|5986[^\n]*(New-NetFirewallRule)|LocalPort +5986|LocalPort *= *5986)", Options);

    private static Regex FirewallOff() => new(@"(Set-NetFirewallProfile[^\n]*Enabled[^\n]*False|netsh +advfirewall +set +\w+ +state +off)", Options);

    private static Regex Agent() => new(@"(qemu-ga|virtio-win-guest-tools)", Options);

    private static Regex NetworkDriverInstaller() => new(@"(virtio-win-guest-tools|virtio-win-gt|pnputil[^\n]*netkvm|netkvm[^\n]*pnputil)", Options);

    private static Regex DriverInstaller() => new(@"(pnputil|dism[^\n]*driver|Add-WindowsDriver|devcon)", Options);

    private static Regex DriverLoader() => new(@"(drvload|pnputil|dism[^\n]*driver|Add-WindowsDriver)", Options);

    private static Regex AccountMaker() => new(@"(net1? +user +|net\.exe +user +|New-LocalUser)", Options);

    private static Regex OpenSsh() => new(@"(OpenSSH\.Server|Install-Sshd|Start-Service +sshd|openssh)", Options);
}
