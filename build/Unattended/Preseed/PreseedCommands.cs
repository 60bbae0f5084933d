using System.Text;
using System.Text.RegularExpressions;

namespace Unattended.Preseed;

/// <summary>
/// What <c>preseed/late_command</c> does to the installed system: through <c>in-target</c>, <c>apt-install</c>,
/// <c>chroot /target</c>, or by writing below <c>/target</c>. Everything else happens in the installer's own memory and is gone with it.
/// </summary>
internal sealed partial class PreseedCommands
{
    // Longer ones are data, not commands; and they keep the expressions below cheap.
    private const int LongestCommand = 8192;

    private readonly ShellScript script;
    private readonly List<(string Account, string Key)> keys = [];

    internal PreseedCommands(PreseedAnswers answers, FindingList findings)
    {
        var commands = Split(answers["preseed/late_command"]);
        var line = answers.LineOf("preseed/late_command");
        var inTarget = new List<string>();
        foreach (var command in commands)
        {
            if (InTarget(command) is { } changed)
            {
                inTarget.Add(changed);
            }
            else if (Outside().IsMatch(command))
            {
                findings.Warn("preseed-outside", line, $"\"{Short(command)}\" runs in the installer, not in the installed system: write in-target in front of it, or /target in front of the path");
            }
        }

        script = new ShellScript(inTarget);
        foreach (var command in inTarget)
        {
            if (Home().Match(command) is { Success: true } home && KeyText().Match(command) is { Success: true } key && PublicKey.Parse(key.Value) is not null)
            {
                keys.Add((home.Groups["user"].Success ? home.Groups["user"].Value : "root", key.Value.Trim()));
            }
        }

        MadeUsers = [.. inTarget.Select(c => UserAdd().Match(c)).Where(m => m.Success).Select(m => m.Groups["user"].Value).Distinct()];
    }

    /// <summary>The packages that are installed.</summary>
    internal IEnumerable<string> Packages => script.Packages;

    /// <summary>The services that are disabled or masked.</summary>
    internal IEnumerable<string> DisabledServices => script.DisabledServices;

    /// <summary>The users that <c>useradd</c> or <c>adduser</c> makes.</summary>
    internal IReadOnlyList<string> MadeUsers { get; }

    /// <summary>The public keys that are written to an account's home.</summary>
    internal List<string> KeysOf(string account) => [.. keys.Where(k => k.Account == account).Select(k => k.Key)];

    /// <summary>Whether an account, or a group with its <c>%</c>, gets a rule of sudo for everything without a password.</summary>
    internal bool MayBecomeRoot(string who) => script.SudoersWithoutPassword.Contains(who);

    /// <summary>The command as it looks from within the installed system; null when it does not touch it.</summary>
    private static string? InTarget(string command)
    {
        var text = command.TrimStart();
        foreach (var prefix in (string[])["in-target ", "chroot /target ", "log-output -t finish-install in-target "])
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                return text[prefix.Length..].TrimStart();
            }
        }

        return text.StartsWith("apt-install ", StringComparison.Ordinal) ? "apt-get install " + text["apt-install ".Length..]
            : text.Contains("/target/", StringComparison.Ordinal) ? text.Replace("/target/", "/", StringComparison.Ordinal)
            : null;
    }

    /// <summary>The commands between <c>;</c>, <c>&amp;&amp;</c>, <c>||</c> that stand outside of quotation marks.</summary>
    private static List<string> Split(string text)
    {
        var commands = new List<string>();
        var current = new StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && (c == ';' || (c is '&' or '|' && i + 1 < text.Length && text[i + 1] == c)))
            {
                i += c == ';' ? 0 : 1;
                commands.Add(current.ToString());
                current.Clear();
                continue;
            }

            quote = quote == '\0' && c is '\'' or '"' ? c : c == quote ? '\0' : quote;
            current.Append(c);
        }

        commands.Add(current.ToString());
        return [.. commands.Select(c => c.Trim()).Where(c => c.Length is > 0 and <= LongestCommand)];
    }

    private static string Short(string command) => command.Length > 60 ? command[..60] + "…" : command;

    [GeneratedRegex(@"/(root|home/(?<user>[a-z_][a-z0-9_-]{0,31}))/\.ssh/authorized_keys", RegexOptions.None, 1000)]
    private static partial Regex Home();

    [GeneratedRegex(@"(ssh-|ecdsa-|sk-)[a-z0-9@.-]{4,40} [A-Za-z0-9+/=]{40,2000}( [A-Za-z0-9@._+-]{1,200})?", RegexOptions.None, 1000)]
    private static partial Regex KeyText();

    [GeneratedRegex(@"\b(useradd|adduser)\b.*\s(?<user>[a-z_][a-z0-9_-]{0,31})\s*['""]?$", RegexOptions.None, 1000)]
    private static partial Regex UserAdd();

    [GeneratedRegex(@"^(apt-get|apt|systemctl|useradd|adduser|usermod|passwd|chpasswd)\b|[>\s]/(etc|home|root)/", RegexOptions.None, 1000)]
    private static partial Regex Outside();
}
