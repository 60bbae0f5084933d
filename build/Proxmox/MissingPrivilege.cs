using System.Text.RegularExpressions;

namespace Proxmox;

/// <summary>A privilege that a call needed and the login does not have.</summary>
/// <param name="Path">The path in the tree of objects, such as <c>/vms/9000</c>.</param>
/// <param name="Privilege">
/// The privilege, such as <c>VM.Allocate</c>; several that would each do are separated by <c>|</c>, as the server says it.
/// </param>
public sealed partial record MissingPrivilege(string Path, string Privilege)
{
    private const string Opening = "Permission check failed (";

    /// <summary>Reads the reason phrase of a 403: <c>Permission check failed (/vms/101, VM.Allocate)</c>.</summary>
    /// <returns>The privilege, or null when the phrase names none.</returns>
    public static MissingPrivilege? Parse(string? reason)
    {
        if (reason is null || !reason.StartsWith(Opening, StringComparison.Ordinal) || !reason.EndsWith(')'))
        {
            return null;
        }

        var inside = reason[Opening.Length..^1];
        var comma = inside.IndexOf(", ", StringComparison.Ordinal);

        // Behind the comma may also be a sentence: "Sys.Modify for modifying tag 'golden'".
        return comma <= 0 || comma + 2 == inside.Length || inside[0] != '/' || inside.AsSpan(comma + 2).Contains(' ')
            ? null
            : new MissingPrivilege(inside[..comma], inside[(comma + 2)..]);
    }

    /// <summary>Finds the first refusal that a text quotes, such as how a task ended or what Packer said.</summary>
    public static MissingPrivilege? Find(string? text) => Refusal().Match(text ?? "") is { Success: true } match ? Parse(match.Value) : null;

    /// <summary>Whether a privilege that a login lacks is the one that was asked for here; paths of a pool and its VMs differ.</summary>
    public bool IsFor(string privilege) => Privilege.Split('|').Contains(privilege);

    [GeneratedRegex(@"Permission check failed \(/[^,()\s]{0,200}, [A-Za-z.|]{1,200}\)")]
    private static partial Regex Refusal();

    /// <summary>As people read it: <c>VM.Allocate on /vms/101</c>.</summary>
    public override string ToString() => $"{Privilege.Replace("|", " or ", StringComparison.Ordinal)} on {Path}";
}
