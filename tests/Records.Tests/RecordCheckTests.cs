using Records.Verification;

namespace Records.Tests;

/// <summary>What is said of one record that is not what it should be.</summary>
public sealed class RecordCheckTests
{
    private const string Place = "builds/rocky-9/2026-11-22T191627Z: ";
    private const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";

    [Test]
    public void Without_checksums_nothing_counts() => Assert.That(
        Said((_, folder) => File.Delete(Path.Combine(folder, "SHA256SUMS"))),
        Is.EqualTo(new[] { "missing-file: SHA256SUMS: it is not there", "unexpected-file: build.log: SHA256SUMS does not list it", "unexpected-file: input.extra-post.sh: SHA256SUMS does not list it",
            "unexpected-file: input.ks.cfg: SHA256SUMS does not list it", "unexpected-file: packer.log: SHA256SUMS does not list it" }));

    [Test]
    public void Without_a_signature_it_is_nobodys() => Assert.That(
        Said((_, folder) => File.Delete(Path.Combine(folder, "SHA256SUMS.sig"))),
        Is.EqualTo(new[] { "missing-file: SHA256SUMS.sig: it is not there" }));

    [Test]
    public void Checksums_larger_than_any_are_not_read() => Assert.That(
        Said((_, folder) => File.WriteAllBytes(Path.Combine(folder, "SHA256SUMS"), new byte[ChecksumList.MaxBytes + 1])),
        Is.EqualTo(new[]
        {
            "sums-malformed: SHA256SUMS: it is not a list as sha256sum writes it",
            "bad-signature: SHA256SUMS.sig: it is not a signature of this SHA256SUMS for 'packer-build-record'",
        }));

    [Test]
    public void A_signature_larger_than_any_is_not_read() => Assert.That(
        Said((_, folder) => File.WriteAllBytes(Path.Combine(folder, "SHA256SUMS.sig"), new byte[SignatureCheck.MaxBytes + 1])),
        Is.EqualTo(new[] { "bad-signature: SHA256SUMS.sig: it is not a signature of this SHA256SUMS for 'packer-build-record'" }));

    [Test]
    public void Folders_and_hidden_files_have_no_place() => Assert.That(
        Said((_, folder) =>
        {
            Directory.CreateDirectory(Path.Combine(folder, "inner"));
            File.WriteAllText(Path.Combine(folder, ".hidden"), "");
            File.WriteAllText(Path.Combine(folder, "a"), "");
        }),
        Is.EqualTo(new[]
        {
            "unexpected-file: inner: a record has no folders", "unexpected-file: .hidden: SHA256SUMS does not list it", "unexpected-file: a: SHA256SUMS does not list it",
        }));

    [TestCase(1000, false)]
    [TestCase(1001, true)]
    public void More_entries_than_any_record_has_are_given_up_on(int entries, bool givenUp)
    {
        var said = Said((_, folder) =>
        {
            for (var i = Directory.GetFiles(folder).Length; i < entries; i++)
            {
                File.WriteAllText(Path.Combine(folder, $"f{i}"), "");
            }
        });
        Assert.That(said.Contains("unexpected-file: : there are more than 1000 entries"), Is.EqualTo(givenUp));
        Assert.That(said.Count(s => s.EndsWith("more than 1000 entries", StringComparison.Ordinal)), Is.LessThan(2));
    }

    [Test]
    public void Missing_files_are_told_in_their_order() => Assert.That(
        Said((_, folder) =>
        {
            File.Delete(Path.Combine(folder, "packer.log"));
            File.Delete(Path.Combine(folder, "README.md"));
        }),
        Is.EqualTo(new[] { "missing-file: README.md: it is not there", "missing-file: packer.log: it is not there" }));

    [Test]
    public void A_record_of_another_environment_has_its_place_elsewhere() => Assert.That(
        Said((records, folder) => Tampering.Reseal(records, folder, run => run["environment"] = "sandbox")),
        Does.Contain("wrong-place: run.json: it was made in the environment sandbox and lies among those of proxmox"));

    [Test]
    public void A_log_that_is_not_listed_is_missing() => Assert.That(
        Said((records, folder) =>
        {
            File.Delete(Path.Combine(folder, "packer.log"));
            Tampering.Reseal(records, folder);
        }),
        Is.EqualTo(new[] { "missing-file: packer.log: SHA256SUMS does not list the log" }));

    [Test]
    public void A_file_that_run_json_tells_of_and_that_is_not_listed_is_missing() => Assert.That(
        Said((records, folder) =>
        {
            File.Delete(Path.Combine(folder, "build.log"));
            Tampering.Reseal(records, folder);
        }),
        Is.EqualTo(new[] { "missing-file: build.log: SHA256SUMS does not list it" }));

