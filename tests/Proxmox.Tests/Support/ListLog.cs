using System.Collections.Concurrent;
using Foundation;

namespace Proxmox.Tests.Support;

/// <summary>Keeps what is told.</summary>
internal sealed class ListLog : IRunLog
{
    public ConcurrentQueue<(EventLevel Level, string Message)> Lines { get; } = new();

    public string Text => string.Join('\n', Lines.Select(l => l.Message));

    public void Write(string stage, EventLevel level, string message) => Lines.Enqueue((level, message));
}
