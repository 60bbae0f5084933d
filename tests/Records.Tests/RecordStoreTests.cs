using Foundation;
using Newtonsoft.Json.Linq;
using Records.Model;
using Records.Sealing;

namespace Records.Tests;

public sealed class RecordStoreTests
{
    [Test]
    public void A_record_has_its_files_and_verifies_with_the_two_commands_of_its_readme()
    {
        using var records = new TestRecords();
        var made = records.Publish();

        Assert.That(
            Directory.EnumerateFiles(made.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { "README.md", "SHA256SUMS", "SHA256SUMS.sig", "build.log", "input.extra-post.sh", "input.ks.cfg", "packer.log", "provenance.dsse.json", "provenance.sigstore.json", "run.json" }));
        foreach (var command in CommandsIn(Path.Combine(made.Path, "README.md")))
        {
            var (code, output) = Shell.Run(command, made.Path);
            Assert.That(code, Is.Zero, $"{command}: {output}");
        }

        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void The_commands_of_an_init_record_work_too()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: records.Init());
        records.Store.PublishLatest(made);
        Assert.That(made.Path, Does.EndWith(Path.Combine("records", "init", "2026-11-22T191627Z")));
        foreach (var command in CommandsIn(Path.Combine(made.Path, "README.md")))
        {
            Assert.That(Shell.Run(command, made.Path).Code, Is.Zero, command);
        }

        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void Run_json_has_the_fields_of_the_design_in_its_order_with_null_for_unknown()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: new() { Type = RecordType.Build, Environment = "proxmox", Template = "rocky-9" });
        var run = JObject.Parse(File.ReadAllText(Path.Combine(made.Path, "run.json")));
        Assert.That(
            string.Join(' ', run.Properties().Select(p => p.Name)),
            Is.EqualTo("schema_version type environment timestamp_utc started_utc finished_utc duration_seconds host invocation chain_id program_version template vmid node "
                + "proxmox packer source parameters allowed inputs vm_facts iso media unattended provisioning validation_test log_file log_sha256 log_bytes build_log previous attestation signer"));
        Assert.That(run["vmid"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That(run["log_bytes"]!.Type, Is.EqualTo(JTokenType.Integer));
        Assert.That(File.ReadAllText(Path.Combine(made.Path, "README.md")), Does.Contain("| VMID | not recorded |"));
        records.Store.PublishLatest(made);
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void Built_twice_leaves_the_first_untouched_and_latest_on_the_second()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var before = Snapshot(first.Path);
        var second = records.Publish();

        Assert.That(Snapshot(first.Path), Is.EqualTo(before));
        Assert.That(second.Stamp, Is.EqualTo(first.Stamp.Next()), "the same second is taken");
        Assert.That(second.Record.TimestampUtc, Is.EqualTo(Path.GetFileName(second.Path)));
        Assert.That(second.Record.Previous!.Record, Is.EqualTo(first.Stamp.ToString()));
        var latest = Path.Combine(Path.GetDirectoryName(first.Path)!, "latest");
        Assert.That(new FileInfo(latest).LinkTarget, Is.EqualTo(second.Stamp.ToString()));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_clock_that_goes_backwards_does_not_put_a_record_before_its_predecessor()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var second = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddDays(-1)));
        Assert.That(second.Stamp, Is.GreaterThan(first.Stamp));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_key_that_somebody_has_limited_seals_nothing_and_is_known_before_a_build()
    {
        using var records = new TestRecords();
        records.Publish();
        records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment);
        var line = File.ReadAllText(records.Root.AllowedSigners).TrimEnd().Split('\n')[^1];
        var limited = line.Replace("namespaces=", "valid-before=\"20261122191650Z\",namespaces=", StringComparison.Ordinal) + "\n";
        File.WriteAllText(records.Root.AllowedSigners, limited);
        records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment);
        var later = TestRecords.Start.Moment.AddMinutes(1);
        foreach (var failure in (FailureException[])[Refused(() => records.Store.RequireSealable("rocky-9", later)), Refused(() => records.Seal(UtcStamp.From(later)))])
        {
            Assert.That(failure.Message, Does.StartWith($"Records that {records.Signer.Name} signs with the key {records.Signer.Fingerprint} would not verify: {records.Root.AllowedSigners} limits that key."));
        }

        Assert.That(File.ReadAllText(records.Root.AllowedSigners), Is.EqualTo(limited));
        Assert.That(records.Findings(), Is.Empty);

        static FailureException Refused(Action act) => Assert.Throws<FailureException>(() => act())!;
    }

    [TestCase("9999-12-31T235959Z")]
    [TestCase("2026-11-22T191647Z")]
    public void A_folder_that_nobody_sealed_is_not_followed(string name)
    {
        using var records = new TestRecords();
        var first = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var stranger = Path.Combine(Path.GetDirectoryName(first.Path)!, name);
        Tampering.CopyFolder(first.Path, stranger);
        var second = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddSeconds(20)));
        Assert.That(second.Record.Previous!.Record, Is.EqualTo(first.Stamp.ToString()));
        Assert.That(second.Stamp.ToString(), Is.EqualTo(name == "2026-11-22T191647Z" ? "2026-11-22T191648Z" : "2026-11-22T191647Z"));
        Assert.That(new FileInfo(Tampering.Latest(first.Path)).LinkTarget, Is.EqualTo(second.Stamp.ToString()));
        Assert.That(records.Findings(), Has.Some.EqualTo($"builds/rocky-9/{name}: timestamp-mismatch"));
        Directory.Delete(stranger, recursive: true);
        Publication.PublishAll(records.Root);
        Assert.That(records.Findings(), Is.Empty, "once it is taken away, the chain is whole");
    }

    [Test]
    public void A_record_that_was_damaged_is_not_followed_so_that_restoring_it_mends_the_chain()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var second = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var sums = Path.Combine(second.Path, "SHA256SUMS");
        var before = File.ReadAllBytes(sums);
        File.AppendAllText(sums, "x");
        var third = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddSeconds(20)));
        Assert.That(third.Record.Previous!.Record, Is.EqualTo(first.Stamp.ToString()));
        File.WriteAllBytes(sums, before);
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_record_is_read_only_and_the_log_keeps_its_name_in_the_runtime_logs()
    {
        using var records = new TestRecords();
        var log = records.Log();
        var made = records.Seal(log: log);
        Assert.That(File.GetUnixFileMode(made.Path), Is.EqualTo((UnixFileMode)0b101_101_101));
        foreach (var file in Directory.EnumerateFiles(made.Path))
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo((UnixFileMode)0b100_100_100), file);
        }

        Assert.That(File.Exists(log.Path));
    }

    [Test]
    public void Sandbox_records_have_a_banner_and_never_touch_the_real_ones()
    {
        using var records = new TestRecords("sandbox");
        var made = records.Publish();
        var real = Path.Combine(records.Folder, "records");
        Assert.That(made.Path, Does.StartWith(Path.Combine(real, "sandbox", "builds")));
        Assert.That(Directory.EnumerateFileSystemEntries(real).Select(e => Path.GetFileName(e)), Is.EqualTo(new[] { "sandbox" }));
        Assert.That(File.ReadAllText(Path.Combine(made.Path, "README.md")), Does.Contain("**SANDBOX.**"));
        Assert.That(File.ReadAllText(records.Root.Index), Does.Contain("**SANDBOX.**"));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_log_that_is_not_the_one_that_was_hashed_is_refused_and_leaves_nothing()
    {
        using var records = new TestRecords();
        var log = records.Log();
        File.AppendAllText(log.Path, "more");
        var failure = Assert.Throws<FailureException>(() => records.Seal(log: log));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(Records(records), Is.Empty);
    }

    [Test]
    public void The_next_run_removes_what_a_run_that_died_has_left()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var folder = Path.GetDirectoryName(made.Path)!;
        var leftover = Directory.CreateDirectory(Path.Combine(folder, ".tmp-dead"));
        File.WriteAllText(Path.Combine(leftover.FullName, "packer.log"), "half");
        Assert.That(records.Findings(), Is.Empty, "a leftover is no record");
        File.WriteAllText(Path.Combine(folder, ".tmp-file"), "half");
        var elsewhere = Directory.CreateDirectory(Path.Combine(records.Folder, "elsewhere"));
        File.WriteAllText(Path.Combine(elsewhere.FullName, "kept"), "");
        Directory.CreateSymbolicLink(Path.Combine(folder, ".tmp-link"), elsewhere.FullName);
        records.Publish();
        Assert.That(Directory.GetFileSystemEntries(folder, ".tmp-*"), Is.Empty);
        Assert.That(File.Exists(Path.Combine(elsewhere.FullName, "kept")), "no link is followed");
    }

    [Test]
    public void A_key_that_signs_wrongly_seals_nothing()
    {
        using var records = new TestRecords();
        using var signer = new Signing.RecordSigner(new WrongKey(), "someone@example.net");
        var failure = Assert.Throws<FailureException>(() => new RecordStore(records.Root, signer).Seal(records.Build(), TestRecords.Start, records.Log()))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(failure.Message, Does.StartWith($"The record of builds/rocky-9 cannot be written: the signature that the key {signer.Fingerprint} gave is not right."));
        Assert.That(Directory.Exists(Path.Combine(records.Root.Path, "builds", "rocky-9")), Is.False, "the folder was made for this record only");
    }

    [TestCase(28, "Free space on that disk and run again")]
    [TestCase(122, "Free space on that disk and run again")]
    [TestCase(69, "Free space on that disk and run again")]
    [TestCase(unchecked((int)0x80070070), "Free space on that disk and run again")]
    [TestCase(13, "Make the folder writable, or choose another with --records, and run again")]
    public void What_to_do_depends_on_what_failed(int error, string remedy)
    {
        var failure = RecordStore.CannotWrite("The record cannot be written", new IOException("why", error), "/the/log");
        Assert.That(failure.Message, Is.EqualTo($"The record cannot be written: why. {remedy}. Log: /the/log"));
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
    }

    [Test]
    public void A_full_disk_after_the_seal_does_not_ask_for_another_build()
    {
        var made = new SealedRecord("/the/record", TestRecords.Start, new() { Type = RecordType.Build, Environment = "proxmox" });
        Assert.That(
            RecordStore.CannotWrite("The index cannot be written", new IOException("why", 28), made: made).Message,
            Is.EqualTo("The index cannot be written: why. The record /the/record is sealed and valid, and nothing has to be built again: "
                + "free space on that disk, and --target=PublishLatest --exclusive completes it."));
    }

    [Test]
    public void A_failed_seal_says_which_record_why_and_where_the_log_is_and_keeps_what_was_there()
    {
        using var records = new TestRecords();
        records.Publish();
        var log = records.Log();
        File.AppendAllText(log.Path, "more");
        var failure = Assert.Throws<FailureException>(() => records.Seal(log: log))!;
        Assert.That(failure.Message, Does.StartWith("The record of builds/rocky-9 cannot be written: ").And.EndsWith($"Log: {log.Path}"));
        Assert.That(Records(records), Has.Length.EqualTo(2));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(records.Root.Path, "builds", "rocky-9"), ".tmp-*"), Is.Empty);
        Assert.That(Directory.GetFiles(records.Root.State, "*.pending"), Is.Empty, "nothing was sealed that could be published");
        Assert.That(Publication.IsInterrupted(records.Root), Is.False);
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_rehearsal_writes_nothing_and_tells_what_the_seal_would()
    {
        using var records = new TestRecords();
        records.Store.Rehearse(records.Build() with { Packer = null, Inputs = null, VmFacts = null, Iso = null, ValidationTest = null }, TestRecords.Start);
        records.Store.Rehearse(records.Init(), TestRecords.Start);
        Assert.That(Directory.Exists(records.Root.Path), Is.False);
        using var wrong = new Signing.RecordSigner(new WrongKey(), "someone@example.net");
        Assert.That(
            Assert.Throws<FailureException>(() => new RecordStore(records.Root, wrong).Rehearse(records.Build(), TestRecords.Start))!.Message,
            Does.StartWith($"No record of builds/rocky-9 could be sealed: the signature that the key {wrong.Fingerprint} gave is not right."));
    }

    private sealed class WrongKey : Signing.ISigningKey
    {
        public byte[] PublicKey => new Signing.SshWriter().String("ssh-ed25519").String(new byte[32]).ToArray();

        public byte[] Sign(byte[] data) => new Signing.SshWriter().String("ssh-ed25519").String(new byte[64]).ToArray();

        public void Dispose()
        {
        }
    }

    [Test]
    public void A_log_on_another_file_system_is_copied_and_checked()
    {
        using var there = new OtherFileSystem();
        using var records = new TestRecords();
        var here = records.Log();
        var log = here with { Path = Path.Combine(there.Folder, "log") };
        File.Copy(here.Path, log.Path);
        var made = records.Seal(log: log);
        Assert.That(FileHash.Sha256(Path.Combine(made.Path, "packer.log")), Is.EqualTo(here.Sha256));
        Assert.Throws<FailureException>(() => records.Seal(log: log with { Sha256 = new string('0', 64) }));
        Assert.That(Records(records), Has.Length.EqualTo(1));
    }

    [TestCase("../x")]
    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("..")]
    public void A_template_id_that_leaves_the_folder_is_refused(string template)
    {
        using var records = new TestRecords();
        var failure = Assert.Throws<FailureException>(() => records.Seal(record: records.Build() with { Template = template }));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
    }

    private static string[] Records(TestRecords records)
    {
        var folder = Path.Combine(records.Root.Path, "builds", "rocky-9");
        return Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];
    }

    private static string[] Snapshot(string folder) =>
        [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(f => $"{f} {FileHash.Sha256(f)} {File.GetLastWriteTimeUtc(f).Ticks}")];

    private static IEnumerable<string> CommandsIn(string readme)
    {
        var lines = File.ReadAllLines(readme);
        for (var i = 0; i + 1 < lines.Length; i++)
        {
            if (lines[i].Trim() == "```sh")
            {
                yield return lines[i + 1].Trim();
            }
        }
    }
}
