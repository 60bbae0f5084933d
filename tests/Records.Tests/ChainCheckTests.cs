using Foundation;
using Newtonsoft.Json.Linq;
using Records.Sealing;
using Records.Signing;
using Records.Verification;

namespace Records.Tests;

/// <summary>What a damaged, missing or inserted record means for its neighbours.</summary>
public sealed class ChainCheckTests
{
    private static UtcStamp At(int minutes) => UtcStamp.From(TestRecords.Start.Moment.AddMinutes(minutes));

    [Test]
    public void Nothing_is_sealed_behind_a_record_of_a_newer_program()
    {
        using var records = new TestRecords();
        Tampering.Apply(records, FindingName.UnknownVersion);
        Assert.That(records.Findings(), Does.Contain("builds/rocky-9/2026-11-22T191637Z: unknown-version"));
        var failure = Assert.Throws<Foundation.FailureException>(() => records.Seal())!;
        Assert.That(failure.Message, Does.Contain("No record of builds/rocky-9 can follow builds/rocky-9/2026-11-22T191637Z").And.Contain("its schema_version is 3").And.Contain("Update this program"));
        Assert.Throws<Foundation.FailureException>(() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment));
        Assert.That(records.Publish(template: "windows-2022").Path, Does.Exist, "other templates are not concerned");
    }

    [TestCase("packer.log", "log-hash-mismatch", 1)]
    [TestCase("run.json", "file-hash-mismatch", 1)]
    [TestCase("run.json", "file-hash-mismatch", 2)]
    [TestCase("run.json", "file-hash-mismatch", 0)]
    [TestCase("SHA256SUMS.sig", "bad-signature", 1)]
    [TestCase("SHA256SUMS.sig", "bad-signature", 2)]
    public void A_damaged_record_is_the_only_one_to_blame(string file, string finding, int index)
    {
        using var records = new TestRecords();
        var made = Enumerable.Range(0, 3).Select(i => records.Publish(At(i))).ToList();
        TestRecords.Unlock(records.Root.Path);
        var path = Path.Combine(made[index].Path, file);
        var content = File.ReadAllBytes(path);
        content[^10] ^= 1;
        File.WriteAllBytes(path, content);
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"builds/rocky-9/{made[index].Stamp}: {finding}" }));
    }

    [Test]
    public void Checksums_that_changed_are_missed_by_the_next_record_too()
    {
        using var records = new TestRecords();
        var made = Enumerable.Range(0, 3).Select(i => records.Publish(At(i))).ToList();
        TestRecords.Unlock(records.Root.Path);
        File.AppendAllText(Path.Combine(made[1].Path, "SHA256SUMS"), $"{new string('0', 64)}  x\n");
        Assert.That(records.Findings(), Is.EquivalentTo(new[]
        {
            $"builds/rocky-9/{made[1].Stamp}: bad-signature", $"builds/rocky-9/{made[1].Stamp}: missing-file", $"builds/rocky-9/{made[2].Stamp}: chain-broken",
        }));
    }

    [TestCase("2026-11-22T191627Z", "is not older")]
    [TestCase("2027-11-22T191627Z", "is not older")]
    [TestCase("2025-11-22T191627Z", "is not there")]
    public void A_record_that_names_itself_a_later_or_a_missing_one_is_found(string previous, string message)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        Tampering.Reseal(records, made.Path, run => run["previous"] = new JObject { ["record"] = previous, ["sha256"] = new string('a', 64) });
        var findings = records.Verify().Single(v => v.Kind == VerdictKind.Record).Findings;
        Assert.That(findings.Single(f => f.Name == FindingName.ChainBroken).Message, Does.EndWith(message));
        var alone = records.Verify(o => o with { RecordPath = made.Path }).Single().Findings;
        Assert.That(alone.Single(f => f.Name == FindingName.ChainBroken).Message, Does.EndWith(message));
    }

    [TestCase("ln -s ../README.md SHA256SUMS")]
    [TestCase("mkdir SHA256SUMS")]
    [TestCase("true")]
    [Platform(Exclude = "Win")]
    public void A_preceding_record_without_its_checksums_breaks_the_link_of_one_alone(string instead)
    {
        using var records = new TestRecords();
        var first = records.Publish(At(0));
        var second = records.Publish(At(1));
        TestRecords.Unlock(records.Root.Path);
        Assert.That(Shell.Run($"rm SHA256SUMS && {instead}", first.Path).Code, Is.Zero);
        Assert.That(records.Verify(o => o with { RecordPath = second.Path }).Single().Findings.Single().Name, Is.EqualTo(FindingName.ChainBroken));
    }

    [Test]
    public void A_joined_end_is_checked_like_the_preceding_record()
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        var made = records.Publish(At(1));
        TestRecords.Unlock(records.Root.Path);
        Tampering.Reseal(records, made.Path, run => run["joined"] = new JArray(new JObject { ["record"] = "2025-01-01T000000Z", ["sha256"] = new string('a', 64) }));
        Assert.That(records.Verify().SelectMany(v => v.Findings).Single(f => f.Name == FindingName.ChainBroken).Message, Does.Contain("2025-01-01T000000Z is not there"));
        Assert.That(records.Verify(o => o with { RecordPath = made.Path }).Single().Findings.Select(f => f.Name), Does.Contain(FindingName.ChainBroken));
        Tampering.Reseal(records, made.Path, run => run["joined"] = new JArray(new JObject { ["record"] = "2025-02-30T000000Z", ["sha256"] = new string('a', 64) }));
        Assert.That(records.Findings(), Has.Some.EndsWith(FindingName.SchemaViolation), "there is no such day");
    }

    [Test]
    public void The_last_record_of_all_and_an_empty_latest_are_missed()
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        var last = records.Publish(At(1));
        TestRecords.Unlock(records.Root.Path);
        Directory.Delete(last.Path, recursive: true);
        Assert.That(records.Findings(), Is.EquivalentTo(new[] { "builds/rocky-9/latest: latest-dangling", "README.md: index-disagrees" }));
    }

    [Test]
    public void Latest_may_stay_on_a_newer_record_that_was_damaged_and_not_on_an_older_one()
    {
        using var records = new TestRecords();
        var made = Enumerable.Range(0, 3).Select(i => records.Publish(At(i))).ToList();
        TestRecords.Unlock(records.Root.Path);
        foreach (var damaged in (int[])[0, 2])
        {
            var signature = Path.Combine(made[damaged].Path, "SHA256SUMS.sig");
            var before = File.ReadAllBytes(signature);
            File.WriteAllText(signature, "");
            Tampering.PointLatest(made[0].Path, made[damaged].Stamp.ToString());
            Assert.That(records.Findings().Any(f => f.StartsWith("builds/rocky-9/latest", StringComparison.Ordinal)), Is.EqualTo(damaged == 0));
            File.WriteAllBytes(signature, before);
        }
    }

    [Test]
    public void A_statement_excuses_no_record_once_newer_ones_do_not_name_it()
    {
        using var records = new TestRecords();
        using var thief = SigningKeyFile.Open(null, Path.Combine(records.Folder, "thief"), "thief@example.net");
        var store = new RecordStore(records.Root, thief);
        var old = store.Seal(records.Build(), At(0), records.Log());
        var second = records.Publish(At(2));
        var newest = records.Publish(At(4));
        TestRecords.Unlock(records.Root.Path);

        // Back-dated, with a key that counted then, and a statement that calls it the end of a branch.
        foreach (var later in new[] { second, newest })
        {
            Directory.Move(later.Path, Path.Combine(records.Folder, later.Stamp.ToString()));
        }

        var inserted = store.Seal(records.Build(), At(1), records.Log());
        TestRecords.Unlock(records.Root.Path);
        foreach (var later in new[] { second, newest })
        {
            Directory.Move(Path.Combine(records.Folder, later.Stamp.ToString()), later.Path);
        }

        JoinStatement.Write(
            records.Root, RecordSubject.Build("rocky-9"),
            new[] { old, inserted }.Select(r => (r.Stamp.ToString(), FileHash.Sha256(Path.Combine(r.Path, "SHA256SUMS")))), thief);
        Publication.PublishAll(records.Root);
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"builds/rocky-9/{inserted.Stamp}: {FindingName.ChainForked}" }));
    }

    [TestCase("valid-before=\"20261122191800Z\",", false)]
    [TestCase("valid-before=\"20261122192200Z\",", true)]
    [TestCase("valid-after=\"20261122191900Z\",", true)]
    [TestCase("valid-after=\"20261122192000Z\",", false)]
    public void A_join_counts_only_if_its_key_did_when_its_newest_end_was_sealed(string validity, bool counts)
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        records.Fork(At(1), At(3));
        using var joiner = SigningKeyFile.Open(null, Path.Combine(records.Folder, "joiner"), "joiner@example.net");
        Publication.PublishAll(records.Root, joiner);
        Assert.That(records.Findings(), Is.Empty);
        File.WriteAllText(records.Root.AllowedSigners, File.ReadAllText(records.Root.AllowedSigners).Replace("joiner@example.net ", $"joiner@example.net {validity}", StringComparison.Ordinal));
        Assert.That(records.Findings(), counts ? Is.Empty : Has.Some.EndsWith(FindingName.JoinInvalid).And.Some.EndsWith(FindingName.ChainForked));
    }

    [TestCase("\"record\": \"2026-11-22T191727Z\"", "\"record\": \"../x\"", "joins '../x'")]
    [TestCase("\"ends\"", "\"endings\"", "is not a join statement")]
    [TestCase("\"subject\": \"builds/rocky-9\"", "\"subject\": 7", "is not a join statement")]
    [TestCase("{", "", "is not a join statement")]
    public void A_join_that_is_none_though_signed_is_found(string text, string other, string message)
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        records.Fork(At(1), At(3));
        Publication.PublishAll(records.Root, records.Signer);
        var join = Directory.GetFiles(Path.Combine(records.Root.Path, "joins"), "*.json").Single();
        var content = File.ReadAllText(join).Replace(text, other, StringComparison.Ordinal);
        File.WriteAllText(join, content);
        File.WriteAllText($"{join}.sig", records.Signer.Sign(System.Text.Encoding.UTF8.GetBytes(content)));
        var verdict = records.Verify().Single(v => v.Path.StartsWith("joins/", StringComparison.Ordinal));
        Assert.That(verdict.Findings.Single().Name, Is.EqualTo(FindingName.JoinInvalid));
        Assert.That(verdict.Findings.Single().Message, Does.Contain(message));
    }

    [Test]
    public void A_join_without_its_signature_of_one_end_of_a_lost_record_or_too_large_is_told()
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        records.Fork(At(1), At(3));
        Publication.PublishAll(records.Root, records.Signer);
        var join = Directory.GetFiles(Path.Combine(records.Root.Path, "joins"), "*.json").Single();
        var (content, signature) = (File.ReadAllText(join), File.ReadAllText($"{join}.sig"));
        Assert.That(Said(), Is.Empty);
        var name = $"joins/{Path.GetFileName(join)}: join-invalid: : ";
        File.Delete($"{join}.sig");
        Assert.That(Said(), Is.EqualTo(new[] { name + "it has no signature of an allowed signer" }));
        File.WriteAllText($"{join}.sig", new string('x', SignatureCheck.MaxBytes + 1));
        Assert.That(Said(), Is.EqualTo(new[] { name + "it has no signature of an allowed signer" }));
        using (var stranger = SigningKeyFile.Open(null, Path.Combine(records.Folder, "stranger")))
        {
            File.WriteAllText($"{join}.sig", stranger.Sign(System.Text.Encoding.UTF8.GetBytes(content)));
            Assert.That(Said(), Is.EqualTo(new[] { name + "it has no signature of an allowed signer" }));
        }

        var one = JObject.Parse(content);
        ((JArray)one["ends"]!).RemoveAt(0);
        Write(one.ToString());
        Assert.That(Said(), Is.EqualTo(new[] { name + "it joins nothing: it has fewer than two ends" }));
        Write(content.Replace("\"ends\"", "\"deep\": [[[[[[[[1]]]]]]]], \"ends\"", StringComparison.Ordinal));
        Assert.That(Said(), Is.EqualTo(new[] { name + "it is not a join statement" }));
        Write(content + new string(' ', 64 * 1024));
        Assert.That(Said(), Is.EqualTo(new[] { name + "it has no signature of an allowed signer" }));
        File.WriteAllText(join, content);
        File.WriteAllText($"{join}.sig", signature);
        TestRecords.Unlock(records.Root.Path);
        Directory.Delete(Path.Combine(records.Root.Path, "builds", "rocky-9", At(1).ToString()), recursive: true);
        Assert.That(Said(), Is.EqualTo(new[] { name + $"the record builds/rocky-9/{At(1)} that it joins is gone or changed" }));

        string[] Said() => [.. records.Said().Where(s => s.StartsWith("joins/", StringComparison.Ordinal))];

        void Write(string text)
        {
            File.WriteAllText(join, text);
            File.WriteAllText($"{join}.sig", records.Signer.Sign(System.Text.Encoding.UTF8.GetBytes(text)));
        }
    }

    [Test]
    public void The_verdict_tells_two_keys_of_one_name_apart()
    {
        using var records = new TestRecords();
        records.Publish(At(0));
        using var other = SigningKeyFile.Open(null, Path.Combine(records.Folder, "other"), records.Signer.Name);
        var store = new RecordStore(records.Root, other);
        store.PublishLatest(store.Seal(records.Build(), At(1), records.Log()));
        var verdicts = records.Verify();
        Assert.That(verdicts.Select(v => v.Signer).Distinct().Count(), Is.EqualTo(1));
        Assert.That(verdicts.Select(v => v.Fingerprint), Is.EqualTo(new[] { records.Signer.Fingerprint, other.Fingerprint }));
    }
}
