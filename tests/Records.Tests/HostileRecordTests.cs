using System.Text;
using Foundation;
using Records.Sealing;
using Records.Verification;

namespace Records.Tests;

/// <summary>Content that wants to crash, stall or fool the verifier.</summary>
public sealed class HostileRecordTests
{
    private static IEnumerable<TestCaseData> Files()
    {
        yield return new TestCaseData("run.json", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 100_000)))).SetArgDisplayNames("deep");
        yield return new TestCaseData("run.json", new byte[] { 0xff, 0xfe, 0x00, 0xc0, 0x80 }).SetArgDisplayNames("no UTF-8");
        yield return new TestCaseData("run.json", "{\"type\":\"\\ud800\"}"u8.ToArray()).SetArgDisplayNames("half a surrogate");
        yield return new TestCaseData("run.json", "{\"type\":\"build\",\"type\":\"init\"}"u8.ToArray()).SetArgDisplayNames("twice the same field");
        yield return new TestCaseData("run.json", "null"u8.ToArray()).SetArgDisplayNames("null");
        yield return new TestCaseData("run.json", Array.Empty<byte>()).SetArgDisplayNames("empty");
        yield return new TestCaseData("run.json", new byte[9 * 1024 * 1024]).SetArgDisplayNames("large");
    }

    [TestCaseSource(nameof(Files))]
    public void A_signed_run_json_that_is_none_is_a_schema_violation(string file, byte[] content)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        File.WriteAllBytes(Path.Combine(made.Path, file), content);
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: {FindingName.SchemaViolation}"));
    }

    [Test]
    public void An_unsigned_record_with_half_a_surrogate_keeps_nobody_from_verifying_sealing_or_publishing()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var stranger = Path.Combine(Path.GetDirectoryName(made.Path)!, "2099-01-01T000000Z");
        Tampering.CopyFolder(made.Path, stranger);
        Tampering.Reseal(records, stranger);
        var run = Path.Combine(stranger, "run.json");
        File.WriteAllText(run, File.ReadAllText(run).Replace("\"node\": \"pve1\"", "\"node\": \"\\ud800\"", StringComparison.Ordinal));
        Tampering.Reseal(records, stranger);
        File.Delete(Path.Combine(stranger, "SHA256SUMS.sig"));
        Assert.That(records.Findings(), Has.Some.EqualTo($"builds/rocky-9/2099-01-01T000000Z: {FindingName.SchemaViolation}"));
        var next = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(1)));
        Assert.That(next.Record.Previous!.Record, Is.EqualTo(made.Stamp.ToString()));
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(records.Findings().Where(f => !f.Contains("2099", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void A_list_of_many_values_is_read_from_left_to_right()
    {
        using var records = new TestRecords();
        var privileges = Enumerable.Range(0, 20_000).Select(i => i % 2 == 0 ? "VM.Allocate" : "`<br>`").ToList();
        var made = records.Seal(record: records.Init() with { Privileges = privileges });
        records.Store.PublishLatest(made);
        Assert.That(records.Findings(), Is.Empty);
        TestRecords.Unlock(records.Root.Path);
        var readme = Path.Combine(made.Path, "README.md");
        var text = File.ReadAllText(readme);
        var row = text[text.IndexOf("| Privileges |", StringComparison.Ordinal)..].Split('\n')[0];
        foreach (var wrong in (string[])[row[..^2] + "<br>`VM.Audit` |", row.Replace("| Privileges | `VM.Allocate`<br>", "| Privileges | ", StringComparison.Ordinal), row[..^2] + "<br> |"])
        {
            File.WriteAllText(readme, text.Replace(row, wrong, StringComparison.Ordinal));
            Tampering.Reseal(records, made.Path);
            Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.ReadmeDisagrees));
        }
    }

    [Test, Platform("Linux")]
    public void A_pipe_in_the_place_of_the_log_does_not_stall()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        Assert.That(Shell.Run("rm packer.log && mkfifo packer.log", made.Path).Code, Is.Zero);
        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: {FindingName.LogHashMismatch}"));
    }

    [Test, Platform("Linux")]
    public void Names_with_control_characters_are_findings()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        File.WriteAllText(Path.Combine(made.Path, "a\u001b[31m\nb"), "");
        Directory.CreateDirectory(Path.Combine(records.Root.Path, "builds", "x\n| y |"));
        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: {FindingName.UnexpectedFile}"));
        Assert.That(records.Findings(), Does.Contain($"builds/x\n| y |: {FindingName.UnexpectedFolder}"));
    }

    [Test, Platform("Linux"), Category("Long")]
    public void A_log_of_two_gigabytes_is_read_in_little_memory()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        using (var log = File.OpenWrite(Path.Combine(made.Path, "packer.log")))
        {
            log.SetLength(2L << 30); // sparse
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: {FindingName.LogHashMismatch}"));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(20 << 20));
    }

    [Test]
    public void A_folder_full_of_files_is_given_up_on()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        for (var i = 0; i < 1001; i++)
        {
            File.WriteAllText(Path.Combine(made.Path, $"f{i}"), "");
        }

        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: {FindingName.UnexpectedFile}"));
    }
}
