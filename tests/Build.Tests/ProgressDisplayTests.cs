using Build.Output;
using Spectre.Console;

namespace Build.Tests;

internal sealed class ProgressDisplayTests
{
    private static string Shown(bool live, Action<ProgressDisplay> happens, int height = 24)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = live ? AnsiSupport.Yes : AnsiSupport.No,
            Interactive = live ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Height = height;
        console.Profile.Width = 120;
        using (var display = new ProgressDisplay(console, TimeProvider.System, ["rocky-9", "windows-2022"], live))
        {
            happens(display);
        }

        return writer.ToString();
    }

    [Test]
    public void Without_a_terminal_there_is_a_plain_line_for_each_stage() =>
        Assert.That(
            Shown(live: false, d => { d.Stage("rocky-9", "Creating VM"); d.Tell("rocky-9", Foundation.EventLevel.Warning, "slow"); }),
            Is.EqualTo($"rocky-9       0:00  Creating VM{Environment.NewLine}rocky-9       0:00  Warning: slow{Environment.NewLine}"));

    [Test]
    public void On_a_terminal_a_line_leaves_nothing_of_the_live_lines_that_it_takes_the_place_of() =>
        Assert.That(
            Shown(live: true, d => { d.Stage("rocky-9", "Provisioning with a script of a long name"); d.Stage("rocky-9", "Stopping VM"); }),
            Does.Contain("\u001b[Jrocky-9       0:00  Provisioning").And.Contain("\u001b[Jrocky-9       0:00  Stopping VM"));

    [TestCase(1)]
    [TestCase(2)]
    public void A_terminal_without_room_gets_plain_lines(int height) =>
        Assert.That(Shown(live: true, d => d.Stage("rocky-9", "Creating VM"), height), Is.EqualTo($"rocky-9       0:00  Creating VM{Environment.NewLine}"));

    [Test]
    public void What_a_log_says_does_not_move_the_cursor() =>
        Assert.That(Shown(live: false, d => d.Stage("rocky-9", "a\u001b[2Jb\rc")), Does.EndWith($"a [2Jb c{Environment.NewLine}"));
}
