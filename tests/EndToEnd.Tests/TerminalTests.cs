using System.Globalization;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>A build at a real terminal, which somebody watches.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All)), Platform("Linux")]
internal sealed partial class TerminalTests(InstalledPacker installed)
{
    private static readonly string[] Build = ["--target=BuildTemplate", "--template=rocky-9"];

    private Workbench Watched(int rows, int columns) => installed.Bench()
        .Set("CI", null).Set("TERM", "xterm-256color").Set("ROWS_AND_COLUMNS", string.Create(CultureInfo.InvariantCulture, $"{rows} {columns}"));

    [TestCase(24, 80)]
    [TestCase(40, 120)]
    public void The_live_line_fits_and_tells_how_long_it_usually_takes_and_the_last_line_is_where_the_record_is(int rows, int columns)
    {
        using var bench = Watched(rows, columns);
        Assert.That(bench.RunAtTerminal(Build).ExitCode, Is.Zero);
        var result = bench.RunAtTerminal([.. Build, "--bell"]);
        var live = LiveLines(result.Output).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(live, Is.Not.Empty.And.All.Matches<string>(l => l!.Length <= columns), "each fits on one line");
            Assert.That(live, Has.Some.Matches(@"^rocky-9 +\d+:\d\d of about \d+:\d\d "), "with the time that it usually takes");
            Assert.That(Codes().Replace(result.Output, "").TrimEnd('\a', '\r', '\n').Split('\n')[^1].Trim('\r', '\a'), Does.StartWith("rocky-9: template 910").And.Contain("Record: "));
            Assert.That(result.Output, Does.Contain("\a"), "the bell that was asked for");
        });
    }

    [Test]
    public void It_can_be_read_on_a_light_ground_as_on_a_dark_one()
    {
        using var bench = Watched(24, 80);
        var built = bench.RunAtTerminal([.. Build, "--sandbox-fault=agent:docker", "--var=ssh_timeout=10s"]).Output + bench.RunAtTerminal(["--target=List"]).Output + bench.RunAtTerminal(["--nothing"]).Output;
        var colours = Codes().Matches(built).Select(m => m.Value).Where(c => c.EndsWith('m')).SelectMany(c => c[2..^1].Split(';')).Distinct().ToList();
        Assert.That(colours, Has.None.Matches<string>(c => c! is "30" or "37" or "90" or "97" || Regex.IsMatch(c!, "^(4[0-8]|10[0-7])$")), "neither black nor white, and no ground of its own");
    }

    [Test]
    public void It_is_the_same_below_script()
    {
        using var bench = installed.Bench().Set("CI", null).Set("TERM", "xterm-256color");
        var result = bench.RunBelow(["script", "--quiet", "--return", "--command"], "/dev/null", Build);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(result.Output, Does.Contain("rocky-9: template 9100 on node pve. Record: "));
            Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(1));
        });
    }

    /// <summary>What the live display draws is followed by codes that go back over it.</summary>
    private static IEnumerable<string> LiveLines(string output) =>
        Codes().Replace(Back().Replace(output, "\n<back>"), "").Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.StartsWith("rocky-9 ", StringComparison.Ordinal) && l.Contains(" of about ", StringComparison.Ordinal));

    [GeneratedRegex(@"\e(\[[0-9;?]*[A-Za-z]|[=>])")]
    private static partial Regex Codes();

    [GeneratedRegex(@"\r?\e\[2K|\e\[[0-9]*A")]
    private static partial Regex Back();
}
