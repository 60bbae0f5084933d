using System.Runtime.CompilerServices;
using Bench.Judging;

namespace Unattended.Tests;

/// <summary>Files with one thing changed: those that work have to pass, and of mistakes the cause is named with its line.</summary>
internal sealed class CaseTests
{
    private static IEnumerable<TestCaseData> Cases() => Directory.EnumerateFiles(Folder(), "*.cases").Order(StringComparer.Ordinal)
        .SelectMany(path => CaseFile.Read(path).Select(c => new TestCaseData(c).SetName($"{Path.GetFileNameWithoutExtension(path)}: {c.Name}")));

    [TestCaseSource(nameof(Cases))]
    public void The_verdict_is_right(object @case) => Assert.That(((Case)@case).Deviation(), Is.Null, ((Case)@case).Text);

    [Test]
    public void What_is_changed_works()
    {
        foreach (var path in Directory.EnumerateFiles(Folder(), "*.cases"))
        {
            var first = CaseFile.Read(path)[0];
            var baseFile = Path.ChangeExtension(path, ".base");
            if (File.Exists(baseFile))
            {
                var unchanged = first with { Text = File.ReadAllText(baseFile), Verdict = "works" };
                Assert.That(unchanged.Deviation(), Is.Null, baseFile);
            }
        }
    }

    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Cases");
}
