using System.Collections.Concurrent;
using Build.Context;
using Cake.Core.Diagnostics;
using Foundation;
using Records;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Build.Output;

/// <summary>
/// Shows what running builds do. With a terminal: finished stages scroll by above one live line for each build with
/// its current stage and the time it takes. Without one: a plain line for each stage. Nobody waits for the console.
/// </summary>
internal sealed class ProgressDisplay : IDisposable
{
    private readonly IAnsiConsole console;
    private readonly TimeProvider time;
    private readonly bool live;
    private readonly int width;
    private readonly ConcurrentDictionary<string, (long Started, string Stage)> builds = new(StringComparer.Ordinal);
    private readonly BlockingCollection<Func<string?>> lines = new(boundedCapacity: 10_000);
    private readonly Func<string, TimeSpan?> usual;
    private readonly Task writer;
    private Question? asked;

    /// <summary>Starts showing.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="time">The clock for elapsed times.</param>
    /// <param name="names">The builds that may show up, for the width of the first column.</param>
    /// <param name="live">Whether there is a terminal to redraw.</param>
    /// <param name="usual">How long a build usually takes, where that is known; asked once for each.</param>
    public ProgressDisplay(IAnsiConsole console, TimeProvider time, IEnumerable<string> names, bool live, Func<string, TimeSpan?>? usual = null)
    {
        this.console = console;
        this.time = time;
        var all = names.ToList();
        var known = new ConcurrentDictionary<string, TimeSpan?>(StringComparer.Ordinal);
        this.usual = name => usual is null ? null : known.GetOrAdd(name, usual);
        // A terminal that is too small for the live lines, or does not say how large it is, gets plain ones.
        this.live = live && console.Profile.Height > all.Count + 1 && console.Profile.Width > 20;
        width = all.Select(n => n.Length).DefaultIfEmpty(0).Max();
        writer = Task.Factory.StartNew(Show, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The display of a run: the console's, or none where only the result is wanted.</summary>
    public static ProgressDisplay For(BuildContext context, IEnumerable<string> names) =>
        context.Log.Verbosity == Verbosity.Quiet
            ? new ProgressDisplay(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) }), context.Time, names, live: false)
            : new ProgressDisplay(AnsiConsole.Console, context.Time, names, IsLive(Environment.GetEnvironmentVariable), name => RecordCatalogue.UsualDuration(context.RecordRoot, name));

    /// <summary>Whether the console is a terminal that can be redrawn, rather than a file, a pipe or a CI log.</summary>
    public static bool IsLive(Func<string, string?> variable) =>
        !Console.IsOutputRedirected && string.IsNullOrEmpty(variable("CI")) && variable("TERM") is not ("dumb" or null or "");

    /// <summary>Says that a build's chain has come to a target; its time counts from the first one.</summary>
    public void Begin(string build, string target) =>
        builds.AddOrUpdate(build, _ => (time.GetTimestamp(), target), (_, old) => (old.Started, target));

    /// <summary>Writes a line that belongs to no build, when it is its turn; null for none.</summary>
    public void Line(Func<string?> text) => _ = lines.IsAddingCompleted || lines.TryAdd(text);

    /// <summary>Says that a build entered a stage.</summary>
    public void Stage(string build, string stage)
    {
        var now = time.GetTimestamp();
        var started = builds.AddOrUpdate(build, (now, stage), (_, old) => (old.Started, stage)).Started;
        Line(build, time.GetElapsedTime(started, now), stage);
    }

    /// <summary>Says something about a build, or about all with an empty name.</summary>
    public void Tell(string build, EventLevel level, string message)
    {
        var elapsed = builds.TryGetValue(build, out var known) ? time.GetElapsedTime(known.Started) : TimeSpan.Zero;
        Line(build, elapsed, level switch
        {
            EventLevel.Warning => "Warning: " + message,
            EventLevel.Error => "Error: " + message,
            _ => message,
        });
    }

    /// <summary>Asks somebody something: what was said before is shown first, and nothing else until there is an answer.</summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        var question = new Question();
        if (lines.IsAddingCompleted || !lines.TryAdd(() =>
            {
                asked = question;
                return null;
            }))
        {
            return await ask();
        }

        await question.Reached.Task;
        try
        {
            return await ask();
        }
        finally
        {
            question.Answered.SetResult();
        }
    }

    /// <summary>Says that a build is over.</summary>
    public void End(string build) => builds.TryRemove(build, out _);

    /// <summary>Writes what is still to be written.</summary>
    public void Dispose()
    {
        lines.CompleteAdding();
        writer.Wait();
        lines.Dispose();
    }

    private void Line(string build, TimeSpan elapsed, string text)
    {
        var line = $"{build.PadRight(width)}  {Elapsed.Clock(elapsed)}  {Printable(text)}";
        // A console that nobody reads from must not hold a build up: lines beyond the queue are in the log anyway.
        Line(() => line);
    }

    private void Show()
    {
        while (live && !lines.IsCompleted)
        {
            console.Live(Table()).AutoClear(true).Start(context =>
            {
                while (!lines.IsCompleted && asked is null)
                {
                    if (lines.TryTake(out var next, millisecondsTimeout: 200) && next() is { } line)
                    {
                        console.Write(new Overwriting(line));
                    }

                    context.UpdateTarget(Table());
                    context.Refresh();
                }
            });
            WaitForAnswer();
        }

        foreach (var next in live ? [] : lines.GetConsumingEnumerable())
        {
            if (next() is { } line)
            {
                console.Profile.Out.Writer.WriteLine(line);
            }

            WaitForAnswer();
        }
    }

    private void WaitForAnswer()
    {
        if (Interlocked.Exchange(ref asked, null) is { } question)
        {
            question.Reached.SetResult();
            question.Answered.Task.Wait();
        }
    }

    private sealed class Question
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private Grid Table()
    {
        var grid = new Grid().AddColumn().AddColumn().AddColumn();
        foreach (var (build, (started, stage)) in builds.OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            grid.AddRow(new Text(build, new Style(Color.Green)), new Text(Elapsed.Clock(time.GetElapsedTime(started)) + (usual(build) is { } took ? $" of about {Elapsed.Clock(took)}" : "")), new Text(Printable(stage)));
        }

        return grid;
    }

    /// <summary>A line where the live lines were, which come below it anew: what is left of them is erased first.</summary>
    private sealed class Overwriting(string text) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [Segment.Control("\u001b[J"), new(text), Segment.LineBreak];
    }

    /// <summary>What a log says must not move the cursor or colour the rest of the screen.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).TrimEnd();
}
