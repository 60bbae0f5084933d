using System.Collections.Concurrent;
using Foundation;
using Proxmox.Api;
using Templates;

namespace Proxmox.Staging;

/// <summary>How an ISO came to be on the storage.</summary>
public enum IsoOrigin
{
    /// <summary>It was there; the node has compared its checksum.</summary>
    Present,

    /// <summary>The node downloaded it.</summary>
    Downloaded,

    /// <summary>It was uploaded from this machine.</summary>
    Uploaded,
}

/// <summary>An ISO that is on the storage with the right checksum.</summary>
/// <param name="VolumeId">The volume, such as <c>local:iso/Rocky-9.6-x86_64-minimal.iso</c>.</param>
/// <param name="Sha256">Its SHA-256, which the node itself has compared.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Origin">How it came there.</param>
/// <param name="Url">Where it can be downloaded: the address that worked, or the first one of the template.</param>
public sealed record StagedIso(string VolumeId, string Sha256, long Size, IsoOrigin Origin, string? Url);

/// <summary>What the builds of one run have staged, so that an ISO that several of them need is downloaded, or compared, once.</summary>
public sealed class StagedMedia
{
    internal ConcurrentDictionary<string, SemaphoreSlim> Gates { get; } = new();

    internal ConcurrentDictionary<(string Node, string Storage, string File, string Sha256), StagedIso> Done { get; } = new();
}

/// <summary>
/// Brings installation media onto the node's storage. Nobody but the node can read what is on its storage, and the API
/// has no call for a checksum; but <c>download-url</c> with a checksum compares an existing file instead of downloading
/// it, and refuses when it differs. So every ISO, new or old, goes through that call: what it accepts is right, and
/// nothing has to be remembered between runs.
/// </summary>
/// <param name="client">The login.</param>
/// <param name="log">Told what is done.</param>
/// <param name="known">What the other builds of this run have staged or are staging; null when there are none.</param>
public sealed class IsoStaging(ProxmoxClient client, IRunLog log, StagedMedia? known = null)
{
    private const string Stage = "StageIso";
    private readonly StagedMedia known = known ?? new();

