using Build.Output;

namespace Build.Tests;

internal sealed class ConsoleStyleTests
{
    [TestCase("TERM=xterm", false, true)]
    [TestCase("TERM=xterm", true, false)]
    [TestCase("TERM=dumb", false, false)]
    [TestCase("TERM=xterm NO_COLOR=1", false, false)]
    [TestCase("TERM=xterm NO_COLOR=1 CLICOLOR_FORCE=1", false, false)]
    [TestCase("TERM=dumb CLICOLOR_FORCE=1", true, true)]
    [TestCase("TERM=xterm CLICOLOR_FORCE=0", true, false)]
    [TestCase("TERM=xterm CLICOLOR=0", false, false)]
    public void Colours_follow_what_the_user_has_set(string environment, bool redirected, bool coloured)
    {
        var variables = environment.Split(' ').Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
        Assert.That(ConsoleStyle.MayColour(variables.GetValueOrDefault, redirected), Is.EqualTo(coloured));
    }
}
