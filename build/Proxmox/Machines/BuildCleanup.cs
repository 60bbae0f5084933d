using Foundation;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>What identifies the VM of one Packer run.</summary>
/// <param name="Node">The node.</param>
/// <param name="Vmid">The VMID that Packer was given.</param>
/// <param name="Name">The name that Packer was given for the VM; it must be unique to the run.</param>
/// <param name="Chain">The run.</param>
public sealed record BuildIdentity(string Node, int Vmid, string Name, ChainId Chain)
{
    /// <summary>The VM's <c>smbios1</c>, where it was read once Packer had made it; or null.</summary>
    public string? Smbios { get; init; }
}

/// <summary>Removes what a failed or killed Packer left on the server, and nothing else.</summary>
public sealed class BuildCleanup(ProxmoxClient client, IRunLog log)
{
    /// <summary>
    /// The description that Packer gives to a VM until the build has succeeded. Only then it sets ours, so that a VM with
    /// this one is known by its name.
    /// </summary>
    public const string PackersDescription = "Packer ephemeral build VM";

    private const string Stage = "PackerBuild";

    /// <summary>Destroys the VM of a run when it is there and is that run's.</summary>
    /// <returns>Whether a VM was destroyed. Problems are told to the log: another failure is being handled.</returns>
    public async Task<bool> RemoveVmAsync(BuildIdentity build)
    {
        if (!await IsThereAsync(build))
        {
            return false;
        }

        log.Write(Stage, EventLevel.Info, $"Destroying VM {build.Vmid}");
        return await VmRemoval.RemoveAtEndAsync(client, build.Node, build.Vmid, VmRemoval.ByHand, log, Stage);
    }

    /// <summary>Whether the VM of a run is there and is that run's, once the server is done with what it was last asked for.</summary>
    public async Task<bool> IsThereAsync(BuildIdentity build)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await WaitForTasksAsync(build, limit.Token);
            var config = await client.Node(build.Node).Qemu(build.Vmid).GetConfigAsync(limit.Token);
            if (!IsOurs(config, build))
            {
                log.Write(Stage, EventLevel.Debug, $"VM {build.Vmid} is not of this run; it stays");
                return false;
            }

            return true;
        }
        catch (ProxmoxApiException error) when (error.NotFound || error.Status == 403)
        {
            // What may not be seen is not ours, or no longer there: a pool's rights end with the VM's place in it.
            return false;
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            log.Write(Stage, EventLevel.Error, $"VM {build.Vmid} could not be looked at ({error.Message}); see whether it is still there");
            return false;
        }
    }

    /// <summary>Writes into a VM's notes that it is what a failed build has left, so that whoever finds it knows.</summary>
    /// <param name="build">The VM.</param>
    /// <param name="template">The template that was to be built.</param>
    /// <param name="why">Why it failed.</param>
    /// <exception cref="ProxmoxApiException">The server refuses.</exception>
    public async Task MarkAsFailedAsync(BuildIdentity build, string template, string why)
    {
        // Proxmox VE takes 8 KiB, and a line of somebody else's words must not look like a marker.
        var words = why.ReplaceLineEndings(" ");
        var marker = new VmMarker(VmPurpose.Failed, template, build.Chain.ToString());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.Node(build.Node).Qemu(build.Vmid).SetConfigAsync(
            new Dictionary<string, string> { ["description"] = $"Not finished: the build of {template} failed, and this VM was kept to be looked at. {(words.Length > 2000 ? words[..2000] + "…" : words)}\n\n{marker}" }, limit.Token);
    }

    /// <summary>Whether somebody else has the VMID of a run: there is a VM, and it is not that run's.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public async Task<bool> IsTakenAsync(BuildIdentity build, CancellationToken cancellation = default)
    {
        if (await client.Cluster.IsFreeAsync(build.Vmid, cancellation))
        {
            return false;
        }

        try
        {
            var config = await client.Node(build.Node).Qemu(build.Vmid).GetConfigAsync(cancellation);
            return !IsOurs(config, build);
        }
        catch (ProxmoxApiException error) when (error.Status == 403 || error.NotFound)
        {
            // A VM of ours would be visible, and here.
            return true;
        }
    }

    /// <summary>Removes ISOs that a run has uploaded. Those that are gone already do not matter.</summary>
    /// <param name="node">The node.</param>
    /// <param name="storage">The storage.</param>
    /// <param name="files">The names that the run gave them.</param>
    /// <returns>The names that were removed.</returns>
    /// <exception cref="FailureException">One is still there.</exception>
    public async Task<IReadOnlyList<string>> RemoveIsosAsync(string node, string storage, IReadOnlyCollection<string> files)
    {
        var removed = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var api = client.Node(node).Storage(storage);
            foreach (var volume in await api.GetContentAsync("iso", limit.Token))
            {
                var file = volume.VolumeId[(volume.VolumeId.LastIndexOf('/') + 1)..];
                if (files.Contains(file))
                {
                    if (await api.DeleteVolumeAsync(volume.VolumeId, limit.Token) is { } upid)
                    {
                        await client.WaitForTaskAsync(upid, null, limit.Token);
                    }

                    removed.Add(file);
                }
            }
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException or OperationCanceledException)
        {
            throw ProxmoxFailure.From(error, $"An uploaded ISO could not be removed from {storage}");
        }

        return removed;
    }

    internal static bool IsOurs(VmConfig config, BuildIdentity build) =>
        (build.Smbios is { Length: > 0 } smbios && config["smbios1"] == smbios)
        || (VmMarker.Parse(config.Description) is { } marker
            ? marker.Purpose is VmPurpose.Build or VmPurpose.Failed && marker.Chain == build.Chain.ToString()
            : config.Name == build.Name && (config.Description.Trim() == PackersDescription || config.Description.Length == 0));

    /// <summary>A killed Packer's last call may still be at work: a VM that is being made can be destroyed only afterwards.</summary>
    private async Task WaitForTasksAsync(BuildIdentity build, CancellationToken cancellation)
    {
        foreach (var task in await client.Node(build.Node).GetTasksAsync(build.Vmid, running: true, cancellation: cancellation))
        {
            if (task.EndTime is not null || BuildWatch.LastsWithTheVm(task.Type))
            {
                continue;
            }

            try
            {
                await client.WaitForTaskAsync(task.Upid, null, cancellation);
            }
            catch (ProxmoxTaskException)
            {
                // How it ended does not matter.
            }
        }
    }
}
