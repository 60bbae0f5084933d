using CsCheck;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Records.Views;

namespace Records.Tests;

/// <summary>Hostile values show up as text in README and index, never as structure.</summary>
public sealed class InjectionTests
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseAdvancedExtensions().Build();

    private static readonly string[] Hostile =
    [
        "# heading", "\n# heading\n", "[link](javascript:alert(1))", "![image](x)", "<script>alert(1)</script>", "<b>", "| a | b |", "a|b", "a\\|b", "\\",
        "`", "``", "a`b``c", "*bold*", "https://evil.example.net", "www.evil.example.net", "a@evil.example.net", "\u001b[31mred\u001b[0m", "\u202Egnp.exe",
        "\u2066x\u2069", "../../etc/passwd", "\r\n| x |", "&lt;&#35;", "---", "    code", "\0", "\u200b", " ", "", "```\nx\n```", "{{ 1 + 1 }}", "[U+202E]", "\\`x\\`", ":smile:", "~~x~~",
    ];

    [TestCase(300)]
    [TestCase(20_000, Category = "Long")]
    public void A_value_is_one_code_span_in_a_table_cell(int cases)
    {
        var gen = Gen.OneOf(Gen.Int[0, Hostile.Length - 1].Select(i => Hostile[i]), Gen.String, Gen.Char["|`\\ \n<>[]*_#"].Array[0, 12].Select(c => new string(c)))
            .Array[1, 4].Select(parts => string.Concat(parts));
        gen.Sample(
            value =>
            {
                var document = Markdown.Parse($"| | |\n|---|---|\n| label | {MarkdownText.Code(value)} |\n", Pipeline);
                if (document.Count != 1 || document[0] is not Table { Count: 2 } table || table[1] is not TableRow { Count: 2 } row || row[1] is not TableCell { Count: 1 } cell
                    || cell[0] is not ParagraphBlock paragraph)
                {
                    return false;
                }

                var inlines = paragraph.Inline!.ToList();
                return value.Length == 0
                    ? inlines is [LiteralInline]
                    : inlines is [CodeInline code] && code.Content.Trim() == MarkdownText.Visible(value).Replace("|", "[U+007C]", StringComparison.Ordinal).Trim();
            },
            iter: cases, threads: 1);
    }

    [Test]
    public void What_is_not_visible_is_spelled_out() =>
        Assert.That(MarkdownText.Visible("a\u202Eb\u001b[0m\nc\ud800"), Is.EqualTo("a[U+202E]b[U+001B][0m[U+000A]c\ufffd"));

    // Named by their characters: what is hostile to a page is hostile to a test runner's output as well.
    private static IEnumerable<TestCaseData> HostileCases =>
        Hostile.Select((h, i) => (i % 10 == 0 ? new TestCaseData(h) : new TestCaseData(h).SetCategory("Long")).SetArgDisplayNames(h.Length == 0 ? "empty" : string.Join(' ', h.Select(c => ((int)c).ToString("X2", System.Globalization.CultureInfo.InvariantCulture)))));

    [TestCaseSource(nameof(HostileCases))]
    public void A_record_full_of_hostile_values_has_the_structure_of_a_plain_one(string hostile)
    {
        using var records = new TestRecords();
        var plain = Shape(Write(records, "plain"), out _);
        var shape = Shape(Write(records, hostile), out var targets);
        Assert.That(shape, Is.EqualTo(plain));
        Assert.That(targets, Is.All.Matches("^(run\\.json|packer\\.log|build\\.log|input\\.(ks\\.cfg|extra-post\\.sh)|provenance\\.(dsse|sigstore)\\.json|SHA256SUMS|SHA256SUMS\\.sig|\\.\\./\\.\\./\\.\\./keys/[0-9a-f]{64}\\.pem)$"));
        Assert.That(records.Findings(), Is.Empty);
        var index = File.ReadAllText(records.Root.Index);
        Assert.That(index.Any(c => c is '\u001b' or '\u202e' or '\0' or '\r'), Is.False);
        Shape(index, out targets);
        Assert.That(targets, Is.All.Matches("^(builds/rocky-9/[0-9TZ-]+/(README\\.md|packer\\.log)|allowed_signers)$"));
    }

    private static string Write(TestRecords records, string value)
    {
        var made = records.Seal(record: records.Build() with
        {
            Host = value,
            Node = value,
            Proxmox = new(value, value, value, value, value),
            Packer = new(value, null, value, value, null),
            Invocation = new() { Ci = "jenkins", Actor = value, Job = value, Repository = value, Url = value, User = value },
            ProgramVersion = value,
            Parameters = [new($"x{value}", value)],
            Allowed = [value],
            Media = [new(value, value, null, null)],
            Provisioning = [new($"x{value}", 0, 1)],
            Inputs = [new($"x{value}", new string('a', 64), value)],
            VmFacts = records.Build().VmFacts! with { Name = value, CpuType = value, Disks = [new(value, value, value, value, value, value)], Tags = [value], Pool = value, Volumes = [new(value, value, 1)], BootOrder = [value], Networks = [new(value, value), new("net1", value)] },
            Iso = new(value, value, new string('c', 64)),
            Sandbox = new("qemu", value, value, value),
            ValidationTest = new() { Status = "passed", Address = value, Os = value, Login = new() { User = value, CloudInit = value, System = value, FailedUnits = [value] } },
        });
        records.Store.PublishLatest(made);
        var readme = File.ReadAllText(Path.Combine(made.Path, "README.md"));
        Assert.That(readme.Any(c => c != '\n' && char.IsControl(c)), Is.False);
        return readme.Replace(made.Stamp.ToString(), "stamp", StringComparison.Ordinal);
    }

    /// <summary>The kinds of the blocks and inlines in order, without code spans and text.</summary>
    private static string Shape(string markdown, out List<string?> targets)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        targets = [.. document.Descendants<LinkInline>().Select(l => l.Url)];
        return string.Join(' ', document.Descendants().Where(d => d is not (CodeInline or LiteralInline or LineBreakInline)).Select(d => d.GetType().Name)
            .Where(n => n is not "ListItemBlock" and not "ParagraphBlock"));
    }
}
