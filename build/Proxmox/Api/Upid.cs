using System.Globalization;

namespace Proxmox.Api;

/// <summary>
/// The identifier of a task: <c>UPID:&lt;node&gt;:&lt;pid&gt;:&lt;pstart&gt;:&lt;starttime&gt;:&lt;type&gt;:&lt;id&gt;:&lt;user&gt;:</c>, the
/// three numbers in hexadecimal.
/// </summary>
/// <param name="Text">The whole identifier.</param>
/// <param name="Node">The node that it runs on.</param>
/// <param name="Started">When it started, UTC.</param>
/// <param name="Type">What it does, such as <c>qmclone</c>.</param>
/// <param name="Id">What it does it to, such as a VMID; may be empty.</param>
/// <param name="User">Who started it: a user or a token id.</param>
public sealed record Upid(string Text, string Node, DateTimeOffset Started, string Type, string Id, string User)
{
    /// <summary>Reads an identifier.</summary>
    /// <returns>The parts, or null when the text is no such identifier.</returns>
    public static Upid? Parse(string? text)
    {
        var parts = text?.Split(':');
        return parts is ["UPID", { Length: > 0 } node, _, _, var start, { Length: > 0 } type, var id, { Length: > 0 } user, ..]
            && long.TryParse(start, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0 and < 253402300800
            ? new Upid(text!, node, DateTimeOffset.FromUnixTimeSeconds(seconds), type, id, user)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
