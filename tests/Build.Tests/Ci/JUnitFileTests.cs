using System.Xml.Linq;
using Build.Ci;
using CsCheck;

namespace Build.Tests.Ci;

internal sealed class JUnitFileTests
{
    private static XElement Written(params CheckResult[] results)
    {
        var folder = Directory.CreateTempSubdirectory("junit-");
        try
        {
            var file = Path.Combine(folder.FullName, "new", "results.xml");
            JUnitFile.Write(file, "Validate", results);
            return XDocument.Load(file).Root!.Element("testsuite")!;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void What_failed_is_told_with_its_reason_and_counted()
    {
        var suite = Written(
            new CheckResult("Validate", "rocky-9", null, "a warning", TimeSpan.FromMilliseconds(1500)),
            new CheckResult("Validate", "rocky-10", "not valid\nks.cfg:3: x"));
        var failure = suite.Elements("testcase").Last().Element("failure")!;
        Assert.Multiple(() =>
        {
            Assert.That((int?)suite.Attribute("tests"), Is.EqualTo(2));
            Assert.That((int?)suite.Attribute("failures"), Is.EqualTo(1));
            Assert.That((string?)suite.Attribute("time"), Is.EqualTo("1.500"));
            Assert.That((string?)failure.Attribute("message"), Is.EqualTo("not valid"));
            Assert.That(failure.Value, Does.Contain("ks.cfg:3: x"));
            Assert.That(suite.Elements("testcase").First().Element("system-out")!.Value, Is.EqualTo("a warning"));
        });
    }

    [Test]
    public void Whatever_a_server_says_makes_a_file_that_can_be_read() => Gen.String[Gen.Char, 0, 20].Sample(
        text => Written(new CheckResult("Verify", text, text, text)).Elements("testcase").Count() == 1, iter: 300);
}
