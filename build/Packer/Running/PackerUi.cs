using System.Text.RegularExpressions;

namespace Packer.Running;

/// <summary>
/// Understands Packer's words for people: its steps (<c>==&gt; proxmox-iso.vm: Creating VM</c>) and the reasons that it
/// gives for a failure. Remembers little: the last lines and the lines of an error.
/// </summary>
internal sealed partial class PackerUi
{
    private const int Remembered = 30;
    private const string ScriptExited = "Script exited with non-zero exit status";
    private readonly Queue<string> last = new();
    private readonly List<string> errors = [];
    private readonly Queue<string> scriptLines = new();
    private string? script;
    private bool inError;
    private bool inParameters;
    private bool ended;

    /// <summary>The step that a line announces, or null.</summary>
    public static string? StepOf(string line) =>
        StepLine().Match(line) is { Success: true } match && match.Groups[1].Value.Trim() is { Length: > 0 } step && !Aborting().IsMatch(step) ? step.TrimEnd('.', ' ') : null;

    /// <summary>Takes a line into account.</summary>
    public void Take(string line)
    {
        last.Enqueue(line);
        if (last.Count > Remembered)
        {
            last.Dequeue();
        }

        TakeScript(line);
        if (ErrorLine().Match(line) is { Success: true } match)
        {
            inError = true;
            Keep(match.Groups["why"].Value.Trim());
        }
        else if (inError && (line.StartsWith("==>", StringComparison.Ordinal) || line.StartsWith("Build '", StringComparison.Ordinal)))
        {
            inError = false;
        }
        else if (inError)
        {
            Keep(line.Trim());
        }
    }

    /// <summary>What Packer says went wrong, on one line; null when it says nothing. A script that failed is named with its last lines.</summary>
    public string? Reason => errors.Count == 0 ? null : string.Join(' ', errors.Distinct()) + FailedScript;

    private string FailedScript => script is null || !errors.Exists(e => e.Contains(ScriptExited, StringComparison.Ordinal)) ? ""
        : scriptLines.Count == 0 ? $" ({script}, which said nothing)"
        : $" ({script}, whose last lines are: {string.Join(" / ", scriptLines)})";

    // What a script prints comes as "    proxmox-iso.vm: text", its errors as "==> proxmox-iso.vm: text", like Packer's steps.
    private void TakeScript(string line)
    {
        if (ScriptStep().Match(line) is { Success: true } step)
        {
            script = step.Groups[1].Value.Trim();
            scriptLines.Clear();
        }
        else if (script is not null && OutputLine().Match(line) is { Success: true } output && output.Groups[1].Value.Trim() is { Length: > 0 } text)
        {
            if (text.StartsWith(ScriptExited, StringComparison.Ordinal) || Aborting().IsMatch(text))
            {
                // What follows is Packer's own.
                ended = true;
            }

            if (!ended)
            {
                scriptLines.Enqueue(text.Length > 300 ? text[..300] + "…" : text);
                if (scriptLines.Count > 3)
                {
                    scriptLines.Dequeue();
                }
            }
        }
    }

    /// <summary>The last lines, on one line, for when it gave no reason.</summary>
    public string LastWords => string.Join(" / ", last.Where(l => l.Trim().Length > 0).TakeLast(3).Select(l => l.Trim()));

    private void Keep(string text)
    {
        text = WithoutParameters(text);
        if (text.Length > 0 && errors.Count < 12)
        {
            errors.Add(text.Length > 600 ? text[..600] + "…" : text);
        }
    }

    // The plugin repeats every parameter of the call, eight hundred characters of them, over several lines.
    private string WithoutParameters(string text)
    {
        const string End = "])";
        if (inParameters)
        {
            var end = text.IndexOf(End, StringComparison.Ordinal);
            if (end < 0)
            {
                return "";
            }

            inParameters = false;
            text = text[(end + End.Length)..];
        }

        var start = text.IndexOf("(params: map[", StringComparison.Ordinal);
        if (start < 0)
        {
            return text.Trim();
        }

        var close = text.LastIndexOf(End, StringComparison.Ordinal);
        inParameters = close < start;
        return (text[..start].TrimEnd() + (inParameters ? "" : text[(close + End.Length)..])).Trim();
    }

    // With -on-error=abort Packer names each step that it does not undo.
    [GeneratedRegex(@"^(?:aborted: skipping cleanup of step ""|Step ""[^""]{1,100}"" failed, aborting|Interrupted, aborting)")]
    private static partial Regex Aborting();

    [GeneratedRegex(@"^==> [A-Za-z0-9_.-]{1,100}: Provisioning with (?:shell|[Pp]owershell|windows-shell) script: (.+)$")]
    private static partial Regex ScriptStep();

    [GeneratedRegex(@"^(?:==>|   ) [A-Za-z0-9_.-]{1,100}: (.*)$")]
    private static partial Regex OutputLine();

    [GeneratedRegex(@"^==> [A-Za-z0-9_.-]{1,100}: (.*)$")]
    private static partial Regex StepLine();

    // Packer 1.6: "Build 'x' errored after 3 seconds: why"; before any build runs: "Error: why".
    [GeneratedRegex(@"^(?:Build '[^']{1,100}' errored(?: after [0-9a-z ]{1,80})?: |Error: |Error initializing core: )(?<why>.*)$")]
    private static partial Regex ErrorLine();
}
