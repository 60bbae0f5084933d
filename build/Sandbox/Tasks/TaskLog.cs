namespace Sandbox.Tasks;

/// <summary>What the work of a task has of it: its log, its warnings, and whether it shall stop.</summary>
internal sealed class TaskLog(TaskEntry entry, CancellationToken stop = default)
{
    private const int MostLines = 5000;
    private int warnings;

    /// <summary>Whether somebody stopped the task (<c>DELETE …/tasks/{upid}</c>).</summary>
    public CancellationToken Stop { get; } = stop;

    /// <summary>How many warnings there were.</summary>
    public int Warnings => warnings;

    /// <summary>Adds one line. Safe for several threads.</summary>
    public void Write(string line)
    {
        lock (entry.Log)
        {
            if (entry.Log.Count < MostLines)
            {
                entry.Log.Add(line);
            }
        }
    }

    /// <summary>Adds a warning: the task succeeds, but ends as <c>WARNINGS: n</c>.</summary>
    public void Warn(string line)
    {
        Interlocked.Increment(ref warnings);
        Write("WARN: " + line);
    }
}
