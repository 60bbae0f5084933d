using System.Globalization;
using System.Net;
using System.Security;
using System.Text;
using System.Text.Json;
using CsCheck;
using Foundation.Masking;
using Newtonsoft.Json;

namespace Foundation.Tests.Masking;

public sealed class MaskingBufferTests
{
    private static readonly (string Name, Func<string, string> Encode)[] Encoders =
    [
        ("plain", s => s),
        ("Uri.EscapeDataString", Uri.EscapeDataString),
        ("Uri.EscapeDataString, lower", s => LowerHex(Uri.EscapeDataString(s))),
        ("WebUtility.UrlEncode", s => WebUtility.UrlEncode(s)),
        ("twice URL-encoded", s => Uri.EscapeDataString(Uri.EscapeDataString(s))),
        ("every special percent-encoded", s => string.Concat(Encoding.UTF8.GetBytes(s).Select(b => char.IsAsciiLetterOrDigit((char)b) ? ((char)b).ToString() : $"%{b:X2}"))),
        ("System.Text.Json", s => System.Text.Json.JsonSerializer.Serialize(s)[1..^1]),
        ("System.Text.Json, relaxed", s => System.Text.Json.JsonSerializer.Serialize(s, Relaxed)[1..^1]),
        ("Newtonsoft", s => JsonConvert.ToString(s)[1..^1]),
        ("Newtonsoft, HTML-safe", s => JsonConvert.ToString(s, '"', StringEscapeHandling.EscapeHtml)[1..^1]),
        ("Newtonsoft, ASCII", s => JsonConvert.ToString(s, '"', StringEscapeHandling.EscapeNonAscii)[1..^1]),
        ("JSON in JSON", s => JsonConvert.ToString(JsonConvert.ToString(s))[3..^3]),
        ("Go %q", GoQuote),
        ("JSON in Go %q", s => GoQuote(JsonConvert.ToString(s)[1..^1])),
        ("WebUtility.HtmlEncode", s => WebUtility.HtmlEncode(s)),
        ("SecurityElement.Escape", s => SecurityElement.Escape(s)),
        ("numeric entities", s => string.Concat(s.EnumerateRunes().Select(r => Rune.IsLetterOrDigit(r) && r.IsAscii ? r.ToString() : $"&#x{r.Value:x};"))),
        ("shell quotes", s => s.Replace("'", @"'\''", StringComparison.Ordinal)),
        ("PowerShell quotes", s => s.Replace("'", "''", StringComparison.Ordinal)),
    ];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Letters that the text around never has, so that a secret cannot begin or end there by chance.
    private static readonly Gen<string> Secret = Gen.OneOf(
            Gen.Char["ABCDEFGHIJKLMNOP"], Gen.Char["0123456789"], Gen.Char["+/=%&<>\"'\\$`!#*?@^~ -_."], Gen.Char["\n\t"], Gen.Char["äß€漢"])
        .Array[2, 40].Select(c => "Q" + new string(c) + "Z");

    private static readonly Gen<string> Text = Gen.Char["rstuvw \n"].Array[0, 50].Select(c => new string(c));

    [Test]
    public void A_secret_in_any_escaping_becomes_the_mask_and_nothing_else_changes_whatever_the_reads()
    {
        Gen.Select(Secret, Gen.Int[0, Encoders.Length - 1], Text, Text, Gen.Int[1, 40].Array[1, 20]).Sample(
            (secret, encoder, before, after, reads) =>
            {
                var bytes = Encoding.UTF8.GetBytes(before + Encoders[encoder].Encode(secret) + after);
                Assert.That(Utf8(Masked([secret], bytes, reads)), Is.EqualTo(before + "***" + after), () => $"{Encoders[encoder].Name}: {secret}");
            },
            iter: 6_000);
    }

