using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>The VMs on the sandbox node of a test, read from the state that the node keeps.</summary>
internal static class Machines
{
    public static IReadOnlyList<int> On(Workbench bench)
    {
        var state = Path.Combine(bench.Runtime, "sandbox", "node.json");
        return File.Exists(state)
            ? [.. JObject.Parse(File.ReadAllText(state)).SelectTokens("$.Machines.*.Id").Select(t => (int)t)]
            : [];
    }
}
