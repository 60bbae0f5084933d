using Foundation;

namespace Proxmox.Machines;

/// <summary>What <see cref="Retention"/> did with one older build.</summary>
/// <param name="Vmid">The VMID.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="Destroyed">Whether it was destroyed.</param>
/// <param name="Why">Why it was kept, or an empty text.</param>
public sealed record RetiredBuild(int Vmid, string Name, bool Destroyed, string Why);

/// <summary>Destroys a template's older builds. Never one with linked clones, and never one that this program did not make.</summary>
public sealed class Retention(ProxmoxClient client, IRunLog log)
{
    private const string Stage = "BuildTemplate";

    /// <summary>
    /// Keeps a build and the newest ones before it. Builds that began later are their own runs' to judge: they may still fail.
    /// </summary>
    /// <param name="template">The template's id.</param>
    /// <param name="vmid">The build that has just succeeded.</param>
    /// <param name="keep">How many to keep, 1 at least.</param>
    /// <param name="cancellation">Stops it between two builds.</param>
    /// <returns>What happened to each of the older ones.</returns>
    /// <exception cref="FailureException">The server does not answer.</exception>
    public async Task<IReadOnlyList<RetiredBuild>> ApplyAsync(string template, int vmid, int keep, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        try
        {
            var result = new List<RetiredBuild>();
            foreach (var build in (await BuildsAsync(template, cancellation)).SkipWhile(b => b.Vmid != vmid).Skip(keep))
            {
                var done = await RetireAsync(build, cancellation);
                log.Write(
                    Stage, done.Destroyed ? EventLevel.Info : EventLevel.Warning,
                    done.Destroyed ? $"Destroyed the older build {done.Vmid} ({done.Name})" : $"Kept the older build {done.Vmid} ({done.Name}): {done.Why}");
                result.Add(done);
            }

            return result;
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Looking for older builds of {template} failed");
        }
    }

    private async Task<IEnumerable<Build>> BuildsAsync(string template, CancellationToken cancellation)
    {
        var found = new List<Build>();
        foreach (var vm in (await client.Cluster.GetVmsAsync(cancellation)).Where(v => v.Type == "qemu"))
        {
            try
            {
                // The list is the status daemon's, which is seconds behind: name, state and template are read in the VM's own configuration.
                var config = await client.Node(vm.Node).Qemu(vm.Vmid).GetConfigAsync(cancellation);
                if (config.Template && VmMarker.Parse(config.Description) is { Purpose: VmPurpose.Build } marker && marker.Template == template)
                {
                    found.Add(new Build(vm.Node, vm.Vmid, config.Name, marker.Chain));
                }
            }
            catch (ProxmoxApiException error) when (error.NotFound || error.Status == 403)
            {
                // Gone meanwhile, or not ours to see.
            }
        }

        // The chain's id begins with its time in a form that sorts.
        return found.OrderByDescending(b => b.Chain, StringComparer.Ordinal).ThenByDescending(b => b.Vmid);
    }

    private async Task<RetiredBuild> RetireAsync(Build build, CancellationToken cancellation)
    {
        try
        {
            // The server refuses to destroy a template with linked clones before it touches any disk.
            await client.WaitForTaskAsync(await client.Node(build.Node).Qemu(build.Vmid).DestroyAsync(cancellation), null, cancellation);
            return new RetiredBuild(build.Vmid, build.Name, Destroyed: true, "");
        }
        catch (ProxmoxApiException error) when (error.Status is 400 or 403 or 500)
        {
            return new RetiredBuild(build.Vmid, build.Name, Destroyed: false, error.Reason);
        }
        catch (ProxmoxTaskException error)
        {
            return new RetiredBuild(build.Vmid, build.Name, Destroyed: false, error.ExitStatus);
        }
    }

    private sealed record Build(string Node, int Vmid, string Name, string Chain);
}
