using System.Text.RegularExpressions;

namespace Packer.Running;

/// <summary>
/// Understands Packer's words for people: its steps (<c>==&gt; proxmox-iso.vm: Creating VM</c>) and the reasons that it
/// gives for a failure. Remembers little: the last lines and the lines of an error.
/// </summary>
internal sealed partial class PackerUi
{
    private const int Remembered = 30;
    private readonly Queue<string> last = new();
    private readonly List<string> errors = [];
    private bool inError;

    /// <summary>The step that a line announces, or null.</summary>
    public static string? StepOf(string line) =>
        StepLine().Match(line) is { Success: true } match && match.Groups[1].Value.Trim() is { Length: > 0 } step ? step.TrimEnd('.', ' ') : null;

    /// <summary>Takes a line into account.</summary>
    public void Take(string line)
    {
        last.Enqueue(line);
        if (last.Count > Remembered)
        {
            last.Dequeue();
        }

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

    /// <summary>What Packer says went wrong, on one line; null when it says nothing.</summary>
    public string? Reason => errors.Count == 0 ? null : string.Join(' ', errors.Distinct());

    /// <summary>The last lines, on one line, for when it gave no reason.</summary>
    public string LastWords => string.Join(" / ", last.Where(l => l.Trim().Length > 0).TakeLast(3).Select(l => l.Trim()));

    private void Keep(string text)
    {
        if (text.Length > 0 && errors.Count < 12)
        {
            errors.Add(text.Length > 600 ? text[..600] + "…" : text);
        }
    }

    [GeneratedRegex(@"^==> [A-Za-z0-9_.-]{1,100}: (.*)$")]
    private static partial Regex StepLine();

    // Packer 1.6: "Build 'x' errored after 3 seconds: why"; before any build runs: "Error: why".
    [GeneratedRegex(@"^(?:Build '[^']{1,100}' errored(?: after [0-9a-z ]{1,80})?: |Error: |Error initializing core: )(?<why>.*)$")]
    private static partial Regex ErrorLine();
}
