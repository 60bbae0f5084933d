using CsCheck;
using Records.Verification;
using Records.Views;

namespace Records.Tests;

/// <summary>What the pages' writer shows, the verifier's reader recognises, and nothing else.</summary>
public sealed class ShownValueTests
{
    private static readonly string[] Pieces =
        ["`", "``", " ", "|", "[U+202E]", "\u202E", "\n", "<br>", "a", "é", "…", "\\", "\uD83D\uDE00", "\u200B", "\u0301", "\u3164"];

    private static readonly Gen<string> Hostile =
        Gen.OneOf(Gen.String, Gen.Int[0, Pieces.Length - 1].Array[0, 12].Select(all => string.Concat(all.Select(i => Pieces[i]))));

    [Test]
    public void Every_value_is_recognised_as_it_is_shown()
    {
        Hostile.Where(v => !v.Any(char.IsSurrogate) || v.IsNormalized()).Sample(value => ShownValue.Is(MarkdownText.Code(value), value), iter: 5000);
    }

    [Test]
    public void No_other_value_is()
    {
        Gen.Select(Hostile, Hostile).Where(p => MarkdownText.Code(p.Item1) != MarkdownText.Code(p.Item2))
            .Sample((shown, value) => !ShownValue.Is(MarkdownText.Code(shown), value), iter: 5000);
    }

    [TestCase("not recorded", null, true)]
    [TestCase("not recorded", "", false)]
    [TestCase("`not recorded`", null, false)]
    [TestCase("(empty)", "", true)]
    [TestCase("``", "", false)]
    [TestCase("a", "a", false)]
    [TestCase("`a", "a", false)]
    [TestCase("a`", "a", false)]
    [TestCase("`a``", "a", false)]
    [TestCase("`a` and `a`", "a` and `a", false)]
    [TestCase("``a`b``", "a`b", true)]
    [TestCase("`a`b`", "a`b", false)]
    [TestCase("` a `", "a", true)]
    [TestCase("` a `", " a ", true)]
    [TestCase("`  `", "  ", true)]
    [TestCase("`a\u202Eb`", "a\u202Eb", false)]
    [TestCase("`a[U+202E]b`", "a\u202Eb", true)]
    [TestCase("`a|b`", "a|b", false)]
    [TestCase("`a[U+007C]b`", "a|b", true)]
    [TestCase("`a\u3164`", "a\u3164", false)]
    [TestCase("`ab`", "a", false)]
    [TestCase("`a`", "ab", false)]
    public void Only_one_code_span_shows_a_value(string shown, string? value, bool expected) =>
        Assert.That(ShownValue.Is(shown, value), Is.EqualTo(expected));

    [TestCase(1999, true)]
    [TestCase(2000, true)]
    [TestCase(2001, true)]
    [TestCase(5000, true)]
    public void A_long_value_may_be_cut_where_the_writer_cuts_it_and_says_how_long_it_is(int length, bool expected)
    {
        var value = new string('x', length);
        Assert.That(ShownValue.Is(MarkdownText.Code(value), value), Is.EqualTo(expected));
        Assert.That(ShownValue.Is($"`{value[..1500]}… ({length} characters)`", value), Is.False, "not earlier");
        Assert.That(ShownValue.Is(MarkdownText.Code(value), value + "y"), Is.False);
    }
}
