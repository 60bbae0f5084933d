using Build.Context;
using Build.Stages;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Bench))]
[TaskDescription("Measures what the program costs beside what it is compared with, and writes docs/performance.md.")]
[IsDependentOn(typeof(Tools))]
public sealed class Bench : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        string[] arguments =
        [
            "run", "--project", Path.Combine(context.Settings.Root, "bench", "Bench"), "--configuration", "Release", "--",
            $"--root={context.Settings.Root}", $"--scale={context.Settings.BenchScale}",
            .. context.Settings.BenchOnly is { } only ? [$"--only={only}"] : Array.Empty<string>(),
        ];
        var exit = await ForegroundProgram.RunAsync(Environment.ProcessPath ?? "dotnet", arguments, context.Settings.Root, "Bench", context.Interruption.Stop);
        if (exit != 0)
        {
            throw new FailureException(exit == 2 ? FailureKind.Usage : FailureKind.Task, "The measurements did not end well", $"exit code {exit}", "See the messages above");
        }
    }
}
