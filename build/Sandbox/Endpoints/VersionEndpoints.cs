using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>Which Proxmox VE this says it is.</summary>
internal static class VersionEndpoints
{
    // Git's hash of the package's source, as the real one shows; this one says what it is.
    private const string RepoId = "5a4db0c5";

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/version", Permission.AnyUser, Answer.Object("release", "repoid", "version")) { Run = Version },
        new("GET", "/nodes/{node}/version", Permission.AnyUser, Answer.Object("release", "repoid", "version"))
        {
            Parameters = [P.Node],
            Run = Version,
        },
    ];

    private static JsonObject Version(ApiCall call) => new()
    {
        ["release"] = call.Node.Version.Release,
        ["repoid"] = RepoId,
        ["version"] = call.Node.Version.Version,
    };
}
