using System.Net;
using System.Text;
using CsCheck;
using Newtonsoft.Json;

namespace Foundation.Tests.Masking;

/// <summary>Secrets of several lines, and secrets in base64 that a log has wrapped.</summary>
public sealed class SecretFormsTests
{
    private static readonly string[] Prefixes = ["", "  ", "    proxmox-iso: ", "==> proxmox-iso: ", "2026/11/25 00:00:00 ui:     proxmox-iso: ", "\t"];

    private static readonly Gen<string> Secret = Gen.Char["ABCDEFGHIJKLMNOP0123456789+/=%&<>\"'\\$ -"].Array[10, 60].Select(c => "Q" + new string(c) + "Z");

    [Test]
    public void Base64_that_is_wrapped_shows_three_characters_of_the_secret_at_most([Values("\n", "\r\n", "\\n")] string lineEnd, [Values] bool wide)
    {
        Gen.Select(Secret, Gen.Byte.Array[0, 80], Gen.Byte.Array[0, 20], Gen.OneOf(Gen.Const(64), Gen.Const(76), Gen.Int[10, 80]), Gen.Int[0, Prefixes.Length - 1], Gen.Int[1, 90].Array[1, 20]).Sample(
            (secret, head, tail, width, prefix, reads) =>
            {
                var own = wide ? Encoding.Unicode.GetBytes(secret) : Encoding.UTF8.GetBytes(secret);
                var encoded = Convert.ToBase64String([.. head, .. own, .. tail]);
                var wrapped = string.Join(lineEnd + Prefixes[prefix], encoded.Chunk(width).Select(c => new string(c)));
                var first = ((head.Length * 8) + 5) / 6;
                var behind = (head.Length + own.Length) * 8 / 6;
                var masked = Text(MaskingBufferTests.Masked([secret], Encoding.UTF8.GetBytes($"before {wrapped}\nafter\n"), reads));
                var unwrapped = masked.Replace(lineEnd + Prefixes[prefix], "", StringComparison.Ordinal);
                Assert.That(unwrapped, Does.Not.Contain(encoded[(first + 3)..behind]));

                // The letter of an escaped line end is masked as well where the secret's base64 begins with it.
                Assert.That(unwrapped, Does.Match(@"^before [A-Za-z0-9+/=]*\\?\*\*\*"));
                Assert.That(unwrapped, Does.StartWith($"before {encoded[..first]}"));
                Assert.That(unwrapped.TrimEnd(), Does.EndWith("after"));
                var rest = unwrapped[(unwrapped.IndexOf("***", StringComparison.Ordinal) + 3)..unwrapped.LastIndexOf("after", StringComparison.Ordinal)].Trim();
                Assert.That(rest.Replace("***", "", StringComparison.Ordinal), Is.EqualTo(encoded[behind..]), "what follows is unchanged");
            },
            iter: 1_000);
    }

    [TestCase("\n")]
    [TestCase("\\n")]
    [TestCase("\\r\\n")]
    public void What_follows_in_a_later_line_is_no_end_of_the_secret_though_it_begins_like_it(string lineEnd)
    {
        // Its base64 ends with "a", which begins the second line as well as the third.
        const string secret = "Q A1NHF674D3< A32-<>+%13/ Z";
        var encoded = Base64(Encoding.UTF8, secret);
        var between = lineEnd + "    proxmox-iso: ";
        var masked = Masked(secret, $"{encoded[..^1]}{between}a+more{between}a5{lineEnd}");
        Assert.That(masked, Is.EqualTo($"***+more{between}a5{lineEnd}"));
    }

    [TestCase("first line of it\nsecond line of it", "first line of it\r\nsecond line of it")]
    [TestCase("first line of it\r\nsecond line of it", "first line of it\nsecond line of it")]
    [TestCase("first line of it\nsecond line of it\n", "first line of it\nsecond line of it")]
    [TestCase(" padded secret ", "padded secret")]
    [TestCase("padded secret\r\n", "padded secret")]
    public void A_text_with_other_line_ends_or_without_its_last_is_the_same_secret(string secret, string printed)
    {
        foreach (var form in (string[])[printed, Base64(Encoding.UTF8, printed), Base64(Encoding.Unicode, printed)])
        {
            Assert.That(Masked(secret, $"a|{form}|b"), Does.Match(@"^a\|\*\*\*[A-Za-z0-9+/=]{0,3}\|b$"), form);
        }

        Assert.That(Masked(secret, $"a|{Text(Encoding.Unicode.GetBytes(printed))}|b"), Is.EqualTo("a|***|b"));
    }

    [Test]
    public void Each_line_of_a_secret_is_masked_behind_a_prefix()
    {
        const string secret = "user = \"packer\"\n{\npassword = \"Tr0ub4dor&3\"\n}\n";
        const string printed = "    proxmox-iso: user = \"packer\"\n    proxmox-iso: {\n    proxmox-iso:   password = \"Tr0ub4dor&3\"\n    proxmox-iso: }\n";
        Assert.That(Masked(secret, printed), Is.EqualTo("    proxmox-iso: ***\n    proxmox-iso: {\n    proxmox-iso:   ***\n    proxmox-iso: }\n"), "a brace is no secret");
    }

    [Test]
    public void Base64_of_an_escaped_secret_is_masked()
    {
        const string secret = "p\"ä<&>' %\\secret";
        foreach (var escaped in (string[])[JsonConvert.ToString(secret)[1..^1], System.Text.Json.JsonSerializer.Serialize(secret)[1..^1], Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), WebUtility.HtmlEncode(secret)])
        {
            foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode])
            {
                var encoded = Base64(encoding, $"{{\"password\":\"{escaped}\"}}");
                var masked = Masked(secret, encoded);
                Assert.That(masked, Does.Contain("***"), escaped);
                Assert.That(masked.Length, Is.LessThan(encoded.Length - (encoding.GetByteCount(escaped) * 4 / 3) + 8), escaped);
            }
        }
    }

    [TestCase("it's \"so\" $ecret", "it''s \"so\" $ecret", Description = "'…' in PowerShell")]
    [TestCase("it's \"so\" $ecret", "it's `\"so`\" `$ecret", Description = "\"…\" in PowerShell")]
    [TestCase("it's \"so\" $ecret", @"it'\''s ""so"" $ecret", Description = "'…' in a shell")]
    public void A_quoted_secret_in_an_encoded_command_is_found(string secret, string quoted)
    {
        foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode])
        {
            var masked = Masked(secret, Base64(encoding, $"$p = '{quoted}'; exit"));
            Assert.That(masked, Does.Contain("***"));
            Assert.That(masked, Does.Not.Contain(Base64(encoding, quoted)[4..^4]));
        }
    }

    private static string Masked(string secret, string text) => Text(MaskingBufferTests.Masked([secret], Encoding.UTF8.GetBytes(text), [7, 64, 3]));

    private static string Base64(Encoding encoding, string text) => Convert.ToBase64String(encoding.GetBytes(text));

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
