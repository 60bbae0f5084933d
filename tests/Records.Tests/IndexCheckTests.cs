using Records.Sealing;
using Records.Verification;

namespace Records.Tests;

/// <summary>The index is no evidence, but a reviewer begins there: nothing in it may be other than generated.</summary>
public sealed class IndexCheckTests
{
    [TestCase("{0} ", "")]
    [TestCase("{0}\n{0}", Category = "Long")]
    [TestCase("<!-- -->\n{0}", Category = "Long")]
    [TestCase("{0}\u202E", Category = "Long")]
    public void Every_line_that_is_changed_taken_away_or_added_is_found(params string[] changes)
    {
        using var records = new TestRecords();
        records.Publish();
        records.Publish(template: "windows-2022");
        records.Store.PublishLatest(records.Seal(record: records.Init()));
        Assert.That(records.Findings(), Is.Empty);
        var lines = File.ReadAllLines(records.Root.Index);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0)
            {
                continue;
            }

            foreach (var changed in changes.Select(c => string.Format(null, c, lines[i])))
            {
                File.WriteAllText(records.Root.Index, string.Join('\n', lines.Select((l, at) => at == i ? changed : l)) + "\n");
                Assert.That(records.Findings(), Is.EqualTo(new[] { "README.md: index-disagrees" }), $"{lines[i]} → {changed}");
            }
        }

        File.WriteAllText(records.Root.Index, string.Join('\n', lines) + "\nMore.\n");
        Assert.That(records.Findings(), Is.EqualTo(new[] { "README.md: index-disagrees" }));
        File.WriteAllText(records.Root.Index, string.Join('\n', lines) + "\n");
        Assert.That(records.Findings(), Is.Empty, "put back");
    }

    [Test]
    public void Cells_that_say_something_else_are_found()
    {
        using var records = new TestRecords();
        records.Publish();
        records.Store.PublishLatest(records.Seal(record: records.Init()));
        var text = File.ReadAllText(records.Root.Index);
        foreach (var (cell, other) in new[] { ("| 9010 |", "| 9011 |"), ("`pve1`", "`pve2`"), ("`1.6.6`", "`1.7.0`"), ("`rocky.iso`", "`x.iso`"), ("`passed`", "`failed`"), ("`packer@pve!build`", "`root@pam!x`"), ("| 1 |", "| 2 |"), ("| `reviewer@example.net` |", "| `boss@example.net` |") })
        {
            Assert.That(text, Does.Contain(cell));
            File.WriteAllText(records.Root.Index, text.Replace(cell, other, StringComparison.Ordinal));
            Assert.That(records.Findings(), Is.EqualTo(new[] { "README.md: index-disagrees" }), cell);
        }
    }

    [Test]
    public void The_sandbox_has_its_own_page_and_none_has_the_others()
    {
        using var records = new TestRecords("sandbox");
        records.Publish();
        Assert.That(records.Findings(), Is.Empty);
        File.WriteAllText(records.Root.Index, string.Concat(File.ReadAllLines(records.Root.Index).Where(l => !l.StartsWith('>')).Select(l => l + "\n")));
        Assert.That(records.Findings(), Is.EqualTo(new[] { "README.md: index-disagrees" }), "without its banner");
    }

    [Test]
    public void A_page_of_nothing_is_right_where_there_is_nothing()
    {
        using var records = new TestRecords();
        Publication.PublishAll(records.Root);
        Assert.That(records.Findings(), Is.Empty);
        File.AppendAllText(records.Root.Index, "| [2026-11-22T191627Z](builds/rocky-9/2026-11-22T191627Z/README.md) | x | `" + new string('a', 64) + "` |\n");
        Assert.That(records.Verify().Single().Findings.Single().Message, Is.EqualTo("it lists builds/rocky-9/2026-11-22T191627Z, which is not there"));
    }

    [Test]
    public void Thousands_of_wrong_rows_give_a_few_findings()
    {
        using var records = new TestRecords();
        records.Publish();
        File.AppendAllText(records.Root.Index, string.Concat(Enumerable.Range(0, 5000).Select(i => $"| [x](builds/a{i}/2026-11-22T191627Z/README.md) | x | `{new string('a', 64)}` |\n")));
        Assert.That(records.Verify().Single(v => v.Kind == VerdictKind.Index).Findings, Has.Count.EqualTo(20));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Platform(Exclude = "Win")]
    public void What_is_no_file_is_found(bool isLink)
    {
        using var records = new TestRecords();
        records.Publish();
        File.Move(records.Root.Index, Path.Combine(records.Folder, "page"));
        if (isLink)
        {
            File.CreateSymbolicLink(records.Root.Index, Path.Combine(records.Folder, "page"));
        }
        else
        {
            Directory.CreateDirectory(records.Root.Index);
        }

        Assert.That(records.Findings(), Does.Contain("README.md: index-disagrees"));
    }

    [Test]
    public void What_is_wrong_with_the_page_is_said()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var second = records.Publish();
        var lines = File.ReadAllLines(records.Root.Index);
        const string remedy = "index-disagrees: : ";
        var row = Array.FindIndex(lines, l => l.StartsWith($"| [{first.Stamp}]", StringComparison.Ordinal));
        Write([.. lines, "More."]);
        Assert.That(Said(), Does.StartWith($"{remedy}line {lines.Length + 1} is more than the records give"));
        Write(lines[..^1]);
        Assert.That(Said(), Does.StartWith($"{remedy}it ends too early"));
        Write(["# Another title", .. lines[1..]]);
        Assert.That(Said(), Does.StartWith($"{remedy}line 1 is not the one that the records give: '{lines[0]}'"));
        Write([.. lines[..row], lines[row].Replace("pve1", "pve2", StringComparison.Ordinal), .. lines[(row + 1)..]]);
        Assert.That(Said(), Does.StartWith($"{remedy}line {row + 1} is not the one that the records give").And.Not.Contain("''"));
        Write([.. lines[..row], lines[row].Replace(first.Record.LogSha256![..12], new string('0', 12), StringComparison.Ordinal), .. lines[(row + 1)..]]);
        Assert.That(Said(), Is.EqualTo($"{remedy}it states another log hash for builds/rocky-9/{first.Stamp} than the record does"));
        Write([.. lines.Where(l => !l.StartsWith("| [2", StringComparison.Ordinal))]);
        Assert.That(
            records.Said().Select(s => s["README.md: ".Length..]),
            Is.EqualTo(new[] { $"{remedy}it does not list builds/rocky-9/{first.Stamp}", $"{remedy}it does not list builds/rocky-9/{second.Stamp}" }));
        using (var page = File.OpenWrite(records.Root.Index))
        {
            page.SetLength((64 << 20) + 1);
        }

        Assert.That(Said(), Is.EqualTo($"{remedy}it has more than 67108864 bytes"));
        File.Delete(records.Root.Index);
        Assert.That(Said(), Is.EqualTo("index-missing: : there are records and no index"));
        Directory.CreateDirectory(records.Root.Index);
        Assert.That(Said(), Does.EndWith($" AND {remedy}it must be a file"), "and a folder that belongs nowhere");

        string Said() => string.Join(" AND ", records.Said().Select(s => s["README.md: ".Length..]));

        void Write(string[] page) => File.WriteAllText(records.Root.Index, string.Join('\n', page) + "\n");
    }
}
