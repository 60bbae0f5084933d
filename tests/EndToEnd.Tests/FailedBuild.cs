using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>What holds of every build that fails, whatever the reason.</summary>
internal static class FailedBuild
{
    public static RunResult Build(Workbench bench, params string[] more) =>
        bench.Run(["--target=BuildTemplate", "--template=rocky-9", .. more]);

    public static void AssertFailed(Workbench bench, RunResult result, int exitCode, params string[] words)
    {
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.All);
            var error = result.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";
            foreach (var word in words)
            {
                Assert.That(error, Does.Contain(word).IgnoreCase, result.All);
            }

            if (Directory.Exists(Path.Combine(bench.Runtime, "logs", "packer", "rocky-9")))
            {
                var log = Regex.Match(error, @" Log: (.+?)\.?$").Groups[1].Value;
                Assert.That(Path.Exists(log), Is.True, $"the log that the error names: {error}");
            }

            Assert.That(result.All, Does.Not.Contain("   at "), "no stack trace");
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty, "no record");
            Assert.That(Path.Exists(Path.Combine(bench.SandboxRecords, "builds", "rocky-9", "latest")), Is.False, "latest is unmoved");
            AssertNoMachines(bench);
        });
    }

    /// <summary>The node is asked by a run of its own: its state is what the failed run left.</summary>
    public static void AssertNoMachines(Workbench bench) => Assert.That(Machines.On(bench), Is.Empty, "no VM is left on the node");
}
