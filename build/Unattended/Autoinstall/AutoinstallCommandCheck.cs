using System.Text.RegularExpressions;

namespace Unattended.Autoinstall;

/// <summary>
/// Commands that do something else than meant. Those of <c>late-commands</c> run in the live session, with the new system
/// at <c>/target</c> (Ubuntu's autoinstall reference).
/// </summary>
internal static partial class AutoinstallCommandCheck
{
    internal static void Check(MappingNode autoinstall, FindingList findings)
    {
        var lost = autoinstall.Items("late-commands").Where(c => IsLost(string.Join('\n', CloudInitFiles.CommandLines(c)))).ToList();
        var otherRules = new ShellScript(autoinstall.Items("late-commands").Except(lost).SelectMany(CloudInitFiles.CommandLines)
            .Concat(CloudInitFiles.Scripts(autoinstall.Mapping("user-data")))).SudoersWithoutPassword.Any();
        foreach (var command in lost)
        {
            var text = string.Join('\n', CloudInitFiles.CommandLines(command));
            var file = WritesSudoers().Match(text).Groups["file"].Value;
            findings.JudgeUseless(!otherRules, "autoinstall-late-command", command.Line,
                $"late-commands: {file} is written in the live session, which is gone after the installation: write to /target{file}, or use curtin in-target", command.Column);
        }

        var userData = autoinstall.Mapping("user-data");
        IEnumerable<Node> everywhere = [.. autoinstall.Items("late-commands"), .. userData?.Items("runcmd") ?? [], .. userData?.Items("bootcmd") ?? []];
        foreach (var command in everywhere)
        {
            if (ShellScript.IgnoredSudoersFile(string.Join('\n', CloudInitFiles.CommandLines(command))) is { } name)
            {
                findings.Useless("sudoers-name", command.Line, ShellScript.IgnoredSudoersReason(name), command.Column);
            }
        }

        foreach (var file in userData?.Items("write_files").OfType<MappingNode>() ?? [])
        {
            if (file["path"] is ScalarNode path && ShellScript.IgnoredSudoersFile(path.Text) is { } name)
            {
                findings.Useless("sudoers-name", path.Line, ShellScript.IgnoredSudoersReason(name), path.Column);
            }
        }
    }

    private static bool IsLost(string text) => WritesSudoers().IsMatch(text) && !InTarget().IsMatch(text);

    [GeneratedRegex(@"(>|\btee\b(\s+-a)?|\b(cp|mv|install)\b.*|\bsed\s+-i.*)\s*[""']?(?<![\w}/.)])(?<file>/etc/sudoers(\.d/[\w.~-]+)?)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WritesSudoers();

    [GeneratedRegex(@"in-target|\bchroot\b|nspawn", RegexOptions.None, 1000)]
    private static partial Regex InTarget();
}
