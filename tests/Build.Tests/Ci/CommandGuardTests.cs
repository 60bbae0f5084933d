using Build.Ci;
using CsCheck;

namespace Build.Tests.Ci;

internal sealed class CommandGuardTests
{
    private static string Guarded(params string[] pieces)
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var guard = new CommandGuard(inner);
        foreach (var piece in pieces)
        {
            guard.Write(piece);
        }

        return inner.ToString();
    }

    [TestCase("::error::x", ": :error::x")]
    [TestCase("  \t::set-output name=a::b", "  \t: :set-output name=a::b")]
    [TestCase("text\r::error::x", "text\r: :error::x")]
    [TestCase("said: ##vso[task.setvariable variable=PATH]x", "said: ##vso [task.setvariable variable=PATH]x")]
    [TestCase("##VSO[x]", "##VSO [x]")]
    [TestCase("x ##teamcity[buildStatus text='y']", "x ##teamcity [buildStatus text='y']")]
    [TestCase("x ##[add-mask]y", "x ## [add-mask]y")]
    [TestCase("\u001b[0Ksection_start:1:x\r\u001b[0K", "\u001b[0Ksection_start :1:x\r\u001b[0K")]
    [TestCase("rocky-9  0:01  at 10::1, #1 [x] :: y", "rocky-9  0:01  at 10::1, #1 [x] :: y")]
    public void What_would_be_a_command_is_broken_up_and_nothing_else(string text, string shown)
    {
        Assert.That(Guarded(text), Is.EqualTo(shown));
        Assert.That(Guarded([.. text.Select(c => c.ToString())]), Is.EqualTo(shown), "however it is written");
    }

    [Test]
    public void No_text_is_a_command_however_it_is_cut()
    {
        string[] parts = [":", "::", " ", "#", "##", "[", "##vso[", "vso", "teamcity", "##teamcity[", "section_start:", "section_", "end", "start", "\r", "\n", "\t", "x", "##["];
        Gen.Int[0, parts.Length - 1].Array[0, 12].Select(chosen => chosen.Select(c => parts[c]).ToArray()).Sample(pieces =>
        {
            var lines = Guarded(pieces).Split('\r', '\n');
            return lines.All(l => !l.TrimStart().StartsWith("::", StringComparison.Ordinal)
                && !new[] { "##[", "##vso[", "##teamcity[", "section_start:", "section_end:" }.Any(c => l.Contains(c, StringComparison.OrdinalIgnoreCase)));
        });
    }

    [Test]
    public void Nothing_is_lost_and_only_spaces_are_added() => Gen.String[Gen.Char["#:[vso tecaminy\n\r"], 0, 60].Sample(text =>
        Guarded(text).Replace(" ", "", StringComparison.Ordinal) == text.Replace(" ", "", StringComparison.Ordinal));

    [Test]
    public void The_programs_own_commands_go_as_they_are_on_lines_of_their_own()
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var guard = new CommandGuard(inner);
        guard.Write("half a line");
        guard.Command("::endgroup::");
        guard.Write("::x");
        Assert.That(inner.ToString(), Is.EqualTo("half a line\n::endgroup::\n: :x"));
    }
}
