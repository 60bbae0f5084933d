using Build.CommandLine;
using Build.Output;

namespace Build.Tests;

/// <summary>Help and README tell of every argument, variable and target that there is.</summary>
internal sealed class ReadmeTests
{
    private static string Readme()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent!;
        }

        return File.ReadAllText(Path.Combine(folder.FullName, "README.md"));
    }

    private static string HelpText()
    {
        using var writer = new StringWriter();
        Help.Print(writer);
        return writer.ToString();
    }

    private static IEnumerable<string> Names => Options.All.Select(o => "--" + o.Name)
        .Concat(Options.All.Select(o => o.Variable).OfType<string>()).Concat(["PROXMOX_TOKEN", "PROXMOX_PASSWORD", "PROXMOX_OTP", "PROXMOX_CERTIFICATE", "PROXMOX_INSECURE"])
        .Concat(Targets.All.Select(t => t.Name).Where(n => n != "Default")).Distinct();

    [Test]
    public void The_README_names_every_option_variable_and_target()
    {
        var text = Readme();
        Assert.That(Names.Where(n => !text.Contains(n, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_help_fits_two_screens()
    {
        var lines = HelpText().TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.LessThanOrEqualTo(80), "two screens of forty lines");
        Assert.That(lines.Where(l => l.TrimEnd('\r').Length > Help.Width), Is.Empty);
    }

    [TestCaseSource(nameof(TargetNames))]
    public void Each_target_is_explained_with_examples_that_the_program_understands(string target)
    {
        using var writer = new StringWriter();
        TargetHelp.Print(writer, target);
        Assert.That(writer.ToString(), Does.Contain("EXAMPLES:").And.StartWith(target));
        foreach (var example in TargetHelp.ExamplesOf(target))
        {
            var arguments = ArgumentList.Parse(example.Split(' '));
            Assert.DoesNotThrow(() => Targets.Check(arguments));
            var given = Options.All.Where(o => !o.OfCake && arguments.Has(o.Name)).Select(o => o.Name).ToList();
            Assert.That(given, Is.SubsetOf(TargetHelp.OptionsOf(target).Select(o => o.Name)), "an example shows options that are explained");
        }
    }

    private static IEnumerable<string> TargetNames => Targets.All.Select(t => t.Name).Where(n => n != "Default");

    [Test]
    public void Every_option_is_explained_with_a_target() =>
        Assert.That(Options.All.Where(o => !o.OfCake).Select(o => o.Name).Except(TargetNames.SelectMany(TargetHelp.OptionsOf).Select(o => o.Name)), Is.Empty);

    [Test]
    public void The_help_names_every_option_variable_and_target()
    {
        var text = HelpText();
        Assert.That(Names.Where(n => !text.Contains(n, StringComparison.Ordinal)), Is.Empty);
    }
}
