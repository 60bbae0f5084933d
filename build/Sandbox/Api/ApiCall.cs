using System.Globalization;
using Sandbox.Access;

namespace Sandbox.Api;

/// <summary>A file that came with a call, already on the disk.</summary>
internal sealed record UploadedFile(string Path, string? FileName, long Bytes);

/// <summary>One call of an endpoint: who calls, with which checked parameters.</summary>
internal sealed class ApiCall(NodeServices node, Identity caller, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellation)
{
    public NodeServices Node { get; } = node;

    public NodeState State => Node.State;

    public Identity Caller { get; } = caller;

    public CancellationToken Cancellation { get; } = cancellation;

    public IReadOnlyDictionary<string, string> Parameters { get; } = parameters;

    public UploadedFile? File { get; init; }

    public int VmId => Int("vmid");

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

    /// <summary>Does the work as a task of the caller and answers its UPID. A failure is the task's, not the call's.</summary>
    public string Task(string type, string id, Action<Tasks.TaskLog> work) => Node.Tasks.Run(type, id, Caller.AuthId, work);
}
