using Build.Output;
using Cake.Core.Diagnostics;

namespace Build.Tests;

internal sealed class ConsoleLogTests
{
    private static (string Output, string Error) Written(bool colours, Verbosity verbosity)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var log = new ConsoleLog(() => output, () => error, colours) { Verbosity = verbosity };
        log.Information("Done: {0}", "grant {x}");
        log.Verbose("looked");
        log.Warning("Warning: {0}", "slow");
        log.Error("broken {braces}");
        return (output.ToString(), error.ToString());
    }

    [Test]
    public void Information_has_the_colours_of_the_terminal() =>
        Assert.That(Written(colours: true, Verbosity.Normal).Output, Does.StartWith($"Done: grant {{x}}{Environment.NewLine}"));

    [Test]
    public void Warnings_and_errors_are_marked_and_errors_go_to_standard_error()
    {
        var (output, error) = Written(colours: true, Verbosity.Normal);
        Assert.That(output, Does.EndWith($"\u001b[33mWarning: slow\u001b[0m{Environment.NewLine}"));
        Assert.That(error, Is.EqualTo($"\u001b[31mbroken {{braces}}\u001b[0m{Environment.NewLine}"));
    }

    [Test]
    public void Without_colours_there_is_plain_text() =>
        Assert.That(Written(colours: false, Verbosity.Normal).Error + Written(colours: false, Verbosity.Normal).Output, Does.Not.Contain("\u001b"));

    [Test]
    public void Quiet_leaves_errors_alone()
    {
        var (output, error) = Written(colours: false, Verbosity.Quiet);
        Assert.That(output, Is.Empty);
        Assert.That(error, Does.Contain("broken").And.Not.Contain("slow"));
    }

    [Test]
    public void Verbose_shows_more() => Assert.That(Written(colours: false, Verbosity.Verbose).Output, Does.Contain("looked"));
}
