using System.Text;

namespace Foundation.Tests;

public sealed class SecretSetTests
{
    [Test]
    public void Text_without_a_secret_is_the_same_object()
    {
        var secrets = new SecretSet();
        secrets.Add("swordfish");
        const string Text = "nothing to hide, \ud800 not even here";
        Assert.That(secrets.MaskIn(Text), Is.SameAs(Text));
    }

    [Test]
    public void Console_text_is_masked_in_the_same_forms_as_the_log()
    {
        var secrets = new SecretSet();
        secrets.Add("sword&fish");
        var encoded = Convert.ToBase64String(Encoding.Unicode.GetBytes("sword&fish!!"));
        Assert.That(secrets.MaskIn($"sword&fish sword&amp;fish {encoded}"), Does.StartWith("*** *** ***").And.Not.Contains(encoded[..12]));
    }

    [TestCase(null)]
    [TestCase("")]
    public void Nothing_is_no_secret(string? value)
    {
        var secrets = new SecretSet();
        secrets.Add(value);
        Assert.That(secrets.Values, Is.Empty);
    }

    [Test]
    public void A_secret_too_short_to_be_masked_is_refused()
    {
        var failure = Assert.Throws<FailureException>(() => new SecretSet().Add("abc"));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Not.Contain("abc"));
    }
}
