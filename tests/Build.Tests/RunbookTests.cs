using System.Text.RegularExpressions;

namespace Build.Tests;

/// <summary>Whatever can fail after the provisioning, when an installation's time is spent, is explained in the runbook.</summary>
internal sealed partial class RunbookTests
{
    private static readonly string Root = RepositoryRoot.Find(_ => null, TestContext.CurrentContext.TestDirectory);

    private static IEnumerable<string> LastSteps =>
    [
        "build/Build/Stages/Packing.cs", "build/Build/Stages/PackingDiagnosis.cs", "build/Build/Stages/AskedAndThere.cs", "build/Packer/Running/PackerManifest.cs",
        .. new[] { "MediaEjection", "TemplateTags", "VmFacts", "PoolSight", "SmokeTest", "BuildCleanup" }.Select(n => $"build/Proxmox/Machines/{n}.cs"),
    ];

    [TestCaseSource(nameof(LastSteps))]
    public void Each_failure_of_the_last_steps_is_in_the_runbook(string file)
    {
        var runbook = Spaces().Replace(File.ReadAllText(Path.Combine(Root, "docs", "runbooks", "failed-build.md")), " ");
        var told = Failure().Matches(File.ReadAllText(Path.Combine(Root, file))).Select(m => m.Groups["words"].Value).ToList();
        Assert.That(told, Is.Not.Empty, $"{file}: the test no longer finds what it says");
        Assert.That(told.Where(words => !Runs(words).All(run => runbook.Contains(run, StringComparison.Ordinal))), Is.Empty);
    }

    /// <summary>What of a message is the same in each case.</summary>
    private static IEnumerable<string> Runs(string words) => Hole().Split(words).Select(w => w.Trim()).Where(w => w.Length > 3);

    [GeneratedRegex("(?:new FailureException|ProxmoxFailure\\.From|Exception \\w+\\([^)]*\\) => new)\\(\\s*(?:error, |FailureKind\\.\\w+,\\s*)\\$?\"(?<words>[^\"]+)\"")]
    private static partial Regex Failure();

    [GeneratedRegex(@"\{[^}]*(?:\}|$)")]
    private static partial Regex Hole();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
