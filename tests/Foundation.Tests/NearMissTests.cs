using CsCheck;

namespace Foundation.Tests;

public sealed class NearMissTests
{
    private static readonly Gen<string> Word = Gen.String[Gen.Char['a', 'c'], 0, 8];

    [TestCase("kitten", "sitting", 3)]
    [TestCase("", "abc", 3)]
    [TestCase("same", "same", 0)]
    public void The_distance_is_Levenshtein_s(string one, string other, int distance) =>
        Assert.That(NearMiss.Distance(one, other), Is.EqualTo(distance));

    [Test]
    public void The_distance_is_a_metric() => Gen.Select(Word, Word, Word).Sample(
        (a, b, c) => NearMiss.Distance(a, b) == NearMiss.Distance(b, a)
            && NearMiss.Distance(a, c) <= NearMiss.Distance(a, b) + NearMiss.Distance(b, c)
            && (NearMiss.Distance(a, b) == 0) == (a == b),
        iter: 2000);

    [TestCase("rokcy-9", "rocky-9")]
    [TestCase("ROCKY-9", "rocky-9")]
    [TestCase("rocky", "rocky-9")]
    public void A_typing_error_other_letters_and_a_beginning_are_near(string text, string meant) =>
        Assert.That(NearMiss.Find(text, ["windows-2022", "rocky-9"]), Is.EqualTo(new[] { meant }));

    [TestCase("")]
    [TestCase("debian-13")]
    public void Nothing_is_near_what_resembles_nothing(string text) =>
        Assert.That(NearMiss.Find(text, ["windows-2022", "rocky-9"]), Is.Empty);

    [Test]
    public void A_very_long_text_is_near_nothing() =>
        Assert.That(NearMiss.Find(new string('x', 100_000), ["rocky-9", new string('y', 100_000)]), Is.Empty);
}
