using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Packer.Running;

/// <summary>What Packer's <c>manifest</c> post-processor says was built.</summary>
/// <param name="ArtifactId">The artifact's id; the VMID for Proxmox.</param>
/// <param name="BuilderType">The builder, such as <c>proxmox-iso</c>.</param>
/// <param name="RunUuid">Packer's own id of the run.</param>
internal sealed record PackerManifest(string ArtifactId, string BuilderType, string RunUuid)
{
    /// <summary>Reads a manifest.</summary>
    /// <exception cref="FailureException">It is missing, is not one, or has no artifact of its last run.</exception>
    public static PackerManifest Read(string path, string log)
    {
        FailureException Bad(string why, Exception? cause = null) => new(
            FailureKind.Packer, "Packer ended without an error, but what it built is not known", why, null, log, cause);

        if (!File.Exists(path))
        {
            throw Bad("it wrote no manifest");
        }

        try
        {
            var manifest = JObject.Parse(File.ReadAllText(path));
            var run = (string?)manifest["last_run_uuid"] ?? throw Bad("its manifest names no run");
            var build = (manifest["builds"] as JArray)?.OfType<JObject>().LastOrDefault(b => (string?)b["packer_run_uuid"] == run)
                ?? throw Bad("its manifest names no artifact of this run");
            return (string?)build["artifact_id"] is { Length: > 0 } id && (string?)build["builder_type"] is { Length: > 0 } type
                ? new PackerManifest(id, type, run)
                : throw Bad("its manifest names an artifact without an id");
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or ArgumentException)
        {
            throw Bad("its manifest cannot be read", e);
        }
    }
}
