using System.Text.RegularExpressions;

namespace Unattended.Windows;

/// <summary>
/// A script or program that a command names, and whether it is there. Windows gives the letters from D: on to the drives in
/// the order in which it finds them; there is no floppy drive (A:, B:).
/// </summary>
internal sealed partial record ScriptPlace(string Path)
{
    private char? Letter => Path.Length > 1 && Path[1] == ':' ? char.ToUpperInvariant(Path[0]) : null;

    internal static IEnumerable<ScriptPlace> Find(string command) => Script().Matches(command).Select(m => new ScriptPlace(m.Value));

    /// <summary>
    /// The file beside the answer file that is meant, or null: the letter depends on the drives, the path below it does not,
    /// and of a path in a variable only the file's name can be known.
    /// </summary>
    internal string? Judge(string command, int line, UnattendedContext context, FindingList findings)
    {
        if (context.Siblings is not { } siblings)
        {
            return null;
        }

        var relative = Path[(Path.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace('\\', '/').TrimStart('/');
        var name = relative[(relative.LastIndexOf('/') + 1)..];
        var sibling = siblings.Keys.FirstOrDefault(s => s.Equals(relative, StringComparison.OrdinalIgnoreCase)
            || s.EndsWith('/' + name, StringComparison.OrdinalIgnoreCase) || s.Equals(name, StringComparison.OrdinalIgnoreCase));

        // A command that looks first runs it where it is.
        if (Letter is { } letter && letter is not ('C' or 'X') && !Looks().IsMatch(command))
        {
            CheckLetter(letter, sibling, siblings.Keys.Any(s => s.Equals(relative, StringComparison.OrdinalIgnoreCase)), line, context, findings);
        }

        return sibling;
    }

    private void CheckLetter(char letter, string? sibling, bool exact, int line, UnattendedContext context, FindingList findings)
    {
        const string Remedy = "let the command look for it, such as by the medium's label (Get-Volume -FileSystemLabel)";
        if (sibling is null && Virtio().IsMatch(Path) && context.VirtioMedium != false)
        {
            return;
        }

        if (sibling is null)
        {
            findings.Useless("unattend-script-missing", line, $"the command runs {Path}, and no such file is on the medium with the answer file");
        }
        else if (!exact)
        {
            findings.Useless("unattend-script-missing", line, $"the command runs {Path}, and that file is {sibling} on the medium with the answer file");
        }
        else if (context.Drives is { } drives && (letter < 'D' || letter >= 'D' + drives))
        {
            findings.Useless("unattend-script-drive", line, $"the command runs {Path}, and the machine has no drive {letter}: (its {drives} media are D: to {(char)('D' + drives - 1)}:); {Remedy}");
        }
        else if (context.AnswerDrive is { } own && own != letter)
        {
            findings.Useless("unattend-script-drive", line, $"the command runs {Path}, and the medium with the answer file is drive {own}:; {Remedy}");
        }
        else if (context.Drives is > 1)
        {
            findings.Warn("unattend-script-drive", line, $"the command runs {Path}: which letter the medium gets depends on what else is attached; {Remedy}");
        }
    }

    [GeneratedRegex(@"(if +(not +)?exist|Test-Path|\bfor +(/\w +)?%|foreach|Get-PSDrive|Get-Volume|Win32_(LogicalDisk|CDROMDrive|Volume))", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Looks();

    [GeneratedRegex(@"(virtio-win|guest-agent|qemu-ga|\\(amd64|x86)\\)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Virtio();

    [GeneratedRegex(@"\b[A-Za-z]:\\[\w .\\()-]*?\.(ps1|cmd|bat|exe|msi|vbs)\b|(?<!\w)[\w-]+\.(ps1|cmd|bat)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Script();
}
