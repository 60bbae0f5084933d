using System.Text.RegularExpressions;
using Records.Model;
using Records.Verification;

namespace Records.Tests;

/// <summary>A README that was signed with other facts than its <c>run.json</c>.</summary>
public sealed class ReadmeCheckTests
{
    [TestCase(false, "{0} | `other` |")]
    [TestCase(true, "{0} | `other` |")]
    [TestCase(false, "", Category = "Long")]
    [TestCase(false, "{1}\n{1}", Category = "Long")]
    [TestCase(false, "{0} | not recorded or so |", Category = "Long")]
    public void Every_row_that_says_something_else_is_found(bool isInit, string instead)
    {
        using var records = new TestRecords();
        var made = records.Seal(record: isInit ? records.Init() : records.Build());
        records.Store.PublishLatest(made);
        TestRecords.Unlock(records.Root.Path);
        var page = Path.Combine(made.Path, "README.md");
        var original = File.ReadAllLines(page);
        var rows = Enumerable.Range(0, original.Length).Where(i => original[i].StartsWith("| ", StringComparison.Ordinal)
            && original[i] is not ("| | |" or "| File | In the repository | SHA-256 |" or "| Other file | What it is |" or "| File here | Path in the build | Differs from what was served | SHA-256 of what was served |") && !original[i].StartsWith("| [", StringComparison.Ordinal)).ToList();
        Assert.That(rows, Has.Count.GreaterThan(isInit ? 22 : 40));
        foreach (var i in rows)
        {
            var cells = original[i].Split(" | ");
            var changed = string.Format(null, instead, cells[0], original[i]);
            File.WriteAllText(page, string.Join('\n', original.Select((l, at) => at == i ? changed : l)) + "\n");
            Tampering.Reseal(records, made.Path);
            Assert.That(records.Verify().SelectMany(v => v.Findings).Where(f => f.Name == FindingName.ReadmeDisagrees), Is.Not.Empty, $"{original[i]} → {changed}");
        }

        File.WriteAllText(page, string.Join('\n', original) + "\n");
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Findings(), Is.Empty.Or.EqualTo(new[] { "README.md: index-disagrees" }), "put back");
    }

    [Test]
    public void Why_nothing_was_tested_is_stated_and_nothing_else()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: records.Build() with { ValidationTest = new() { Status = "skipped", Reason = "needs a GPU | really" } });
        records.Store.PublishLatest(made);
        var page = File.ReadAllText(Path.Combine(made.Path, "README.md"));
        Assert.That(page, Does.Contain("Why it was not tested | `needs a GPU").And.Contain("No clone of the template was started").And.Not.Contain("A clone of the template was started"));
        Assert.That(records.Findings(), Is.Empty);
        TestRecords.Unlock(records.Root.Path);
        Tampering.Reseal(records, made.Path, _ => { }, ("Why it was not tested", "`there was no time`"));
        Assert.That(records.Verify().SelectMany(v => v.Findings).Single(f => f.Name == FindingName.ReadmeDisagrees).Message, Does.StartWith("it states '`there was no time`' as Why it was not tested"));
    }

    [Test]
    public void A_sandbox_with_real_machines_says_what_ran_them_and_what_a_login_showed()
    {
        using var records = new TestRecords();
        var login = new LoginTest
        {
            User = "smoketest", OwnMachineId = true, OwnHostKeys = true, BuildUserGone = true, CloudInit = "done", System = "degraded", FailedUnits = ["a.service"], DiskGrown = null, ClockOffsetSeconds = -1, NoTraces = true,
        };
        var build = records.Build();
        var made = records.Seal(record: build with { Environment = "sandbox", Sandbox = new("qemu", "tcg", "7.2.22", "TEST_MEDIUM"), ValidationTest = build.ValidationTest! with { Login = login } });
        var page = File.ReadAllText(Path.Combine(made.Path, "README.md"));
        Assert.That(page, Does.Contain("Its machines were real").And.Not.Contain("no real machine was installed").And.Contain("| Machines | `qemu` |").And.Contain("| Run with | `tcg` |")
            .And.Contain("| QEMU | `7.2.22` |").And.Contain("| Label of the installation medium | `TEST_MEDIUM` |").And.Contain("| Has a machine id of its own | yes |")
            .And.Contain("| State of the system | `degraded` |").And.Contain("| Units that failed | `a.service` |").And.Contain("| Root takes the whole disk | not recorded |"));
        Assert.That(File.ReadAllText(Path.Combine(made.Path, "run.json")), Does.Contain("\"no_traces\": true"));
    }

    [Test]
    public void A_login_that_was_not_possible_is_not_recorded_with_its_reason()
    {
        using var records = new TestRecords();
        var build = records.Build();
        var made = records.Seal(record: build with { ValidationTest = build.ValidationTest! with { Login = new() { NotRecorded = "no way there" } } });
        records.Store.PublishLatest(made);
        var page = File.ReadAllText(Path.Combine(made.Path, "README.md"));
        Assert.That(page, Does.Contain("| Login by SSH | not recorded: `no way there` |").And.Not.Contain("machine id of its own"));
        Assert.That(records.Findings(), Is.Empty);
    }

    [TestCase("proxmox", "allow-old-packer", "1.6.6", true)]
    [TestCase("proxmox", "allow-old-packer", "1.16.0", false)]
    [TestCase("proxmox", "allow-unversioned", "1.6.6", false)]
    [TestCase("sandbox", "allow-old-packer", "1.6.6", false)]
    public void A_page_notes_that_the_old_Packer_was_allowed_on_a_cluster(string environment, string allowed, string version, bool noted)
    {
        using var records = new TestRecords();
        var build = records.Build();
        var made = records.Seal(record: build with { Environment = environment, Allowed = [allowed], Packer = build.Packer! with { Version = version } });
        Assert.That(File.ReadAllText(Path.Combine(made.Path, "README.md")).Contains("(`--allow-old-packer`)", StringComparison.Ordinal), Is.EqualTo(noted));
    }

    [TestCase("sha256sum -c SHA256SUMS", "sha256sum -c OTHERSUMS")]
    [TestCase("-n packer-build-record", "-n anything")]
    [TestCase("-f ../../../allowed_signers", "-f my_signers")]
    public void A_command_that_would_check_something_else_is_found(string text, string other)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var page = Path.Combine(made.Path, "README.md");
        File.WriteAllText(page, File.ReadAllText(page).Replace(text, other, StringComparison.Ordinal));
        Tampering.Reseal(records, made.Path);
        var findings = records.Verify().SelectMany(v => v.Findings).Where(f => f.Name == FindingName.ReadmeDisagrees).ToList();
        Assert.That(findings, Has.Count.EqualTo(1));
        Assert.That(findings[0].Message, Does.StartWith("it does not give the command '").And.EndWith("' once"));
    }

    [TestCase(@"\.\./2026-11-22T191627Z/", "../2026-11-22T191600Z/")]
    [TestCase("`sha256sum (../2026-11-22T191627Z/SHA256SUMS)` prints\\s+`[0-9a-f]{64}`", "`sha256sum $1` prints\n   `00000000000000000000000000000000000000000000000000000000000000ff`")]
    [TestCase("4[.] That no record before this one [^.]*[.]", "4. This is the first record of this template: none precedes it.")]
    public void Another_record_before_it_is_found(string text, string other)
    {
        using var records = new TestRecords();
        records.Publish();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var page = Path.Combine(made.Path, "README.md");
        var changed = Regex.Replace(File.ReadAllText(page), text, other);
        Assert.That(changed, Is.Not.EqualTo(File.ReadAllText(page)));
        File.WriteAllText(page, changed);
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Said(), Has.Some.EndsWith("the records that it says come before it are not those of run.json"));
    }

    [Test]
    public void A_value_in_the_words_of_the_page_is_no_record_before_it()
    {
        using var records = new TestRecords();
        var words = $"4. That no record: `sha256sum ../2026-11-22T191600Z/SHA256SUMS` prints `{new string('a', 64)}`.";
        records.Store.PublishLatest(records.Seal(record: records.Build() with { ValidationTest = new() { Status = "passed", GuestAgent = true, Network = true, Os = words }, Node = words }));
        Assert.That(records.Said(), Is.Empty);
    }

    [Test]
    public void What_is_not_recorded_is_stated_as_such()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: new() { Type = Model.RecordType.Build, Environment = "proxmox", Template = "rocky-9" });
        records.Store.PublishLatest(made);
        Assert.That(records.Findings(), Is.Empty);
        TestRecords.Unlock(records.Root.Path);
        Tampering.Reseal(records, made.Path, _ => { }, ("Memory", "`2048` MiB"), ("Processor", "`1` × `2` cores, type `host`"), ("Disks", "none"));
        var messages = records.Verify().SelectMany(v => v.Findings).Where(f => f.Name == FindingName.ReadmeDisagrees).Select(f => f.Message);
        Assert.That(messages, Is.EqualTo(new[]
        {
            "it states '`2048` MiB' as Memory where run.json has nothing",
            "it states 'none' as Disks where run.json has nothing",
            "it states '`1` × `2` cores, type `host`' as Processor where run.json has other numbers",
        }));
    }

    [Test]
    public void A_page_that_disagrees_everywhere_gives_a_few_findings_and_a_huge_one_is_not_read()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var page = Path.Combine(made.Path, "README.md");
        File.WriteAllText(page, "");
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Verify().SelectMany(v => v.Findings).Count(f => f.Name == FindingName.ReadmeDisagrees), Is.EqualTo(5));
        File.WriteAllText(page, new string('x', ReadmeCheck.MaxBytes + 1));
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Verify().SelectMany(v => v.Findings).Select(f => f.Message), Does.Contain("it is too large to be read"));
    }

    [TestCase("| `http/ks.cfg` | x")]
    [TestCase("| `http/ks.cfg` | |")]
    [TestCase("| `http/ks.cfg` |")]
    [TestCase("| ` |")]
    public void A_row_of_the_files_that_is_cut_off_is_a_finding_and_no_crash(string row)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var page = Path.Combine(made.Path, "README.md");
        var lines = File.ReadAllLines(page);
        File.WriteAllText(page, string.Join('\n', lines.Select(l => l.StartsWith("| `http/ks.cfg`", StringComparison.Ordinal) ? row : l)) + "\n");
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Verify().SelectMany(v => v.Findings).Select(f => f.Message), Does.Contain("its table of files is not the one in run.json"));
    }

    [TestCase("a = b", "c")]
    [TestCase("a` = `b", "c = d")]
    [TestCase("<br>", "x<br>`y` = `z`")]
    public void Devices_with_odd_names_are_read_as_they_are_shown(string device, string value)
    {
        using var records = new TestRecords();
        var run = records.Build();
        var made = records.Seal(record: run with { VmFacts = run.VmFacts! with { Disks = [new(device, value, "scsi", value, null, null), new("scsi1", "x", "scsi", "x", null, null)] } });
        records.Store.PublishLatest(made);
        Assert.That(records.Findings(), Is.Empty);
    }
}
