using System.Text.Json.Serialization;

namespace Sandbox.Tasks;

/// <summary>A task: long work with a log, which has ended once it has an exit status.</summary>
internal sealed class TaskEntry
{
    public required string Node { get; init; }

    public required int Pid { get; init; }

    public required long PStart { get; init; }

    public required long StartTime { get; init; }

    public required string Type { get; init; }

    public required string Id { get; init; }

    public required string User { get; init; }

    public long EndTime { get; set; }

    /// <summary><c>OK</c>, <c>WARNINGS: n</c>, the error; null while the task runs.</summary>
    public string? ExitStatus { get; set; }

    public List<string> Log { get; init; } = [];

    /// <summary>The unique process id that clients poll.</summary>
    [JsonIgnore]
    public string Upid => $"UPID:{Node}:{Pid:X8}:{PStart:X8}:{StartTime:X8}:{Type}:{Id}:{User}:";
}
