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
    public void The_help_names_every_option_variable_and_target()
    {
        var text = HelpText();
        Assert.That(Names.Where(n => !text.Contains(n, StringComparison.Ordinal)), Is.Empty);
    }
}
