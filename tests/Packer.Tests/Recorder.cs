using System.Collections.Concurrent;
using Foundation;
using Packer.Running;

namespace Packer.Tests;

/// <summary>Remembers what was told and shown, and lets a test wait for it.</summary>
internal sealed class Recorder : IRunLog, IPackerOutput
{
    private readonly TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource warned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string? awaited;

    public Recorder(string? awaited = null) => this.awaited = awaited;

    public ConcurrentQueue<(EventLevel Level, string Message)> Events { get; } = new();

    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> Steps { get; } = new();

    public int Skipped { get; private set; }

    /// <summary>Done when the awaited text was shown.</summary>
    public Task Seen => seen.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Done when a warning was told.</summary>
    public Task Warned => warned.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Write(string stage, EventLevel level, string message)
    {
        Events.Enqueue((level, message));
        if (level == EventLevel.Warning)
        {
            warned.TrySetResult();
        }
    }

    public void OnStep(string name, TimeSpan elapsed) => Steps.Enqueue(name);

    public void OnLine(string line)
    {
        Lines.Enqueue(line);
        if (awaited is not null && line.Contains(awaited, StringComparison.Ordinal))
        {
            seen.TrySetResult();
        }
    }

    public void OnSkipped(int lines) => Skipped += lines;
}
