using Build.Ci;
using Cake.Core;
using Cake.Core.Diagnostics;

namespace Build.Output;

/// <summary>
/// How a run shows on the console between the lines of its stages: one line where a stage begins, and one at the end
/// that says how long each took. Cake's own headings take three lines each, and its table five columns of zeros.
/// </summary>
/// <param name="log">Whose verbosity counts.</param>
/// <param name="output">Where to.</param>
/// <param name="ci">Shows stages as sections of its log.</param>
/// <param name="time">The clock.</param>
internal sealed class StageReport(ICakeLog log, Func<TextWriter> output, CiReport ci, TimeProvider time) : ICakeReportPrinter
{
    /// <summary>Targets that print one table: a heading would only be in its way.</summary>
    private static readonly string[] Alone = ["Default", nameof(Tasks.List), nameof(Tasks.Verify), nameof(Tasks.Matrix)];

    private readonly long started = time.GetTimestamp();

    /// <inheritdoc/>
    public void WriteStep(string name, Verbosity verbosity)
    {
        var heading = $"{Now()}  {name}";
        if (verbosity >= Verbosity.Normal && !Alone.Contains(name) && !ci.BeginStage(name, heading))
        {
            output().WriteLine(heading);
        }
    }

    /// <inheritdoc/>
    public void WriteLifeCycleStep(string name, Verbosity verbosity)
    {
        if (verbosity >= Verbosity.Verbose)
        {
            output().WriteLine($"{Now()}  {name}");
        }
    }

    /// <inheritdoc/>
    public void WriteSkippedStep(string name, Verbosity verbosity)
    {
        if (verbosity >= Verbosity.Verbose)
        {
            output().WriteLine($"{Now()}  {name} skipped");
        }
    }

    /// <inheritdoc/>
    public void Write(CakeReport report)
    {
        ci.EndStage();
        if (log.Verbosity >= Verbosity.Normal && Summary([.. report]) is { } summary)
        {
            output().WriteLine(summary);
        }
    }

    /// <summary>
    /// The times of the stages that took a second or more, and of all together; null where only one target ran, of which
    /// the elapsed time has been seen.
    /// </summary>
    internal static string? Summary(IReadOnlyList<CakeReportEntry> entries)
    {
        var tasks = entries.Where(e => e.Category == CakeReportEntryCategory.Task && e.ExecutionStatus != CakeTaskExecutionStatus.Skipped).ToList();
        if (tasks.Count < 2)
        {
            return null;
        }

        var total = entries.Aggregate(TimeSpan.Zero, (sum, e) => sum + e.Duration);
        var shown = tasks.Where(e => e.Duration >= TimeSpan.FromSeconds(1) || e.ExecutionStatus == CakeTaskExecutionStatus.Failed)
            .Select(e => $"{e.TaskName}{(e.ExecutionStatus == CakeTaskExecutionStatus.Failed ? " failed after" : "")} {Elapsed.Clock(e.Duration)}");
        return $"{string.Join(" · ", [.. shown, "in all"])} {Elapsed.Clock(total)}";
    }

    private string Now() => Elapsed.Clock(time.GetElapsedTime(started));
}
