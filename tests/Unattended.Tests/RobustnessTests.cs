using CsCheck;

namespace Unattended.Tests;

public sealed class RobustnessTests
{
    private static readonly (UnattendedFormat Format, string Text, UnattendedContext Context)[] Good =
    [
        (UnattendedFormat.Kickstart, Samples.KickstartText, Samples.Rocky9),
        (UnattendedFormat.Autoinstall, Samples.AutoinstallText, Samples.Ubuntu2404),
        (UnattendedFormat.Unattend, Samples.AnswerFileText, Samples.Windows2022),
        (UnattendedFormat.Preseed, PreseedSamples.Text, PreseedSamples.Debian13),
    ];

    private static readonly string[] Insertions = ["", "\n", "\"", "%", "&a", "*a", "{", "]", "<", "\t", ": ", "\\", "\0", "\uD800", "- "];

    [Test]
    public void No_text_makes_a_reader_throw() =>
        Gen.Select(Gen.Int[0, 3], Gen.String).Sample((which, text) =>
        {
            var reading = UnattendedFile.Read(Good[which].Format, text, Good[which].Context);
            return reading.Installs || reading.Errors.Any();
        });

    [Test]
    public void A_damaged_file_installs_or_says_why() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 6000], Gen.Int[0, 60], Gen.Int[0, Insertions.Length - 1])
            .Sample((which, at, length, insertion) =>
            {
                var (format, text, context) = Good[which];
                at %= text.Length;
                text = text[..at] + Insertions[insertion] + text[Math.Min(text.Length, at + length)..];
                var reading = UnattendedFile.Read(format, text, context);
                var lines = text.Split('\n').Length;
                return (reading.Installs || reading.Errors.Any()) && reading.Findings.All(f => f.Line >= 0 && f.Line <= lines + 1);
            });

    [Test]
    public void A_file_that_is_too_long_is_not_read()
    {
        var reading = UnattendedFile.Read(UnattendedFormat.Kickstart, new string('#', UnattendedFile.MaximumLength + 1), Samples.Rocky9);
        Assert.That(reading.Errors.Single().Code, Is.EqualTo("file-too-long"));
    }

    [TestCase(UnattendedFormat.Kickstart, "x\n")]
    [TestCase(UnattendedFormat.Preseed, "d-i x/y string z\n")]
    [TestCase(UnattendedFormat.Preseed, "x")]
    [TestCase(UnattendedFormat.Preseed, "d-i partman-auto/expert_recipe string x{ \\\n")]
    [TestCase(UnattendedFormat.Preseed, "d-i preseed/late_command string in-target a;/target/ ")]
    [TestCase(UnattendedFormat.Autoinstall, "#cloud-config\nautoinstall: {version: 1, ")]
    [TestCase(UnattendedFormat.Unattend, "<unattend xmlns='urn:schemas-microsoft-com:unattend'><settings/>")]
    public void A_huge_file_is_judged_quickly(UnattendedFormat format, string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, UnattendedFile.MaximumLength / piece.Length));
        var started = TimeProvider.System.GetTimestamp();
        var reading = UnattendedFile.Read(format, text, Samples.Rocky9);
        Assert.That(reading.Installs, Is.False);
        Assert.That(reading.Findings, Has.Count.LessThan(300));
        Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(20)));
    }
}
