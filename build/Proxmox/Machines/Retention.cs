using Foundation;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>A build of a template that is on the server.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Vmid">The VMID.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="Chain">The run that made it.</param>
public sealed record OlderBuild(string Node, int Vmid, string Name, string Chain);

/// <summary>Destroys a template's older builds. Never one with linked clones, and never one that this program did not make.</summary>
public sealed class Retention(ProxmoxClient client, IRunLog log)
{
    private const string Stage = "BuildTemplate";

    /// <summary>
    /// The builds that go when a build and the newest ones before it are kept. Builds that began later are their own runs'
    /// to judge: they may still fail.
    /// </summary>
    /// <param name="template">The template's id.</param>
    /// <param name="vmid">The build that has just succeeded.</param>
    /// <param name="keep">How many to keep, 1 at least.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public async Task<IReadOnlyList<OlderBuild>> OlderAsync(string template, int vmid, int keep, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        return [.. (await BuildsAsync(template, cancellation)).SkipWhile(b => b.Vmid != vmid).Skip(keep)];
    }

    /// <summary>Which of some builds are still there.</summary>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public async Task<IReadOnlyList<OlderBuild>> StillThereAsync(string template, IReadOnlyCollection<string> chains, CancellationToken cancellation = default) =>
        [.. (await BuildsAsync(template, cancellation)).Where(b => chains.Contains(b.Chain))];

    /// <summary>Destroys a build.</summary>
    /// <returns>Null when it was destroyed, otherwise why it was kept.</returns>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public async Task<string?> DestroyAsync(OlderBuild build, CancellationToken cancellation = default)
    {
        var why = await RetireAsync(build, cancellation);
        log.Write(
            Stage, why is null ? EventLevel.Info : EventLevel.Warning,
            why is null ? $"Destroyed the older build {build.Vmid} ({build.Name})" : $"Kept the older build {build.Vmid} ({build.Name}): {why}");
        return why;
    }

    private async Task<IEnumerable<OlderBuild>> BuildsAsync(string template, CancellationToken cancellation)
    {
        IReadOnlyList<ResourceEntry> vms;
        try
        {
            vms = await client.Cluster.GetVmsAsync(cancellation);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Looking for older builds of {template} failed");
        }

        var found = new List<OlderBuild>();
        foreach (var vm in vms.Where(v => v.Type == "qemu"))
        {
            try
            {
                // The list is the status daemon's, which is seconds behind: name, state and template are read in the VM's own configuration.
                var config = await client.Node(vm.Node).Qemu(vm.Vmid).GetConfigAsync(cancellation);
                if (config.Template && VmMarker.Parse(config.Description) is { Purpose: VmPurpose.Build } marker && marker.Template == template)
                {
                    found.Add(new OlderBuild(vm.Node, vm.Vmid, config.Name, marker.Chain));
                }
            }
            catch (ProxmoxApiException error) when (error.NotFound || error.Status == 403)
            {
                // Gone meanwhile, or not ours to see.
            }
            catch (ProxmoxApiException error)
            {
                throw ProxmoxFailure.From(error, $"Looking for older builds of {template} failed");
            }
        }

        // The chain's id begins with its time in a form that sorts.
        return found.OrderByDescending(b => b.Chain, StringComparer.Ordinal).ThenByDescending(b => b.Vmid);
    }

    private async Task<string?> RetireAsync(OlderBuild build, CancellationToken cancellation)
    {
        try
        {
            // The server refuses to destroy a template with linked clones before it touches any disk.
            await client.WaitForTaskAsync(await client.Node(build.Node).Qemu(build.Vmid).DestroyAsync(cancellation), null, cancellation);
            return null;
        }
        catch (ProxmoxApiException error) when (error.Status is 400 or 403 or 500)
        {
            return error.Reason;
        }
        catch (ProxmoxTaskException error)
        {
            return error.ExitStatus;
        }
    }
}
