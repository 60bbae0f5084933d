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
public sealed class StageReport(ICakeLog log, Func<TextWriter> output, CiReport ci, TimeProvider time) : ICakeReportPrinter
{
    /// <summary>Targets that print one table: a heading would only be in its way.</summary>
    private static readonly string[] Alone = ["Default", nameof(Tasks.List), nameof(Tasks.Verify), nameof(Tasks.Matrix)];

    private readonly long started = time.GetTimestamp();

    /// <summary>How long each of several templates took: their chains are on their way at the same time, so that targets tell nothing.</summary>
    internal IReadOnlyList<(string Template, TimeSpan Took)> Templates { get; set; } = [];

    /// <inheritdoc/>
    public void WriteStep(string name, Verbosity verbosity)
    {
        // The chains of the templates show their targets themselves: several may be on their way at the same time.
        if (verbosity >= Verbosity.Normal && !Alone.Contains(name) && !Targets.IsOfTemplates(name) && Begun(name, name) is { } heading)
        {
            output().WriteLine(heading);
        }
    }

    /// <summary>Begins a stage.</summary>
    /// <param name="name">The name of its section in the log of a CI system.</param>
    /// <param name="words">The stage in words.</param>
    /// <returns>The line to print; null where only the result is wanted, or the section shows it.</returns>
    public string? Begin(string name, string words) => log.Verbosity >= Verbosity.Normal ? Begun(name, words) : null;

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
        if (log.Verbosity >= Verbosity.Normal && Summary([.. report], Templates) is { } summary)
        {
            output().WriteLine(summary);
        }
    }

    /// <summary>
    /// The times of the stages that took a second or more, and of all together; null where only one target ran, of which
    /// the elapsed time has been seen. Of several templates each has its own time.
    /// </summary>
    internal static string? Summary(IReadOnlyList<CakeReportEntry> entries, IReadOnlyList<(string Template, TimeSpan Took)> templates)
    {
        var tasks = entries.Where(e => e.Category == CakeReportEntryCategory.Task && e.ExecutionStatus != CakeTaskExecutionStatus.Skipped).ToList();
        if (tasks.Count < 2)
        {
            return null;
        }

        var total = entries.Aggregate(TimeSpan.Zero, (sum, e) => sum + e.Duration);
        var several = templates.Count > 1;
        var shown = tasks.Where(e => !several || !Targets.IsOfTemplates(e.TaskName)).Where(e => e.Duration >= TimeSpan.FromSeconds(1) || e.ExecutionStatus == CakeTaskExecutionStatus.Failed)
            .Select(e => $"{e.TaskName}{(e.ExecutionStatus == CakeTaskExecutionStatus.Failed ? " failed after" : "")} {Elapsed.Clock(e.Duration)}");
        var chains = several ? templates.Select(t => $"{t.Template} {Elapsed.Clock(t.Took)}") : [];
        return $"{string.Join(" · ", [.. shown, .. chains, "in all"])} {Elapsed.Clock(total)}";
    }

    private string? Begun(string name, string words)
    {
        var heading = $"{Now()}  {words}";
        return ci.BeginStage(name, heading) ? null : heading;
    }

    private string Now() => Elapsed.Clock(time.GetElapsedTime(started));
}
