using Foundation;
using Proxmox.Api;
using Templates;

namespace Proxmox.Machines;

/// <summary>Whether a node knows the CPU type and the flags of a template: it says so only when the VM is made.</summary>
public static class CpuCheck
{
    private const string Custom = "custom-";

    /// <summary>Compares with the node's own lists. What a server does not tell is not judged.</summary>
    /// <exception cref="FailureException">The node has no such type, or a VM may not change such a flag (validation).</exception>
    public static async Task RequireAsync(ProxmoxClient client, string node, Template template, CancellationToken cancellation = default)
    {
        var hardware = template.Hardware;
        var types = await NamesAsync(client.Node(node).GetCpuTypesAsync, node, cancellation);

        // A login for builds is not shown the models that somebody has defined.
        var unseen = hardware.CpuType.StartsWith(Custom, StringComparison.Ordinal) && !types.Any(t => t.StartsWith(Custom, StringComparison.Ordinal));
        Require(template, "cpu_type", "CPU type", node, [hardware.CpuType], unseen ? [] : types);
        if (hardware.CpuFlags.Count > 0)
        {
            Require(template, "cpu_flags", "CPU flag", node, hardware.CpuFlags.Select(f => f[1..]), await NamesAsync(client.Node(node).GetCpuFlagsAsync, node, cancellation));
        }
    }

    private static void Require(Template template, string field, string kind, string node, IEnumerable<string> asked, IReadOnlyList<string> known)
    {
        if (known.Count == 0 || asked.FirstOrDefault(a => !known.Contains(a)) is not { } wrong)
        {
            return;
        }

        throw new FailureException(
            FailureKind.Validation, $"The node {node} has no {kind} '{wrong}'", $"hardware.{field} of {template.Id} names it",
            NearMiss.Find(wrong, known) is [var near, ..] ? $"Perhaps {near} is meant" : $"It has {string.Join(", ", known)}");
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(
        Func<CancellationToken, Task<IReadOnlyList<CpuEntry>>> read, string node, CancellationToken cancellation)
    {
        try
        {
            return [.. (await read(cancellation)).Select(e => e.Name)];
        }
        catch (ProxmoxApiException error) when (error.Status is 403 or 404 or 501)
        {
            return [];
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Reading which processors {node} has failed");
        }
    }
}
