using Build.Context;
using Build.Output;
using Build.Stages;
using Foundation;

namespace Build.Pipeline;

/// <summary>
/// The chains of the templates: each goes through the targets that Cake will run as soon as it can, with its own times
/// and its own end, and fails by itself. The first of these targets starts the chains, the later ones only wait for
/// them. Where another kind of target stands between, the chains wait for it. See docs/adr/0009.
/// </summary>
internal sealed class TemplatePipeline
{
    private readonly BuildContext context;
    private readonly List<Segment> segments;

    /// <summary>Plans the chains.</summary>
    /// <param name="context">The build.</param>
    /// <param name="targets">The names of the targets that Cake will run, in its order.</param>
    public TemplatePipeline(BuildContext context, IEnumerable<string> targets)
    {
        this.context = context;
        segments = [.. Split([.. targets], Targets.TemplateTask).Select(s => new Segment(s))];
    }

    /// <summary>Groups the targets that follow each other and work on templates.</summary>
    internal static IEnumerable<IReadOnlyList<T>> Split<T>(IReadOnlyList<string> targets, Func<string, T?> find)
        where T : class
    {
        var segment = new List<T>();
        foreach (var target in targets)
        {
            if (find(target) is { } task)
            {
                segment.Add(task);
            }
            else if (segment.Count > 0)
            {
                yield return segment;
                segment = [];
            }
        }

        if (segment.Count > 0)
        {
            yield return segment;
        }
    }

    /// <summary>Waits until every template has passed a target, and starts the chains when it is the first of its kind.</summary>
    /// <exception cref="FailureException">No template is left.</exception>
    public async Task PassAsync(string target)
    {
        var segment = segments.First(s => s.Has(target));
        await (segment.Chains is null ? StartAsync(segment) : Task.CompletedTask);
        await segment.Chains!.PassedAsync(target);
        if (segment.IsLast(target))
        {
            await segment.EndAsync();
        }

        if (segment.Runs is { Count: > 0 } runs && runs.All(r => !r.Active))
        {
            await segment.EndAsync();
            RunFailure.Throw(context.Runs);
        }
    }

    /// <summary>Waits for all chains, and ends what has not ended because a target between them failed.</summary>
    public async Task EndAsync()
    {
        foreach (var segment in segments)
        {
            await segment.EndAsync();
        }

        foreach (var run in context.HasRuns ? context.Runs : [])
        {
            await RunEnd.EndAsync(context, run);
        }

        context.Report.Templates = context.HasRuns ? [.. context.Runs.Select(r => (r.Template.Id, r.Took))] : [];
    }

    private async Task StartAsync(Segment segment)
    {
        segment.Runs = [.. context.Runs.Where(r => r.Active)];
        segment.Display = ProgressDisplay.For(context, segment.Runs.Select(r => r.Template.Id));
        segment.Chains = new ChainSchedule<TemplateRun>(
            segment.Names,
            (run, target) => StepAsync(segment, run, target),
            async run =>
            {
                if (segment == segments[^1] || !run.Active)
                {
                    await RunEnd.EndAsync(context, run);
                }

                segment.Display.End(run.Template.Id);
            });
        if (segment.Runs.Count > 1)
        {
            segment.Display.Line(() => context.Report.Begin("Templates", string.Join(" → ", segment.Names)));
        }

        foreach (var run in segment.Runs)
        {
            run.Display = segment.Display;
            await PrepareAsync(segment, run);
        }

        var active = segment.Runs.Where(r => r.Active).ToList();
        if (active.Count == 0)
        {
            segment.Chains.Start([], 1);
            return;
        }

        var places = context.Parallel ??= await Parallelism.OfAsync(context, context.Interruption.Drop);
        segment.Chains.Start(places > 1 ? LongestFirst.Of(context.RecordRoot, active) : active, places);
    }

    private async Task PrepareAsync(Segment segment, TemplateRun run)
    {
        foreach (var task in segment.Tasks)
        {
            try
            {
                await task.PrepareAsync(context, run);
            }
            catch (Exception e)
            {
                run.Begin(context);
                Show(segment, run, Targets.Name(task.GetType()));
                RunFailure.Fail(context, run, Targets.Name(task.GetType()), e);
                await RunEnd.EndAsync(context, run);
                return;
            }
        }
    }

    private async Task<bool> StepAsync(Segment segment, TemplateRun run, string target)
    {
        var cancellation = context.Interruption.For(built: run.Packer is not null);
        try
        {
            run.Begin(context);
            Show(segment, run, target);
            run.LogFile!.Write(target, EventLevel.Info, "started");
            cancellation.ThrowIfCancellationRequested();
            await segment.Task(target).RunAsync(context, run, cancellation);
            run.LogFile.Write(target, EventLevel.Info, "done");
        }
        catch (Exception e)
        {
            RunFailure.Fail(context, run, target, e);
        }

        return run.Active;
    }

    /// <summary>One template's targets are headings; of several, each line names its template below one heading.</summary>
    private void Show(Segment segment, TemplateRun run, string target)
    {
        segment.Display!.Begin(run.Template.Id, target);
        if (segment.Runs!.Count > 1)
        {
            segment.Display.Stage(run.Template.Id, target);
        }
        else
        {
            segment.Display.Line(() => context.Report.Begin(target, target));
        }
    }

    /// <summary>Targets that follow each other.</summary>
    private sealed class Segment(IReadOnlyList<TemplateTask> tasks)
    {
        private readonly Dictionary<string, TemplateTask> byName = tasks.ToDictionary(t => Targets.Name(t.GetType()), StringComparer.Ordinal);

        public IReadOnlyList<TemplateTask> Tasks => tasks;

        public IReadOnlyList<string> Names { get; } = [.. tasks.Select(t => Targets.Name(t.GetType()))];

        public IReadOnlyList<TemplateRun>? Runs { get; set; }

        public ProgressDisplay? Display { get; set; }

        public ChainSchedule<TemplateRun>? Chains { get; set; }

        public bool Has(string target) => byName.ContainsKey(target);

        public bool IsLast(string target) => Names[^1] == target;

        public TemplateTask Task(string target) => byName[target];

        public async Task EndAsync()
        {
            try
            {
                await (Chains?.EndedAsync() ?? System.Threading.Tasks.Task.CompletedTask);
            }
            finally
            {
                foreach (var run in Runs ?? [])
                {
                    run.Display = null;
                }

                Display?.Dispose();
                Display = null;
            }
        }
    }
}
