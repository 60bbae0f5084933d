using Build.Output;
using Cake.Core;

namespace Build.Tests;

internal sealed class StageReportTests
{
    private static CakeReportEntry Entry(string name, double seconds, CakeTaskExecutionStatus status = CakeTaskExecutionStatus.Executed) =>
        new(name, "", CakeReportEntryCategory.Task, TimeSpan.FromSeconds(seconds), status);

    [Test]
    public void The_report_is_one_line_with_what_took_time() =>
        Assert.That(
            StageReport.Summary([Entry("Tools", 0.2), Entry("Init", 6.2), Entry("PackerBuild", 125)], []),
            Is.EqualTo("Init 0:06 · PackerBuild 2:05 · in all 2:11"));

    [Test]
    public void What_failed_is_named_however_short_it_was() =>
        Assert.That(
            StageReport.Summary([Entry("Tools", 0.2), Entry("Init", 0.1, CakeTaskExecutionStatus.Failed), Entry("Validate", 0, CakeTaskExecutionStatus.Skipped)], []),
            Is.EqualTo("Init failed after 0:00 · in all 0:00"));

    [Test]
    public void Of_several_templates_each_has_its_own_time() =>
        Assert.That(
            StageReport.Summary([Entry("Init", 6.2), Entry("Validate", 3), Entry("PackerBuild", 125)], [("rocky-9", TimeSpan.FromSeconds(15)), ("windows-2022", TimeSpan.FromSeconds(127))]),
            Is.EqualTo("Init 0:06 · rocky-9 0:15 · windows-2022 2:07 · in all 2:14"));

    [Test]
    public void One_target_alone_needs_no_report() => Assert.That(StageReport.Summary([Entry("Clean", 2)], []), Is.Null);
}
