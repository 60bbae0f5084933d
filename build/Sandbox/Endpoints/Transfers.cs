using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Foundation;
using Sandbox.Api;
using Sandbox.Downloads;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>
/// Files onto a storage: uploaded ones are kept. With real machines a download is one. With simulated ones it fetches nothing,
/// but leaves a placeholder for a catalogued medium and fails for every other address as for one that cannot be reached.
/// </summary>
internal static partial class Transfers
{
    /// <summary>POST …/upload.</summary>
    public static JsonNode Upload(ApiCall call)
    {
        var (storage, content) = (call.Text("storage"), call.Text("content"));
        RequireFiles(call, storage, content, "upload to");
        var name = FileName(call, content);
        var file = call.File ?? throw ApiException.Parameter("filename", "no file was sent");
        var checksum = Checksum(call);
        file.IsTaken = true;
        return call.Task(new TaskWork("imgcopy", "")
        {
            Begin = log =>
            {
                log.Write($"starting file import from: {file.FileName}");
                log.Write($"target node: {call.NodeName}");
                log.Write($"target file: /var/lib/vz/template/{content}/{name}");
                log.Write($"file size is: {file.Bytes}");
            },
            DoAsync = log =>
            {
                // Large files take a while to be read; other calls are answered meanwhile.
                if (checksum is var (algorithm, expected))
                {
                    var got = HashOf(algorithm, file.Path);
                    log.Write($"calculating checksum...{(got == expected ? "OK, checksum verified" : "")}");
                    Compare(got, expected);
                }

                if (content == "iso")
                {
                    ImageCheck.RequireSelfContained(file.Path, "/var/tmp/" + Path.GetFileName(file.Path));
                }

                lock (call.Node.Gate)
                {
                    call.Storages.Import(storage, content, name, file.Path);
                }

                log.Write("finished file import successfully");
                return Task.CompletedTask;
            },
            Undo = (_, reason) =>
            {
                File.Delete(file.Path);
                return reason;
            },
        });
    }

    /// <summary>POST …/download-url.</summary>
    public static JsonNode Download(ApiCall call)
    {
        var (storage, content, url) = (call.Text("storage"), call.Text("content"), call.Text("url"));
        RequireFiles(call, storage, content, "download to");
        var name = FileName(call, content);
        var checksum = Checksum(call);
        if (call.Node.Runtime.Engine.Media is { } media)
        {
            return call.Task(new TaskWork("download", name)
            {
                DoAsync = async log =>
                {
                    RefuseCompression(call, content);
                    await FetchAsync(call, media, storage, content, name, url, checksum, log);
                },
            });
        }

        return call.Task("download", name, log =>
        {
            RefuseCompression(call, content);
            Fetch(call, storage, content, name, url, checksum, log);
        });
    }

    private static void RefuseCompression(ApiCall call, string content)
    {
        if (call.Has("compression"))
        {
            throw ApiException.Failed(content == "iso" ? "no decompression method found" : $"decompression not supported for {content}");
        }
    }

    /// <summary>A real download. The hash of a file of gigabytes takes a while; other calls are answered meanwhile.</summary>
    private static async Task FetchAsync(
        ApiCall call, MediaCache media, string storage, string content, string name, string url, (string Algorithm, string Expected)? checksum, TaskLog log)
    {
        var node = call.Node;
        log.Write($"downloading {url} to /var/lib/vz/template/{content}/{name}");
        string? existing;
        lock (node.Gate)
        {
            // A placeholder is nothing that a real machine could read.
            existing = call.Storages.Find($"{storage}:{content}/{name}") is { PlaceholderFor: null } volume && call.Storages.FileOf(volume) is var file && File.Exists(file) ? file : null;
        }

        if (existing is not null)
        {
            Judge(checksum, checksum is null ? "" : HashOf(checksum.Value.Algorithm, existing), name, content, log);
            return;
        }

        Directory.CreateDirectory(node.Paths.Incoming);
        var arrived = Path.Combine(node.Paths.Incoming, "download-" + Guid.NewGuid().ToString("N"));
        try
        {
            if (checksum is ("sha256", var sha256))
            {
                await media.FetchAsync(new Uri(url), sha256, arrived, log.Write, log.Stop);
            }
            else
            {
                await media.FetchAsync(new Uri(url), arrived, log.Write, log.Stop);
                if (checksum is var (algorithm, expected))
                {
                    Compare(HashOf(algorithm, arrived), expected);
                }
            }

            if (content == "iso")
            {
                ImageCheck.RequireSelfContained(arrived, "/var/tmp/" + Path.GetFileName(arrived));
            }

            lock (node.Gate)
            {
                call.Storages.Import(storage, content, name, arrived);
            }
        }
        finally
        {
            File.Delete(arrived);
        }

        log.Write($"download of '{url}' to '/var/lib/vz/template/{content}/{name}' finished");
    }

