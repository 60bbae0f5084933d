using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Endpoints;

/// <summary>What processors the node can give a VM: <c>PVE::API2::Qemu::CPU</c> and, since 9, <c>PVE::API2::Qemu::CPUFlags</c>.</summary>
internal static class CapabilityEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/capabilities/qemu/cpu", Permission.AnyUser, Answer.List("name", "custom", "vendor"))
        {
            Parameters = [P.Node],
            Run = _ => new JsonArray([.. CpuFormat.Listed.Select(t => (JsonNode)new JsonObject { ["name"] = t, ["custom"] = 0, ["vendor"] = CpuFormat.Vendor(t) })]),
        },
        new("GET", "/nodes/{node}/capabilities/qemu/cpu-flags", Permission.AnyUser, Answer.List("name"))
        {
            Parameters = [P.Node],
            Run = call => call.Node.Version.Before9
                ? throw new ApiException(501, $"Method 'GET /nodes/{call.NodeName}/capabilities/qemu/cpu-flags' not implemented")
                : new JsonArray([.. CpuFormat.Flags.Select(f => (JsonNode)new JsonObject { ["name"] = f, ["description"] = f })]),
        },
    ];
}
