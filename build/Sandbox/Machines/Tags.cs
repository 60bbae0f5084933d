using Sandbox.Access;
using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>
/// Tags of VMs: how they are stored, and who may set which. The rules are those of <c>PVE::GuestHelpers</c>: the options
/// <c>user-tag-access</c> and <c>registered-tags</c> of the cluster leave some tags to administrators.
/// </summary>
internal static class Tags
{
    /// <summary>The property string of the option <c>user-tag-access</c>.</summary>
    public static PropertyFormat Access { get; } = new(
        null, P.OneOf("user-allow?", "none", "list", "existing", "free"), P.Text("user-allow-list?", "pve-tag-list"));

    /// <summary>The property string of the option <c>tag-style</c>.</summary>
    public static PropertyFormat Style { get; } = new(
        null, P.Flag("case-sensitive?"), P.Text("color-map?"), P.OneOf("ordering?", "config", "alphabetical"), P.OneOf("shape?", "full", "circle", "dense", "none"));

    /// <summary>The tags as the configuration has them: each once, in small letters and sorted unless the cluster wants it otherwise.</summary>
    public static string Stored(NodeServices node, string tags, Machine machine)
    {
        // Before 9.2 a new VM kept them as they were written.
        if (node.Version.TakesTagsUnseen && !machine.IsMade)
        {
            return tags;
        }

        var style = Style.Parse(node.State.ClusterOptions.GetValueOrDefault("tag-style") ?? "");
        var list = Formats.Split(tags).Select(t => style.Flag("case-sensitive") ? t : t.ToLowerInvariant()).Distinct();
        return string.Join(';', style["ordering"] == "config" ? list : list.Order(StringComparer.Ordinal));
    }

    /// <summary>The tags that a caller may give to VMs, and whether others are free as well.</summary>
    public static (IReadOnlyList<string> Allowed, IReadOnlyList<string> Privileged, bool Free) AllowedTo(ApiCall call)
    {
        var options = call.State.ClusterOptions;
        var mayAll = call.May("/", "Sys.Modify");
        var registered = Formats.Split(options.GetValueOrDefault("registered-tags"));
        var access = Access.Parse(options.GetValueOrDefault("user-tag-access") ?? "");
        var allow = access["user-allow"] ?? "free";
        var allowed = new SortedSet<string>(StringComparer.Ordinal);
        if (allow != "none" || mayAll)
        {
            allowed.UnionWith(Formats.Split(access["user-allow-list"]));
        }

        if (allow is "free" or "existing" || mayAll)
        {
            allowed.UnionWith(call.State.Machines.Values.Where(m => mayAll || call.May($"/vms/{m.Id}", "VM.Audit"))
                .SelectMany(m => Formats.Split(m.Config.GetValueOrDefault("tags"))));
        }

        if (mayAll)
        {
            allowed.UnionWith(registered);
        }
        else
        {
            allowed.ExceptWith(registered);
        }

        return ([.. allowed], registered, allow == "free");
    }

    /// <summary>Fails with 403 unless the caller may change a VM's tags in this way.</summary>
    public static void Check(ApiCall call, int vmid, string? before, string? after)
    {
        call.Require($"/vms/{vmid}", "VM.Config.Options");
        if (call.Caller.AuthId == AccessControl.Root || call.May("/", "Sys.Modify"))
        {
            return;
        }

        var (allowed, privileged, free) = AllowedTo(call);
        var changed = Formats.Split(before).ToHashSet(StringComparer.Ordinal);
        changed.SymmetricExceptWith(Formats.Split(after));
        foreach (var tag in changed.Order(StringComparer.Ordinal))
        {
            if ((!allowed.Contains(tag) && !free) || privileged.Contains(tag))
            {
                throw ApiException.Forbidden($"/, Sys.Modify for modifying tag '{tag}'");
            }
        }
    }
}