    [Test]
    public void A_secret_inside_base64_is_cut_out_to_the_character([Values] bool wide, [Values] bool urlAlphabet)
    {
        Gen.Select(Secret, Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 20], Text, Gen.Int[1, 40].Array[1, 20]).Sample(
            (secret, head, tail, around, reads) =>
            {
                var own = wide ? Encoding.Unicode.GetBytes(secret) : Encoding.UTF8.GetBytes(secret);
                var encoded = Convert.ToBase64String([.. head, .. own, .. tail]);
                encoded = urlAlphabet ? encoded.Replace('+', '-').Replace('/', '_') : encoded;
                var first = ((head.Length * 8) + 5) / 6;
                var behind = (head.Length + own.Length) * 8 / 6;
                var expected = around + encoded[..first] + "***" + encoded[behind..] + around;
                Assert.That(Utf8(Masked([secret], Encoding.UTF8.GetBytes(around + encoded + around), reads)), Is.EqualTo(expected));
            },
            iter: 5_000);
    }

    [Test]
    public void A_secret_in_Utf16_becomes_the_mask()
    {
        Gen.Select(Secret, Gen.Byte[128, 200].Array[0, 20], Gen.Int[1, 40].Array[1, 20]).Sample(
            (secret, around, reads) =>
            {
                byte[] bytes = [.. around, .. Encoding.Unicode.GetBytes(secret), .. around];
                Assert.That(Masked([secret], bytes, reads), Is.EqualTo((byte[])[.. around, .. "***"u8, .. around]));
            },
            iter: 2_000);
    }

    [Test]
    public void Overlapping_secrets_are_all_covered_as_a_slow_search_would()
    {
        // Few letters, so that secrets overlap, contain and repeat each other all the time.
        var few = Gen.Char["KLM"].Array[4, 9].Select(c => new string(c));
        Gen.Select(few.Array[1, 4], Gen.Char["KLM"].Array[0, 200], Gen.Int[1, 30].Array[1, 10]).Sample(
            (secrets, text, reads) =>
                Assert.That(Utf8(Masked(secrets, Encoding.UTF8.GetBytes(text), reads)), Is.EqualTo(SlowlyMasked(new string(text), secrets))),
            iter: 4_000);
    }

    [Test]
    public void Bytes_that_are_no_secret_pass_unchanged()
    {
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[1, 600].Array[1, 10]).Sample(
            (bytes, reads) => Assert.That(Masked(["correct horse battery", "Zq9!Zq9!"], bytes, reads), Is.EqualTo(bytes)), iter: 2_000);
    }

    [Test]
    public void A_line_is_handed_on_at_once_when_nothing_in_its_end_may_be_a_secret()
    {
        var secrets = new SecretSet();
        secrets.Add("hunter2-hunter2");
        var output = new MemoryStream();
        var buffer = new MaskingBuffer(secrets);

        buffer.Append("==> Creating VM\n"u8, output.Write);
        Assert.That(Utf8(output.ToArray()), Is.EqualTo("==> Creating VM\n"));

        buffer.Append("the word is hunt"u8, output.Write);
        Assert.That(Utf8(output.ToArray()), Is.EqualTo("==> Creating VM\nthe word is "));

        buffer.Append("er3\n"u8, output.Write);
        Assert.That(Utf8(output.ToArray()), Is.EqualTo("==> Creating VM\nthe word is hunter3\n"));
    }

    [Test]
    public void A_secret_added_on_the_way_is_found_from_then_on()
    {
        var secrets = new SecretSet();
        var output = new MemoryStream();
        var buffer = new MaskingBuffer(secrets);
        buffer.Append("late-secret "u8, output.Write);
        secrets.Add("late-secret");
        buffer.Append("late-secret"u8, output.Write);
        buffer.Complete(output.Write);
        Assert.That(Utf8(output.ToArray()), Is.EqualTo("late-secret ***"));
    }

    [Test]
    public void The_stream_masks_on_the_way_and_writes_the_rest_when_it_is_closed()
    {
        var secrets = new SecretSet();
        secrets.Add("swordfish");
        var output = new MemoryStream();
        using (var stream = new MaskingStream(output, secrets))
        {
            stream.Write("say sword"u8);
            stream.Write("fish, sword"u8);
        }

        Assert.That(Utf8(output.ToArray()), Is.EqualTo("say ***, sword"));
    }

    [Test]
    public void Many_secrets_are_all_found()
    {
        var secrets = Enumerable.Range(0, 300).Select(i => $"Secret{i * 7919:D7}End").ToArray();
        var text = string.Join('\n', secrets.Select(s => $"x {s} y"));
        Assert.That(Utf8(Masked(secrets, Encoding.UTF8.GetBytes(text), [1000])), Is.EqualTo(string.Join('\n', secrets.Select(_ => "x *** y"))));
    }

    internal static byte[] Masked(string[] values, byte[] bytes, int[] reads)
    {
        var secrets = new SecretSet();
        foreach (var value in values)
        {
            secrets.Add(value);
        }

        var output = new MemoryStream();
        var buffer = new MaskingBuffer(secrets);
        var at = 0;
        for (var read = 0; at < bytes.Length; read++)
        {
            var length = Math.Min(reads[read % reads.Length], bytes.Length - at);
            buffer.Append(bytes.AsSpan(at, length), output.Write);
            at += length;
        }

        buffer.Complete(output.Write);
        return output.ToArray();
    }

    private static string SlowlyMasked(string text, string[] secrets)
    {
        var starts = Enumerable.Range(0, text.Length)
            .SelectMany(at => secrets.Where(s => string.CompareOrdinal(text, at, s, 0, s.Length) == 0).Select(s => (Start: at, End: at + s.Length)));
        var result = new StringBuilder();
        var at = 0;
        var covered = 0;
        foreach (var (start, end) in starts.OrderBy(r => r.Start))
        {
            if (start >= covered)
            {
                result.Append(text, at, start - at).Append("***");
            }

            covered = at = Math.Max(covered, end);
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string GoQuote(string text) => string.Concat(text.EnumerateRunes().Select(r => r.Value switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\n' => @"\n",
        '\t' => @"\t",
        _ => r.ToString(),
    }));

    private static string LowerHex(string text) =>
        string.Concat(text.Select((c, i) => (i > 0 && text[i - 1] == '%') || (i > 1 && text[i - 2] == '%') ? char.ToLower(c, CultureInfo.InvariantCulture) : c));

    private static string Utf8(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
