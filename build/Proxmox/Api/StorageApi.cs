using System.Net.Http.Headers;
using System.Text;
using Proxmox.Transport;

namespace Proxmox.Api;

/// <summary>The calls below <c>/nodes/{node}/storage/{storage}</c>.</summary>
public sealed class StorageApi
{
    private readonly ProxmoxClient client;
    private readonly string node;

    internal StorageApi(ProxmoxClient client, string node, string storage)
    {
        this.client = client;
        this.node = node;
        Name = storage;
    }

    /// <summary>The storage's name.</summary>
    public string Name { get; }

    /// <summary>The volumes on it.</summary>
    /// <param name="content">Only those of this type: <c>iso</c>, <c>images</c>, …</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<IReadOnlyList<VolumeEntry>> GetContentAsync(string? content = null, CancellationToken cancellation = default) =>
        GetContentAsync(content, vmid: null, cancellation);

    /// <summary>The volumes on it that belong to one VM.</summary>
    /// <param name="content">Only those of this type, or null.</param>
    /// <param name="vmid">The VM, or null for all.</param>
    /// <param name="cancellation">Stops the call.</param>
    public Task<IReadOnlyList<VolumeEntry>> GetContentAsync(string? content, int? vmid, CancellationToken cancellation = default) =>
        client.SendListAsync<VolumeEntry>(
            new(HttpMethod.Get, Path("content")) { Parameters = new() { { "content", content }, { "vmid", vmid } } }, cancellation);

    /// <summary>Removes a volume.</summary>
    /// <returns>The task, or null when there is none.</returns>
    public async Task<string?> DeleteVolumeAsync(string volumeId, CancellationToken cancellation = default) =>
        (string?)await client.SendAsync(new(HttpMethod.Delete, Path("content", volumeId)), cancellation) is { Length: > 0 } upid ? upid : null;

    /// <summary>
    /// Lets the node download an ISO. A file that is there already is not downloaded: the node compares its checksum and
    /// the task fails when it differs.
    /// </summary>
    /// <returns>The task.</returns>
    public Task<string> DownloadIsoAsync(string url, string file, string sha256, CancellationToken cancellation = default) =>
        client.SendAsync<string>(
            new(HttpMethod.Post, Path("download-url"))
            {
                Parameters = new()
                {
                    { "content", "iso" }, { "url", url }, { "filename", file }, { "checksum", sha256 }, { "checksum-algorithm", "sha256" },
                },
            },
            cancellation);

    /// <summary>Uploads an ISO from this machine; the node compares the checksum before it keeps it.</summary>
    /// <param name="path">The file here.</param>
    /// <param name="file">Its name there.</param>
    /// <param name="sha256">Its checksum.</param>
    /// <param name="cancellation">Stops the upload.</param>
    /// <returns>The task.</returns>
    public Task<string> UploadIsoAsync(string path, string file, string sha256, CancellationToken cancellation = default)
    {
        if (file.Any(c => c is '"' or '\\' || char.IsControl(c)))
        {
            throw new ArgumentException($"'{file}' cannot be a file's name on a storage.", nameof(file));
        }

        return client.SendAsync<string>(
            new(HttpMethod.Post, Path("upload")) { Timeout = Timeout.InfiniteTimeSpan, Body = () => Form(path, file, sha256) }, cancellation);
    }

    private string Path(params ReadOnlySpan<string> rest) => ApiPath.Of(["nodes", node, "storage", Name, .. rest]);

    /// <summary>
    /// The form, as the server's own small parser wants it: names in quotes, the boundary without, no header on the
    /// fields but their name, the file last.
    /// </summary>
    private static MultipartFormDataContent Form(string path, string file, string sha256)
    {
        var boundary = $"----{Guid.NewGuid():N}";
        var form = new MultipartFormDataContent(boundary);
        form.Headers.Remove("Content-Type");
        form.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
        foreach (var (name, value) in new[] { ("content", "iso"), ("checksum-algorithm", "sha256"), ("checksum", sha256) })
        {
            var field = new ByteArrayContent(Encoding.UTF8.GetBytes(value));
            field.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{name}\"" };
            form.Add(field);
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var content = new StreamContent(stream, 1 << 20);
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "\"filename\"", FileName = $"\"{file}\"" };
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content);
        return form;
    }
}
