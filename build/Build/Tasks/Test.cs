using Build.CommandLine;
using Build.Context;
using Build.Output;
using Build.Stages;
using Build.Testing;
using Cake.Common.Diagnostics;
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
        await TestTools.EnsureAsync(new CakeRunLog(context.Log), mayInstall: context.Settings.MayInstall, cancellation: context.Interruption.Stop);
        var results = Path.Combine(context.Settings.Root, ".artifacts", "test-results");
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }

        context.Information("Compiling the tests (the first time takes some minutes) and running them …");
        var dotnet = Environment.ProcessPath ?? "dotnet";
        var exit = await CompileAsync(context, dotnet);
        if (exit != 0)
        {
            throw new FailureException(FailureKind.Task, "The tests do not compile", $"dotnet build ended with exit code {exit}", "See its messages above");
        }

        var runs = TestRuns.Commands(context.Settings.Root, results, context.Settings.TestFilter)
            .Select(command => ForegroundProgram.RunAsync(dotnet, command, context.Settings.Root, "Test", context.Interruption.Stop));
        exit = (await Task.WhenAll(runs)).FirstOrDefault(code => code != 0);
        if (!Directory.Exists(results))
        {
            throw new FailureException(FailureKind.Task, "No test ran", $"dotnet test ended with exit code {exit}", "See its messages above");
        }

        var summary = TestSummary.Read(results);
        File.WriteAllText(Path.Combine(results, "summary.txt"), summary + "\n");
        foreach (var name in summary.FailedTests)
        {
            context.Error("Failed: {0}", name);
        }

        foreach (var (reason, count) in summary.Skips)
        {
            context.Information("Skipped {0}: {1}", count, reason);
        }

        context.Information("{0}", summary);
        if (exit == 0 && context.Settings.TestFilter is { } nothing && summary is { Passed: 0, Failed: 0, Skipped: 0 })
        {
            throw new FailureException(FailureKind.Usage, $"--{Options.Filter}={nothing} matches no test", null, "Write it like FullyQualifiedName~RecordStoreTests or TestCategory=RealMachine");
        }

        if (exit != 0 || summary.Failed > 0 || summary.Passed == 0)
        {
            throw new FailureException(FailureKind.Task, "The tests failed", summary.ToString(), "The failures are above", results);
        }
    }

    private static async Task<int> CompileAsync(BuildContext context, string dotnet)
    {
        var root = context.Settings.Root;
        var server = new CompilerServer(dotnet, root, Environment.GetEnvironmentVariable("UseSharedCompilation"));
        string[] compile = ["build", Path.Combine(root, "packer-build-records.slnx"), "--configuration", "Release", "--nologo", "--verbosity", "minimal", .. server.Options];
        try
        {
            return await ForegroundProgram.RunAsync(dotnet, compile, root, "Test", context.Interruption.Stop);
        }
        finally
        {
            await server.EndAsync();
        }
    }
}