    [Test]
    public void The_two_hashes_of_the_log_must_agree()
    {
        var hash = "";
        var said = Said((records, folder) =>
        {
            hash = Foundation.FileHash.Sha256(Path.Combine(folder, "packer.log"));
            Tampering.Reseal(records, folder, run => run["log_sha256"] = Zeros);
        });
        Assert.That(said, Does.Contain($"log-hash-mismatch: packer.log: run.json states the SHA-256 {Zeros} and SHA256SUMS has {hash}"));
    }

    [Test]
    public void A_signer_of_another_name_or_key_is_told()
    {
        Assert.That(
            Said((records, folder) => Tampering.Reseal(records, folder, run => run["signer"]!["fingerprint"] = "SHA256:" + new string('A', 43))),
            Does.Contain($"signer-mismatch: run.json: it names reviewer@example.net with SHA256:{new string('A', 43)}; another signed"));
        Assert.That(
            Said((records, folder) => Tampering.Reseal(records, folder, run => run["signer"]!["name"] = "other@example.net")),
            Has.Some.StartsWith("signer-mismatch: run.json: it names other@example.net with SHA256:"));
    }

    [TestCase("run.json", 8, "schema-violation: run.json: it has more than 8388608 bytes")]
    [TestCase("README.md", 4, "readme-disagrees: README.md: it is too large to be read")]
    [TestCase("provenance.dsse.json", 32, "envelope-invalid: provenance.dsse.json: it is too large to be read")]
    public void A_signed_file_that_is_too_large_is_not_read(string file, int megabytes, string expected) => Assert.That(
        Said((records, folder) =>
        {
            var path = Path.Combine(folder, file);
            if (file == "provenance.dsse.json")
            {
                File.WriteAllBytes(path, [.. File.ReadAllBytes(path), .. Enumerable.Repeat((byte)'\n', megabytes << 20)]);
                Tampering.SignSums(records, folder);
                return;
            }

            File.WriteAllBytes(path, [.. File.ReadAllBytes(path), .. Enumerable.Repeat((byte)'\n', megabytes << 20)]);
            Tampering.Reseal(records, folder);
        }),
        Is.EqualTo(new[] { expected }));

    [TestCase("started_utc", "2026-02-30T00:00:00Z")]
    [TestCase("finished_utc", "2026-13-01T00:00:00Z")]
    [TestCase("timestamp_utc", "2026-02-30T000000Z")]
    public void A_moment_that_never_was_is_told(string field, string moment) => Assert.That(
        Said((records, folder) => Tampering.Reseal(records, folder, run => run[field] = moment)),
        Is.EqualTo(new[] { $"schema-violation: run.json: run.{field} is '{moment}', and there is no such moment" }));

    [TestCase("previous", "previous.record")]
    [TestCase("joined", "joined")]
    public void A_record_of_a_moment_that_never_was_is_told(string field, string name) => Assert.That(
        Said((records, folder) => Tampering.Reseal(records, folder, run =>
        {
            var end = new Newtonsoft.Json.Linq.JObject { ["record"] = "2026-02-30T000000Z", ["sha256"] = new string('a', 64) };
            run[field] = field == "joined" ? new Newtonsoft.Json.Linq.JArray(end) : end;
        })),
        Is.EqualTo(new[] { $"schema-violation: run.json: run.{name} is '2026-02-30T000000Z', and there is no such moment" }));

    [TestCase(new byte[] { 0x7b, 0xff, 0x7d }, "it is not valid UTF-8")]
    [TestCase(new byte[] { 0x7b }, "it is not valid JSON: ")]
    public void A_run_json_that_cannot_be_read_is_told_why(byte[] content, string why) => Assert.That(
        Said((records, folder) =>
        {
            File.WriteAllBytes(Path.Combine(folder, "run.json"), content);
            Tampering.Reseal(records, folder);
        }).Single(),
        Does.StartWith($"schema-violation: run.json: {why}"));

    [Test]
    public void A_signed_file_that_run_json_does_not_name_may_be_there() => Assert.That(
        Said((records, folder) =>
        {
            File.WriteAllText(Path.Combine(folder, "extra.log"), "more");
            Tampering.Reseal(records, folder);
        }),
        Is.Empty);

    /// <summary>What is said of the record alone.</summary>
    private static string[] Said(Action<TestRecords, string> tamper)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        tamper(records, made.Path);
        return [.. records.Said(o => o with { RecordPath = made.Path }).Select(s => s[Place.Length..])];
    }
}
