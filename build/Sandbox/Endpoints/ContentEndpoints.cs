using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Storage;

namespace Sandbox.Endpoints;

/// <summary>What is on a storage, and how files get there.</summary>
internal static class ContentEndpoints
{
    private static readonly Parameter[] VolumeParameters = [P.Node, P.Storage with { Optional = true }, P.Text("volume")];

    private static readonly Parameter[] FileParameters =
    [
        P.Node,
        P.Storage,
        P.Text("checksum?", requires: "checksum-algorithm"),
        P.OneOf("checksum-algorithm?", "md5", "sha1", "sha224", "sha256", "sha384", "sha512") with { Requires = "checksum" },
        P.OneOf("content", "iso", "vztmpl", "import") with { Format = "pve-storage-content" },
        P.Text("filename", max: 255),
    ];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/storage/{storage}/content", Permission.AnyOf("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace"), Answer.List("format", "size", "volid"))
        {
            Parameters = [P.Node, P.Storage, P.Text("content?", "pve-storage-content"), P.VmId with { Optional = true }],
            Run = List,
        },
        new("POST", "/nodes/{node}/storage/{storage}/content", Permission.All("/storage/{storage}", "Datastore.AllocateSpace"), Answer.Upid)
        {
            Parameters =
            [
                P.Node,
                P.Storage,
                P.Text("filename"),
                P.OneOf("format?", "raw", "qcow2", "subvol", "vmdk") with { Requires = "size" },
                P.Text("size", pattern: @"\d+[MG]?"),
                P.VmId,
            ],
            Run = Allocate,
        },
        new("GET", "/nodes/{node}/storage/{storage}/content/{volume}", Permission.AnyUser, Answer.Object("format", "path", "size", "used"))
        {
            Parameters = VolumeParameters,
            Run = call =>
            {
                var volume = Find(call);
                return new JsonObject { ["format"] = volume.Format == "iso" ? "raw" : volume.Format, ["path"] = call.Storages.ShownPath(volume), ["size"] = volume.SizeBytes, ["used"] = volume.SizeBytes };
            },
        },
        new("PUT", "/nodes/{node}/storage/{storage}/content/{volume}", Permission.AnyUser, Answer.Nothing)
        {
            Parameters = [.. VolumeParameters, P.Text("notes?"), P.Flag("protected?")],
            Run = Update,
        },
        new("DELETE", "/nodes/{node}/storage/{storage}/content/{volume}", Permission.AnyUser, Answer.Upid)
        {
            Parameters = [.. VolumeParameters, P.Whole("delay?", 1, 30)],
            Run = Delete,
        },
        new("POST", "/nodes/{node}/storage/{storage}/upload", Permission.All("/storage/{storage}", "Datastore.AllocateTemplate"), Answer.Upid)
        {
            Parameters = [.. FileParameters, P.Text("tmpfilename?", pattern: "/var/tmp/pveupload-[0-9a-f]+")],
            Run = Transfers.Upload,
        },
        new(
            "POST",
            "/nodes/{node}/storage/{storage}/download-url",
            Permission.Both(
                Permission.All("/storage/{storage}", "Datastore.AllocateTemplate"),
                Permission.Either(Permission.All("/", "Sys.Audit", "Sys.Modify"), Permission.All("/nodes/{node}", "Sys.AccessNetwork"))),
            Answer.Upid)
        {
            Parameters = [.. FileParameters, P.Text("compression?"), P.Text("url", pattern: "https?://.*"), P.Flag("verify-certificates?")],
            Run = Transfers.Download,
        },
    ];

    private static JsonArray List(ApiCall call)
    {
        var storage = call.Storages.Require(call.Text("storage"));
        return new JsonArray([.. call.Storages.Volumes
            .Where(v => v.Storage == storage.Id)
            .Where(v => call.TextOrNull("content") is not { } content || v.Content == content)
            .Where(v => !call.Has("vmid") || v.Owner == call.VmId)
            .Where(v => MayRead(call, v))
            .OrderBy(v => v.Name, StringComparer.Ordinal)
            .Select(v => (JsonNode)Describe(v))]);
    }

    private static JsonObject Describe(Volume volume)
    {
        var answer = new JsonObject
        {
            ["volid"] = volume.Id,
            ["content"] = volume.Content,
            ["format"] = volume.Format,
            ["size"] = volume.SizeBytes,
            ["ctime"] = volume.Created,
        };
        if (volume.Owner != 0)
        {
            answer["vmid"] = volume.Owner;
        }

        if (volume.Parent is { } parent)
        {
            answer["parent"] = parent;
        }

        if (volume.Notes is { } notes)
        {
            answer["notes"] = notes;
        }

        if (volume.Protected)
        {
            answer["protected"] = 1;
        }

        return answer;
    }

    private static JsonNode? Allocate(ApiCall call)
    {
        var (name, format) = (call.Text("filename"), call.TextOrNull("format"));
        if (Path.GetExtension(name) is ".raw" or ".qcow2" or ".vmdk")
        {
            var own = Path.GetExtension(name)[1..];
            format = format is null || format == own ? own : throw ApiException.Parameter("format", $"different storage formats ({format} != {own})");
        }

        return call.Storages.Allocate(call.Text("storage"), call.VmId, DiskSize.Parse(call.Text("size"), 1024), format, name).Id;
    }

    // Who may not read what a volume's name says does not learn whether there is one.
    private static Volume Find(ApiCall call)
    {
        var id = VolumeId(call);
        ConfigPermissions.CheckVolume(call, null, id);
        return call.Storages.Find(id) ?? throw ApiException.Failed($"volume_size_info on '{id}' failed - no format");
    }

    private static string VolumeId(ApiCall call)
    {
        var volume = call.Text("volume");
        var storage = call.TextOrNull("storage");
        var colon = volume.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return storage is null ? throw ApiException.Parameter("volume", "no storage specified - incomplete volume ID") : $"{storage}:{volume}";
        }

        return storage is not null && volume[..colon] != storage
            ? throw ApiException.Parameter("volume", $"storage ID mismatch ({volume[..colon]} != {storage})\n")
            : volume;
    }

    private static bool MayRead(ApiCall call, Volume volume)
    {
        var path = $"/storage/{volume.Storage}";
        return call.May(path, "Datastore.Allocate") || (volume.Content switch
        {
            "iso" or "vztmpl" or "import" => call.MayAny(path, "Datastore.AllocateSpace", "Datastore.Audit"),
            "images" => call.May(path, "Datastore.Audit") && call.May($"/vms/{volume.Owner}", "VM.Config.Disk"),
            _ => false,
        });
    }

    private static JsonNode? Update(ApiCall call)
    {
        var volume = Find(call);
        volume.Notes = call.TextOrNull("notes") ?? volume.Notes;
        volume.Protected = call.Flag("protected", volume.Protected);
        return null;
    }

    private static JsonNode? Delete(ApiCall call)
    {
        var id = VolumeId(call);
        var owner = call.Storages.Parse(id).Owner;
        var storage = id[..id.IndexOf(':', StringComparison.Ordinal)];
        call.Require($"/storage/{storage}", "Datastore.Allocate");
        return call.Task("imgdel", owner == 0 ? storage : $"{owner}@{storage}", log =>
        {
            if (call.Storages.Find(id) is { } volume)
            {
                call.Storages.Free(volume);
            }
            else
            {
                log.Warn($"disk image '{call.Storages.ShownPath(new Volume { Storage = storage, Name = id[(storage.Length + 1)..], Content = call.Storages.Parse(id).Content })}' does not exist");
            }

            log.Write($"Removed volume '{id}'");
        });
    }
}
