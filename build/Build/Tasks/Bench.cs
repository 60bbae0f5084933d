using Build.Context;
using Cake.Common;
using Cake.Core;
using Cake.Core.IO;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Bench))]
[TaskDescription("Measures what the program costs beside what it is compared with, and writes docs/performance.md.")]
[IsDependentOn(typeof(Tools))]
public sealed class Bench : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var arguments = new ProcessArgumentBuilder()
            .Append("run").Append("--project").AppendQuoted(System.IO.Path.Combine(context.Settings.Root, "bench", "Bench"))
            .Append("--configuration").Append("Release").Append("--")
            .AppendQuoted($"--root={context.Settings.Root}").AppendQuoted($"--program={AppContext.BaseDirectory}").Append($"--scale={context.Settings.BenchScale}");
        if (context.Settings.BenchOnly is { } only)
        {
            arguments.AppendQuoted($"--only={only}");
        }

        var exit = context.StartProcess(Environment.ProcessPath ?? "dotnet", new ProcessSettings { Arguments = arguments, WorkingDirectory = context.Settings.Root });
        if (exit != 0)
        {
            throw new FailureException(exit == 2 ? FailureKind.Usage : FailureKind.Task, "The measurements did not end well", $"exit code {exit}", "See the messages above");
        }
    }
}
