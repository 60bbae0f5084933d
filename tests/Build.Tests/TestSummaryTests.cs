using Build.Testing;

namespace Build.Tests;

internal sealed class TestSummaryTests
{
    [Test]
    public void The_results_of_all_projects_are_added_up()
    {
        var folder = Directory.CreateTempSubdirectory("trx-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "a.trx"), Trx(("One", "Passed"), ("Two", "Failed")));
            File.WriteAllText(Path.Combine(folder, "b.trx"), Trx(("Three", "Passed"), ("Four", "NotExecuted"), ("Five", "Timeout")));
            var summary = TestSummary.Read(folder);
            Assert.Multiple(() =>
            {
                Assert.That(summary.ToString(), Is.EqualTo("2 passed, 2 failed, 1 skipped"));
                Assert.That(summary.FailedTests, Is.EqualTo(["Five", "Two"]));
                Assert.That(summary.Skips, Is.EqualTo(new[] { ("packer is not installed", 1) }));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Why = "<Output><ErrorInfo><Message>packer is not installed\n  Expected: True</Message></ErrorInfo></Output>";

    private static string Trx(params (string Name, string Outcome)[] results) =>
        "<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>"
        + string.Concat(results.Select(r => $"<UnitTestResult testName=\"{r.Name}\" outcome=\"{r.Outcome}\">{(r.Outcome == "NotExecuted" ? Why : "")}</UnitTestResult>"))
        + "</Results></TestRun>";
}
