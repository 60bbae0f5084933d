using System.Globalization;
using Sandbox.Access;
using Sandbox.Machines;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Api;

/// <summary>A file that came with a call, already on the disk.</summary>
internal sealed record UploadedFile(string Path, string? FileName, long Bytes)
{
    /// <summary>Whether a task works with the file and removes it; otherwise it goes with the call.</summary>
    public bool IsTaken { get; set; }
}

/// <summary>One call of an endpoint: who calls, with which checked parameters.</summary>
internal sealed class ApiCall(NodeServices node, Identity caller, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellation)
{
    public NodeServices Node { get; } = node;

    public NodeState State => Node.State;

    public Identity Caller { get; } = caller;

    public CancellationToken Cancellation { get; } = cancellation;

    public IReadOnlyDictionary<string, string> Parameters { get; } = parameters;

    public UploadedFile? File { get; init; }

    /// <summary>Makes a websocket of the call; null when the client does not want one.</summary>
    public Func<Task<System.Net.WebSockets.WebSocket>>? Upgrade { get; init; }

    public int VmId => Int("vmid");

    /// <summary>The node of the cluster that the call is for; where the path names none, the one that is asked.</summary>
    public string NodeName => TextOrNull("node") is { } name and not "localhost" ? name : Node.Options.NodeName;

    /// <summary>The storages as that node sees them.</summary>
    public StorageService Storages => Node.StoragesOn(NodeName);

    /// <summary>The VM of the parameter <c>vmid</c>, which has to be on the node that the call is for.</summary>
    public Machine Machine => Node.Machines.Require(VmId, NodeName);

    public bool Has(string name) => Parameters.ContainsKey(name);

    public string Text(string name) => Parameters[name];

    public string? TextOrNull(string name) => Parameters.GetValueOrDefault(name);

    public int Int(string name) => int.Parse(Parameters[name], CultureInfo.InvariantCulture);

    public int Int(string name, int otherwise) => Has(name) ? Int(name) : otherwise;

    public bool Flag(string name, bool otherwise = false) =>
        Parameters.TryGetValue(name, out var value) ? ValueCheck.Boolean(value) ?? otherwise : otherwise;

    /// <summary>Fails with 403 unless the caller has all of the privileges on the path.</summary>
    public void Require(string path, params string[] privileges) => Node.Access.Require(Caller.AuthId, path, privileges);

    /// <summary>Fails with 403 unless the caller has one of the privileges on the path.</summary>
    public void RequireAny(string path, params string[] privileges) => Node.Access.RequireAny(Caller.AuthId, path, privileges);

    public bool May(string path, string privilege) => Node.Access.Has(Caller.AuthId, path, privilege);

    public bool MayAny(string path, params string[] privileges) => privileges.Any(p => May(path, p));

    /// <summary>Starts a task of the caller and answers its UPID. A failure is the task's, not the call's.</summary>
    /// <param name="type">The task's type, such as <c>qmstart</c>.</param>
    /// <param name="id">What it works on.</param>
    /// <param name="work">The work, done afterwards under the node's lock.</param>
    /// <param name="locks">The configurations that are locked meanwhile.</param>
    public string Task(string type, string id, Action<TaskLog> work, params ConfigLock[] locks) =>
        Task(new TaskWork(type, id) { Do = work, Locks = locks });

    /// <summary>Starts a task of the caller and answers its UPID.</summary>
    public string Task(TaskWork work) => Node.Tasks.Start(NodeName, Caller.AuthId, work).Upid;
}
