using System.Collections.Concurrent;

namespace Records.Verification;

/// <summary>The schemas of <c>run.json</c>, one for each version of the format; each is read when it is first needed.</summary>
internal sealed class RunSchemas
{
    /// <summary>The versions that can be judged. A record of another one was written by a newer program, or is none.</summary>
    private static readonly Dictionary<int, string> Known = new() { [1] = "run.schema.v1.json", [2] = "run.schema.json" };

    private readonly ConcurrentDictionary<int, SchemaCheck> loaded = new();

    /// <summary>The schema of a version; null for one that is not known.</summary>
    public SchemaCheck? Of(int version) => Known.TryGetValue(version, out var name) ? loaded.GetOrAdd(version, _ => SchemaCheck.Embedded(name)) : null;
}
