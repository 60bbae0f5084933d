using System.Text.Json;
using System.Text.Json.Serialization;
using Foundation;
using Sandbox.Access;
using Sandbox.Machines;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox;

/// <summary>A VNet: a bridge that the software-defined network makes on each node of its zone, once it is applied.</summary>
internal sealed record VNet(string Zone)
{
    public int? Tag { get; init; }

    public string? Alias { get; init; }

    public bool VlanAware { get; init; }

    /// <summary>Whether the nodes have it already.</summary>
    public bool Applied { get; set; }
}

/// <summary>Everything that the node remembers. Changed only under the node's lock.</summary>
internal sealed class NodeState
{
    public const int CurrentFormat = 2;

    // Without nodes, snapshots and pending changes; what it has is read as it is.
    private const int OldestFormat = 1;

    /// <summary>The version of the file's format.</summary>
    public int Format { get; set; } = CurrentFormat;

    public SortedDictionary<string, UserEntry> Users { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The roles that were made here, with their privileges.</summary>
    public SortedDictionary<string, string[]> Roles { get; set; } = new(StringComparer.Ordinal);

    public List<AclEntry> Acl { get; set; } = [];

    public SortedDictionary<string, PoolEntry> Pools { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The options of the cluster that were set, such as <c>user-tag-access</c>.</summary>
    public SortedDictionary<string, string> ClusterOptions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The zones of the software-defined network, with their type.</summary>
    public SortedDictionary<string, string> Zones { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The VNets of the software-defined network.</summary>
    public SortedDictionary<string, VNet> VNets { get; set; } = new(StringComparer.Ordinal);

    public List<Volume> Volumes { get; set; } = [];

    public SortedDictionary<int, Machine> Machines { get; set; } = [];

    public List<TaskEntry> Tasks { get; set; } = [];

    /// <summary>Where the state went that this version cannot read, or null; the node began anew.</summary>
    [JsonIgnore]
    public string? SetAside { get; private set; }

    /// <summary>
    /// Reads the state, or makes that of a fresh node. That of an older format is carried over; one that this version does
    /// not understand is set aside, with the files of the storages, and nothing of it is lost.
    /// </summary>
    /// <exception cref="FailureException">The file is damaged: it is no JSON.</exception>
    public static NodeState Load(NodePaths paths)
    {
        var state = new NodeState();
        if (File.Exists(paths.State))
        {
            var text = File.ReadAllText(paths.State);
            state = (FormatOf(paths.State, text) is >= OldestFormat and <= CurrentFormat ? Read(text) : null) ?? new NodeState { SetAside = MoveAside(paths) };
            state.Format = CurrentFormat;
        }

        state.Users.TryAdd(AccessControl.Root, new UserEntry());
        foreach (var machine in state.Machines.Values.Where(m => m.Running))
        {
            machine.Running = false;
        }

        foreach (var task in state.Tasks.Where(t => t.ExitStatus is null))
        {
            task.ExitStatus = "unexpected status";
        }

        return state;
    }

    /// <summary>Gives what an older format kept without a node to the first one.</summary>
    /// <param name="first">The node's name.</param>
    public void PlaceOn(string first)
    {
        foreach (var machine in Machines.Values.Where(m => m.Node.Length == 0))
        {
            machine.Node = first;
        }

        foreach (var volume in Volumes.Where(v => v.Node.Length == 0 && v.Storage != StorageEntry.OfCluster.Id))
        {
            volume.Node = first;
        }
    }

    /// <summary>Writes the state, whole or not at all.</summary>
    public void Save(string file)
    {
        string json;
        lock (Tasks)
        {
            json = JsonSerializer.Serialize(this, StateJson.Default.NodeState);
        }

        AtomicFile.Write(file, json, AtomicFile.OwnerOnly);
    }

    private static int FormatOf(string file, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(nameof(Format), out var format) && format.TryGetInt32(out var number) ? number : 0;
        }
        catch (JsonException e)
        {
            throw new FailureException(FailureKind.Task, $"The sandbox node's state '{file}' cannot be read", e.Message, "Run the target Clean to begin anew");
        }
    }

    private static NodeState? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, StateJson.Default.NodeState);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string MoveAside(NodePaths paths)
    {
        var aside = Path.Combine(paths.Root, "set-aside-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(aside);
        File.Move(paths.State, Path.Combine(aside, Path.GetFileName(paths.State)));
        if (Directory.Exists(paths.Storages))
        {
            Directory.Move(paths.Storages, Path.Combine(aside, Path.GetFileName(paths.Storages)));
        }

        return aside;
    }
}

[JsonSourceGenerationOptions(WriteIndented = false, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeState))]
internal sealed partial class StateJson : JsonSerializerContext;
