using System.Globalization;
using System.Text.RegularExpressions;

namespace Packer.Running;

/// <summary>Something that <c>packer validate</c> objects to, in Packer's words.</summary>
/// <param name="Message">What, on one line.</param>
/// <param name="File">The file in the workspace, or null.</param>
/// <param name="Line">The line in it, or null.</param>
public sealed partial record PackerFinding(string Message, string? File, int? Line)
{
    /// <inheritdoc/>
    public override string ToString() => File is null ? Message : Line is null ? $"{File}: {Message}" : $"{File}:{Line}: {Message}";

    /// <summary>Reads what a failed <c>packer validate</c> printed; there is at least one finding.</summary>
    internal static IReadOnlyList<PackerFinding> Read(string text)
    {
        var findings = new List<PackerFinding>();
        foreach (var block in Start().Split(text.Replace("\r\n", "\n", StringComparison.Ordinal)).Where(b => b.StartsWith("Error", StringComparison.Ordinal)))
        {
            var place = Place().Match(block);
            var lines = block.Split('\n').Select(l => l.Trim(' ', '\t', '*'))
                .Where(l => l.Length > 0 && !Noise().IsMatch(l)).ToArray();
            var message = string.Join(' ', lines.Select((l, i) => i == 0 && l.StartsWith("Error: ", StringComparison.Ordinal) ? l[7..].TrimEnd('.', ':') + ":" : l)).TrimEnd(':');
            findings.Add(new PackerFinding(
                message, place.Success && place.Groups[1].Value.Trim() is { Length: > 0 } file ? file : null,
                place.Success && int.Parse(place.Groups[2].Value, CultureInfo.InvariantCulture) is > 0 and var line ? line : null));
        }

        return findings.Count > 0 ? findings : [new PackerFinding(string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)), null, null)];
    }

    [GeneratedRegex("^(?=Error[: ])", RegexOptions.Multiline)]
    private static partial Regex Start();

    [GeneratedRegex(@"^\s+on ([^\n]{0,200}?) ?line (\d{1,6})", RegexOptions.Multiline)]
    private static partial Regex Place();

    // "on file line 3, in source …:", the quoted source line, and its absence.
    [GeneratedRegex(@"^(?:on .{0,200}line \d+.*|\(source code not available\)|\d+: .*)$")]
    private static partial Regex Noise();
}
