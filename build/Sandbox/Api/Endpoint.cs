using System.Text.Json.Nodes;

namespace Sandbox.Api;

/// <summary>What kind of answer an endpoint gives.</summary>
internal enum AnswerKind
{
    Nothing,
    Text,
    Number,
    Object,
    List,
}

/// <summary>An endpoint's answer: its kind and the fields that it always has.</summary>
internal sealed record Answer(AnswerKind Kind, params string[] Fields)
{
    public static readonly Answer Nothing = new(AnswerKind.Nothing);

    /// <summary>The UPID of the task that does the work.</summary>
    public static readonly Answer Upid = new(AnswerKind.Text);

    public static readonly Answer Text = new(AnswerKind.Text);

    public static readonly Answer Number = new(AnswerKind.Number);

    public static Answer Object(params string[] fields) => new(AnswerKind.Object, fields);

    public static Answer List(params string[] fields) => new(AnswerKind.List, fields);
}

/// <summary>
/// One method on one path, declared as a whole: who may call it, with which parameters, what it answers and what it
/// does. The dispatcher has checked credentials, parameters and privileges before the handler runs.
/// </summary>
internal sealed record Endpoint(string Method, string Path, Permission Permission, Answer Answer)
{
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>The work, done under the node's lock.</summary>
    public Func<ApiCall, JsonNode?>? Run { get; init; }

    /// <summary>Work that waits for something; it takes the node's lock itself where it needs it.</summary>
    public Func<ApiCall, Task<JsonNode?>>? RunAsync { get; init; }

    /// <summary>
    /// Whether the call itself changes the configuration of the VM <c>vmid</c>, and so waits until no task holds its lock.
    /// </summary>
    public bool LocksConfig { get; init; }

    /// <summary>Whether a write leaves the node's state as it was, so that nothing has to be saved (a key is typed).</summary>
    public bool KeepsState { get; init; }

    /// <summary>Whether an API token may call it; logging in and changing passwords are for people.</summary>
    public bool AllowsTokens { get; init; } = true;

    /// <summary>The permission of Proxmox VE 8, where it differs.</summary>
    public Permission? PermissionBefore9 { get; init; }

    /// <summary>The parts of the path.</summary>
    public string[] Segments { get; } = Path.Trim('/').Split('/');
}