    /// <summary>What a download comes to where there is a file of that name.</summary>
    private static void Judge((string Algorithm, string Expected)? checksum, string got, string name, string content, TaskLog log)
    {
        if (checksum is null)
        {
            throw ApiException.Failed($"refusing to override existing file '/var/lib/vz/template/{content}/{name}'");
        }

        log.Write("calculating checksum of existing file...");
        if (got != checksum.Value.Expected)
        {
            throw ApiException.Failed($"checksum mismatch: got '{got}' != expect '{checksum.Value.Expected}', aborting");
        }

        log.Write("OK, got correct file already, no need to download");
    }

    private static void Fetch(ApiCall call, string storage, string content, string name, string url, (string Algorithm, string Expected)? checksum, TaskLog log)
    {
        var node = call.Node;
        log.Write($"downloading {url} to /var/lib/vz/template/{content}/{name}");
        var medium = node.Options.IsoCatalogue.FirstOrDefault(m => m.Urls.Any(u => u.AbsoluteUri == url || u.OriginalString == url));
        if (call.Storages.Find($"{storage}:{content}/{name}") is { } existing)
        {
            Judge(checksum, checksum is null ? "" : HashOf(call, existing, checksum.Value.Algorithm), name, content, log);
            return;
        }

        if (medium is null)
        {
            log.Write("The sandbox node downloads nothing, and knows no medium at this address.");
            throw ApiException.Failed("download failed: exit code 4");
        }

        if (checksum is var (algorithm, expected))
        {
            log.Write("calculating checksum...");
            if (algorithm != "sha256")
            {
                throw ApiException.Failed($"the sandbox node knows only the SHA-256 of '{medium.File}', not its {algorithm}");
            }

            Compare(medium.Sha256, expected);
            log.Write("OK, checksum verified");
        }

        var note = $"Placeholder of {medium.File} (sha256 {medium.Sha256}); the sandbox node downloads nothing.";
        Directory.CreateDirectory(node.Paths.Incoming);
        var file = Path.Combine(node.Paths.Incoming, "placeholder-" + Guid.NewGuid().ToString("N"));
        AtomicFile.Write(file, note + "\n");
        call.Storages.Import(storage, content, name, file, medium.File, note);
        log.Write(note);
        log.Write("download finished (sandbox: nothing was transferred)");
    }

    private static void RequireFiles(ApiCall call, string id, string content, string doing)
    {
        var storage = call.Storages.Require(id);
        if (!storage.HasFiles)
        {
            throw ApiException.Failed($"can't {doing} storage type '{storage.Type}', not a file based storage!");
        }

        if (!storage.Content.Contains(content))
        {
            throw ApiException.Failed(doing == "upload to" ? $"storage '{id}' does not support '{content}' content" : $"storage '{id}' is not configured for content-type '{content}'");
        }
    }

    // Like the real server: the last part of the path, with everything unusual replaced.
    private static string FileName(ApiCall call, string content)
    {
        var name = call.Text("filename");
        name = Unusual().Replace(name[(name.LastIndexOfAny(['/', '\\']) + 1)..], "_");
        string[] endings = content switch
        {
            "iso" => [".iso", ".img"],
            "vztmpl" => [".tar.gz", ".tar.xz", ".tar.zst"],
            _ => [".ova", ".qcow2", ".raw", ".vmdk"],
        };
        return endings.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) && !name.StartsWith('.')
            ? name
            : throw ApiException.Parameter("filename", content == "import" ? "invalid filename or wrong extension" : "wrong file extension");
    }

    private static (string Algorithm, string Expected)? Checksum(ApiCall call) =>
        call.TextOrNull("checksum") is { } checksum ? (call.Text("checksum-algorithm"), checksum.ToLowerInvariant()) : null;

    private static void Compare(string got, string expected)
    {
        if (got != expected)
        {
            throw ApiException.Failed($"checksum mismatch: got '{got}' != expect '{expected}'");
        }
    }

    // A placeholder has the hash of what it stands for.
    private static string HashOf(ApiCall call, Volume volume, string algorithm)
    {
        if (volume.PlaceholderFor is not { } medium)
        {
            return HashOf(algorithm, call.Storages.FileOf(volume));
        }

        return algorithm == "sha256" && call.Node.Options.IsoCatalogue.FirstOrDefault(m => m.File == medium) is { } known
            ? known.Sha256
            : throw ApiException.Failed($"the sandbox node knows only the SHA-256 of '{medium}', not its {algorithm}");
    }

    // The client chooses the algorithm; old ones are as good as the ones that somebody published.
#pragma warning disable CA5350, CA5351
    private static string HashOf(string algorithm, string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(algorithm switch
        {
            "md5" => MD5.HashData(stream),
            "sha1" => SHA1.HashData(stream),
            "sha256" => SHA256.HashData(stream),
            "sha384" => SHA384.HashData(stream),
            "sha512" => SHA512.HashData(stream),
            _ => throw ApiException.Failed($"the sandbox node cannot compute {algorithm}"),
        });
    }
#pragma warning restore CA5350, CA5351

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex Unusual();
}