    /// <summary>Makes sure that an ISO is on the storage with the right checksum.</summary>
    /// <param name="node">The node that downloads.</param>
    /// <param name="storage">The storage.</param>
    /// <param name="iso">What is wanted.</param>
    /// <param name="localFile">A file on this machine to upload when it is not there, instead of downloading; or null.</param>
    /// <param name="cancellation">Stops it; a download on the node is stopped as well.</param>
    /// <exception cref="FailureException">It cannot be had; the message names every address that was tried, with the server's words.</exception>
    public async Task<StagedIso> StageAsync(
        string node, string storage, IsoImage iso, string? localFile = null, CancellationToken cancellation = default)
    {
        var gate = known.Gates.GetOrAdd($"{storage}:{iso.File}", _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellation);
        try
        {
            var wanted = (node, storage, iso.File, iso.Sha256.ToLowerInvariant());
            if (known.Done.TryGetValue(wanted, out var earlier))
            {
                log.Write(Stage, EventLevel.Info, $"{earlier.VolumeId} is in place, staged by another build of this run, SHA-256 {earlier.Sha256}");
                return earlier;
            }

            return known.Done[wanted] = await StageOnceAsync(client.Node(node), storage, iso, localFile, cancellation);
        }
        catch (ProxmoxApiException error) when (error is { Status: 403, Missing: null })
        {
            // download-url can be allowed in two ways; a server that allows neither does not say which one it missed.
            throw new FailureException(
                FailureKind.Task, $"The ISO {iso.File} could not be staged on {storage}",
                $"the login may not let the node download: it needs Sys.AccessNetwork on /nodes/{node}, and Datastore.AllocateTemplate on /storage/{storage}",
                "Run the target Init to grant it", cause: error);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"The ISO {iso.File} could not be staged on {storage}");
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<StagedIso> StageOnceAsync(
        NodeApi node, string storage, IsoImage iso, string? localFile, CancellationToken cancellation)
    {
        if (localFile is not null)
        {
            CheckLocal(localFile, iso);
        }

        await WaitForOthersAsync(node, iso.File, cancellation);
        if (await FindAsync(node, storage, iso, cancellation) is not null && iso.Urls.Count > 0)
        {
            return await VerifyAsync(node, storage, iso, cancellation);
        }

        if (localFile is not null)
        {
            log.Write(Stage, EventLevel.Info, $"Uploading {iso.File} to {storage}");
            await RunAsync(await node.Storage(storage).UploadIsoAsync(localFile, iso.File, iso.Sha256, cancellation), iso, cancellation);
            return await FoundAsync(node, storage, iso, IsoOrigin.Uploaded, null, cancellation);
        }

        return await DownloadAsync(node, storage, iso, cancellation);
    }

    private async Task<StagedIso> VerifyAsync(NodeApi node, string storage, IsoImage iso, CancellationToken cancellation)
    {
        log.Write(Stage, EventLevel.Debug, $"{iso.File} is on {storage}; the node compares its checksum");
        try
        {
            await RunAsync(await node.Storage(storage).DownloadIsoAsync(iso.Urls[0], iso.File, iso.Sha256, cancellation), iso, cancellation);
        }
        catch (ProxmoxTaskException error)
        {
            throw new FailureException(
                FailureKind.Task, $"The ISO {iso.File} on {storage} is not the one that the template asks for",
                $"{ProxmoxFailure.Words(error)}; wanted SHA-256 {iso.Sha256}",
                "Remove or rename that file on the storage, or correct the checksum in template.json", cause: error);
        }

        return await FoundAsync(node, storage, iso, IsoOrigin.Present, iso.Urls[0], cancellation);
    }

    private async Task<StagedIso> DownloadAsync(NodeApi node, string storage, IsoImage iso, CancellationToken cancellation)
    {
        var tried = new List<string>();
        foreach (var url in iso.Urls)
        {
            log.Write(Stage, EventLevel.Info, $"The node downloads {iso.File} from {url}");
            try
            {
                await RunAsync(await node.Storage(storage).DownloadIsoAsync(url, iso.File, iso.Sha256, cancellation), iso, cancellation);
                return await FoundAsync(node, storage, iso, IsoOrigin.Downloaded, url, cancellation);
            }
            catch (ProxmoxTaskException error)
            {
                tried.Add($"{url}: {ProxmoxFailure.Words(error)}");
                log.Write(Stage, EventLevel.Warning, $"The download from {tried[^1]}");
            }
            catch (ProxmoxApiException error) when (error is { Status: 400 or 500 })
            {
                tried.Add($"{url}: {error.Reason} {string.Join("; ", error.Errors.Values)}".TrimEnd());
                log.Write(Stage, EventLevel.Warning, $"The download from {tried[^1]}");
            }
        }

        throw new FailureException(
            FailureKind.Task, $"The ISO {iso.File} is not on the storage {storage} and could not be downloaded",
            tried.Count == 0 ? "the template names no address" : string.Join(" | ", tried),
            "Correct the address in template.json, or upload the file with --iso=<path>");
    }

    /// <summary>Uploads an ISO of this run's own, such as the one with its unattended assets, under the file's own name.</summary>
    /// <exception cref="FailureException">The server refuses.</exception>
    public async Task UploadAsync(string node, string storage, string localFile, CancellationToken cancellation = default)
    {
        var iso = new IsoImage { File = Path.GetFileName(localFile), Sha256 = FileHash.Sha256(localFile) };
        try
        {
            await RunAsync(await client.Node(node).Storage(storage).UploadIsoAsync(localFile, iso.File, iso.Sha256, cancellation), iso, cancellation);
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException)
        {
            throw ProxmoxFailure.From(error, $"The ISO {iso.File} could not be uploaded to {storage}");
        }
    }

    private async Task RunAsync(string upid, IsoImage iso, CancellationToken cancellation)
    {
        try
        {
            await client.WaitForTaskAsync(upid, new DownloadProgress(log, Stage, iso.File).Line, cancellation);
        }
        catch (OperationCanceledException)
        {
            await TaskStop.StopAsync(client, upid);
            throw;
        }
    }

    /// <summary>Lets downloads of the same file that another run has started come to their end.</summary>
    private async Task WaitForOthersAsync(NodeApi node, string file, CancellationToken cancellation)
    {
        foreach (var task in await node.GetTasksAsync(type: "download", running: true, cancellation: cancellation))
        {
            if (task.Id != file || task.EndTime is not null)
            {
                continue;
            }

            log.Write(Stage, EventLevel.Info, $"Another run is downloading {file}; waiting for it");
            try
            {
                await client.WaitForTaskAsync(task.Upid, new DownloadProgress(log, Stage, file).Line, cancellation);
            }
            catch (ProxmoxTaskException error)
            {
                log.Write(Stage, EventLevel.Debug, $"The other run's download failed: {error.ExitStatus}");
            }
        }
    }

    private async Task<StagedIso> FoundAsync(
        NodeApi node, string storage, IsoImage iso, IsoOrigin origin, string? url, CancellationToken cancellation)
    {
        var volume = await FindAsync(node, storage, iso, cancellation) ?? throw new FailureException(
            FailureKind.Task, $"The ISO {iso.File} is not on the storage {storage}", "the node's task ended well, but the file is not there");
        log.Write(Stage, EventLevel.Info, $"{volume.VolumeId} is in place, SHA-256 {iso.Sha256}");
        return new StagedIso(volume.VolumeId, iso.Sha256, volume.Size, origin, url ?? (iso.Urls.Count > 0 ? iso.Urls[0] : null));
    }

    private static async Task<VolumeEntry?> FindAsync(NodeApi node, string storage, IsoImage iso, CancellationToken cancellation) =>
        (await node.Storage(storage).GetContentAsync("iso", cancellation)).FirstOrDefault(v => v.VolumeId == $"{storage}:iso/{iso.File}");

    private static void CheckLocal(string path, IsoImage iso)
    {
        string sha256;
        try
        {
            sha256 = FileHash.Sha256(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Usage, $"The ISO {path} cannot be read", error.Message);
        }

        if (!string.Equals(sha256, iso.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new FailureException(
                FailureKind.Validation, $"{path} is not the ISO that the template asks for", $"its SHA-256 is {sha256}, wanted {iso.Sha256}");
        }
    }
}
