using System.Text.RegularExpressions;
using Foundation;

namespace Proxmox.Machines;

/// <summary>
/// Tags of finished templates. Packer never gets any: at creation Proxmox VE since 9.2 asks for their privilege outside of
/// the pool, where a login for builds has none. A template that is in its pool may be tagged.
/// </summary>
public static partial class TemplateTags
{
    /// <summary>Reads tags as Proxmox VE separates them: by semicolon, comma or space.</summary>
    /// <returns>Each of them once, in the order given.</returns>
    /// <exception cref="FailureException">One is not a tag (validation).</exception>
    public static IReadOnlyList<string> Read(string text)
    {
        var tags = text.Split([';', ',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        return tags.Find(t => !Tag().IsMatch(t)) is { } wrong
            ? throw new FailureException(
                FailureKind.Validation, $"'{wrong}' cannot be a tag", "a tag begins with a letter, a digit or '_', and goes on with these or '-', '+' and '.'",
                "Write tags like --var=tags=golden;linux")
            : tags;
    }

    /// <summary>Gives a template its tags.</summary>
    /// <exception cref="FailureException">The server refuses; it has the last word on who may set which tag.</exception>
    public static async Task SetAsync(ProxmoxClient client, string node, int vmid, IReadOnlyList<string> tags, CancellationToken cancellation = default)
    {
        try
        {
            await client.Node(node).Qemu(vmid).SetConfigAsync(new Dictionary<string, string> { ["tags"] = string.Join(';', tags) }, cancellation);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(
                error, $"Template {vmid} could not be given the tags {string.Join(", ", tags)}",
                remedy: "Choose tags that this login may set: the options user-tag-access and registered-tags of the datacenter name them");
        }
    }

    // PVE_TAG_RE of PVE::JSONSchema.
    [GeneratedRegex(@"^[a-z0-9_][a-z0-9_\-+.]*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
