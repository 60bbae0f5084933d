using System.Text.RegularExpressions;

namespace Unattended;

/// <summary>
/// What can be seen in a shell script without running it: packages that it installs, services that it enables, sudo
/// rules and keys that it writes. It only ever adds to what a file says declaratively, so that missing an unusual
/// spelling costs a finding and never hides one.
/// </summary>
internal sealed partial class ShellScript
{
    // Long lines are data (a here-document with base64), not commands; and they keep the expressions below cheap.
    private const int LongestLine = 4096;

    private readonly List<string> lines;

    internal ShellScript(IEnumerable<string> scriptLines) =>
        lines = [.. scriptLines.Select(l => l.Trim()).Where(l => l.Length is > 0 and <= LongestLine && l[0] != '#')];

    /// <summary>The packages that <c>dnf</c>, <c>yum</c>, <c>apt-get</c> or <c>apt</c> is told to install.</summary>
    internal IEnumerable<string> Packages => lines
        .SelectMany(l => Commands(l))
        .Where(words => Array.FindIndex(words, w => Path.GetFileName(w) is "dnf" or "yum" or "apt-get" or "apt") is >= 0 and var at
            && words.Skip(at).Contains("install"))
        .SelectMany(words => words.SkipWhile(w => w != "install").Skip(1).Where(w => w.Length > 0 && w[0] != '-'));

    /// <summary>The services that <c>systemctl</c> is told to enable, without <c>.service</c>.</summary>
    internal IEnumerable<string> EnabledServices => Services("enable");

    /// <summary>The services that <c>systemctl</c> is told to disable or mask, without <c>.service</c>.</summary>
    internal IEnumerable<string> DisabledServices => Services("disable").Concat(Services("mask"));

    /// <summary>Everybody who gets a <c>NOPASSWD</c> rule for everything: names, and groups with their <c>%</c>.</summary>
    internal IEnumerable<string> SudoersWithoutPassword => lines
        .Where(l => IgnoredSudoersFile(l) is null)
        .Select(l => SudoRule().Match(l)).Where(m => m.Success).Select(m => m.Groups["who"].Value);

    /// <summary>
    /// The name of a file in <c>/etc/sudoers.d</c> that sudo leaves out, because it has a dot in it or ends in a tilde
    /// (sudoers(5), "Including other files"); null when a text names none.
    /// </summary>
    internal static string? IgnoredSudoersFile(string text) =>
        text.Length <= LongestLine && SudoersFile().Match(text) is { Success: true } file
        && (file.Groups["name"].Value.Contains('.', StringComparison.Ordinal) || file.Groups["name"].Value.EndsWith('~'))
            ? file.Groups["name"].Value
            : null;

    /// <summary>Why such a file has no effect.</summary>
    internal static string IgnoredSudoersReason(string name) =>
        $"sudo ignores /etc/sudoers.d/{name}, because its name has a dot in it or ends in a tilde: the rule has no effect";

    /// <summary>Whether a text stands in any of the commands.</summary>
    internal bool Mentions(string text) => lines.Exists(l => l.Contains(text, StringComparison.Ordinal));

    /// <summary>Public keys that are written somewhere, with the account whose home they go to, when it can be seen.</summary>
    internal IEnumerable<(string Account, string Key)> Keys()
    {
        var home = lines.Select(l => HomeOfKeys().Match(l)).FirstOrDefault(m => m.Success);
        if (home is null)
        {
            yield break;
        }

        var account = home.Groups["user"].Success ? home.Groups["user"].Value : "root";
        foreach (var key in lines.Select(l => KeyText().Match(l)).Where(m => m.Success && PublicKey.Parse(m.Value) is not null))
        {
            yield return (account, key.Value);
        }
    }

    private IEnumerable<string> Services(string verb) => lines
        .SelectMany(l => Commands(l))
        .Where(words => words.Any(w => Path.GetFileName(w) == "systemctl") && words.Contains(verb))
        .SelectMany(words => words.SkipWhile(w => w != verb).Skip(1).Where(w => w.Length > 0 && w[0] != '-'))
        .Select(s => s.EndsWith(".service", StringComparison.Ordinal) ? s[..^".service".Length] : s);

    private static IEnumerable<string[]> Commands(string line) => line
        .Split([";", "&&", "||", "|"], StringSplitOptions.RemoveEmptyEntries)
        .Select(c => c.Split([' ', '\t', '"', '\''], StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"(?<who>%?[a-z_][a-z0-9_-]{0,31})\s+ALL\s*=\s*(\(ALL(\s*:\s*ALL)?\)\s*)?NOPASSWD\s*:\s*ALL", RegexOptions.None, 1000)]
    private static partial Regex SudoRule();

    [GeneratedRegex(@"/etc/sudoers\.d/(?<name>[\w.~-]+)", RegexOptions.None, 1000)]
    private static partial Regex SudoersFile();

    [GeneratedRegex(@"/(root|home/(?<user>[a-z_][a-z0-9_-]{0,31}))/\.ssh", RegexOptions.None, 1000)]
    private static partial Regex HomeOfKeys();

    [GeneratedRegex(@"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]{40,}={0,2}", RegexOptions.None, 1000)]
    private static partial Regex KeyText();
}
