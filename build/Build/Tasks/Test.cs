using Build.Context;
using Build.Output;
using Build.Testing;
using Cake.Common;
using Cake.Common.Diagnostics;
using Cake.Core;
using Cake.Core.IO;
using Cake.Frosting;
using Foundation;
using Packer.Tools;

namespace Build.Tasks;

[TaskName(nameof(Test))]
[TaskDescription("Runs the test suite.")]
[IsDependentOn(typeof(Tools))]
public sealed class Test : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        await TestTools.EnsureAsync(new CakeRunLog(context.Log), cancellation: context.Interruption.Stop);
        var results = System.IO.Path.Combine(context.Settings.Root, ".artifacts", "test-results");
        if (System.IO.Directory.Exists(results))
        {
            System.IO.Directory.Delete(results, recursive: true);
        }

        context.Information("Compiling the tests (the first time takes some minutes) and running them …");
        var exit = context.StartProcess(Environment.ProcessPath ?? "dotnet", new ProcessSettings
        {
            Arguments = new ProcessArgumentBuilder()
                .Append("test").AppendQuoted(System.IO.Path.Combine(context.Settings.Root, "packer-build-records.slnx"))
                .Append("--configuration").Append("Release")
                .Append("--nologo").Append("--verbosity").Append("minimal")
                .Append("--logger").Append("trx").Append("--results-directory").AppendQuoted(results),
            WorkingDirectory = context.Settings.Root,
        });
        if (!System.IO.Directory.Exists(results))
        {
            throw new FailureException(FailureKind.Task, "No test ran", $"dotnet test ended with exit code {exit}", "See its messages above");
        }

        var summary = TestSummary.Read(results);
        System.IO.File.WriteAllText(System.IO.Path.Combine(results, "summary.txt"), summary + "\n");
        foreach (var name in summary.FailedTests)
        {
            context.Error("Failed: {0}", name);
        }

        context.Information("{0}", summary);
        if (exit != 0 || summary.Failed > 0 || summary.Passed == 0)
        {
            throw new FailureException(FailureKind.Task, "The tests failed", summary.ToString(), "The failures are above", results);
        }
    }
}
