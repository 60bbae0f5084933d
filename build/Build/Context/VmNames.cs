using Foundation;
using Templates;

namespace Build.Context;

/// <summary>Names for VMs: DNS names, as Proxmox VE demands, unique to the run.</summary>
internal static class VmNames
{
    /// <summary>Such as <c>rocky-9-20261122t191627z</c>.</summary>
    public static string For(Template template, ChainId chain)
    {
        var stamp = chain.Stamp.Compact.ToLowerInvariant();
        var id = string.Concat(template.Id.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));

        // A DNS label has 63 characters at most.
        var room = 63 - stamp.Length - 1;
        return $"{(id.Length > room ? id[..room] : id).TrimEnd('-')}-{stamp}";
    }
}
