using Foundation;
using Newtonsoft.Json.Linq;
using Records.Sealing;

namespace Records.Tests;

/// <summary>The signed statements of what was destroyed.</summary>
public sealed class DestructionTests
{
    private static readonly UtcStamp Now = UtcStamp.From(new DateTimeOffset(2026, 12, 1, 8, 0, 0, TimeSpan.Zero));
    private static readonly DestructionBy By = new("https://pve1.example.net:8006", "CHAIN-20261201T075500Z-rocky-9", "builder", "runner");

    [Test]
    public void The_index_says_what_was_destroyed_when_and_by_whom()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        var statement = Begin(records, first, second);
        Assert.That(records.Findings(), Is.Empty, "written before anything is destroyed; the index, which is not yet written anew, is completed with it");
        statement.Complete(new Dictionary<int, string> { [second.Record.Vmid!.Value] = "it has linked clones" }, Now.Moment.AddSeconds(5));
        Assert.That(records.Findings(), Is.Empty);
        var index = File.ReadAllText(records.Root.Index);
        Assert.That(index, Does.Contain($"| [{first.Stamp}](builds/rocky-9/{first.Stamp}/README.md) | 9100, destroyed on 2026-12-01T08:00:05Z by `reviewer@example.net` |"));
        Assert.That(index, Does.Contain($"| [{second.Stamp}](builds/rocky-9/{second.Stamp}/README.md) | 9101 |"), "what was kept is there");
        var written = JObject.Parse(File.ReadAllText(Path.Combine(Folder(records), "rocky-9-2026-12-01T080000Z.json")));
        Assert.That(
            written["destroyed"]!.Select(b => $"{b["chain_id"]} {b["vmid"]} {b["outcome"]} {b["why"]}".TrimEnd()),
            Is.EqualTo(new[] { $"{first.Record.ChainId} 9100 destroyed", $"{second.Record.ChainId} 9101 kept it has linked clones" }));
        Assert.That(Directory.GetFiles(Folder(records)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal), Is.EqualTo(new[] { "rocky-9-2026-12-01T080000Z.json", "rocky-9-2026-12-01T080000Z.json.sig" }));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void The_signature_is_one_that_ssh_keygen_accepts()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second).Complete(new Dictionary<int, string>(), Now.Moment);
        var (code, output) = Shell.Run(
            "ssh-keygen -Y verify -f ../allowed_signers -I reviewer@example.net -n packer-build-record -s rocky-9-2026-12-01T080000Z.json.sig < rocky-9-2026-12-01T080000Z.json", Folder(records));
        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public void What_a_run_that_was_cut_off_had_begun_is_told_and_completed_by_the_next()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second);
        Publication.PublishAll(records.Root);
        Assert.That(File.ReadAllText(records.Root.Index), Does.Contain("9100, being destroyed since 2026-12-01T08:00:00Z by `reviewer@example.net`"));
        Assert.That(records.Findings(), Is.Empty);
        var unfinished = Destruction.Unfinished(records.Root, records.Signer, "rocky-9").Single();
        Assert.That(unfinished.Builds.Select(b => b.Vmid), Is.EqualTo(new[] { 9100, 9101 }));
        Assert.That(Destruction.Unfinished(records.Root, records.Signer, "windows-2022"), Is.Empty);
        unfinished.Complete(new Dictionary<int, string> { [9101] = "the run that was to destroy it was cut off" }, Now.Moment.AddDays(1));
        Assert.That(Destruction.Unfinished(records.Root, records.Signer, "rocky-9"), Is.Empty);
        Assert.That(File.ReadAllText(records.Root.Index), Does.Contain("9100, destroyed on 2026-12-02T08:00:00Z").And.Contain("| 9101 |"));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void Two_statements_in_one_second_have_names_of_their_own()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first);
        Begin(records, second);
        Assert.That(
            Directory.GetFiles(Folder(records), "*.json").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { "rocky-9-2026-12-01T080000Z.json", "rocky-9-2026-12-01T080001Z.json" }));
        Publication.PublishAll(records.Root);
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_vmid_that_a_later_build_has_taken_is_not_said_to_be_destroyed()
    {
        using var records = new TestRecords();
        var (first, _) = Two(records);
        Begin(records, first).Complete(new Dictionary<int, string>(), Now.Moment);
        var later = records.Seal(UtcStamp.From(Now.Moment.AddDays(1)), record: Build(records, 9100, 3));
        records.Store.PublishLatest(later);
        var rows = File.ReadAllLines(records.Root.Index).Where(l => l.StartsWith("| [2", StringComparison.Ordinal)).ToList();
        Assert.That(rows.Single(r => r.StartsWith($"| [{later.Stamp}]", StringComparison.Ordinal)), Does.Contain("| 9100 |"));
        Assert.That(rows.Single(r => r.StartsWith($"| [{first.Stamp}]", StringComparison.Ordinal)), Does.Contain("9100, destroyed on"));
        Assert.That(records.Findings(), Is.Empty);
    }

    [TestCase(".json", "flip")]
    [TestCase(".json", "truncate")]
    [TestCase(".json", "append")]
    [TestCase(".json", "delete")]
    [TestCase(".json", "empty")]
    [TestCase(".json.sig", "flip")]
    [TestCase(".json.sig", "truncate")]
    [TestCase(".json.sig", "append")]
    [TestCase(".json.sig", "delete")]
    [TestCase(".json.sig", "empty")]
    public void Whatever_is_done_to_a_statement_is_found_by_its_name(string file, string operation)
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second).Complete(new Dictionary<int, string>(), Now.Moment);
        var statement = Path.Combine(Folder(records), "rocky-9-2026-12-01T080000Z.json");
        var path = statement[..^".json".Length] + file;
        var content = File.ReadAllBytes(path);
        foreach (var at in operation is "flip" or "truncate" ? Enumerable.Range(0, content.Length).Where(i => i % 37 == 5) : [0])
        {
            switch (operation)
            {
                case "flip":
                    File.WriteAllBytes(path, [.. content[..at], (byte)(content[at] ^ 1), .. content[(at + 1)..]]);
                    break;
                case "truncate":
                    File.WriteAllBytes(path, content[..at]);
                    break;
                case "append":
                    File.WriteAllBytes(path, [.. content, (byte)'\n']);
                    break;
                case "empty":
                    File.WriteAllBytes(path, []);
                    break;
                default:
                    File.Delete(path);
                    break;
            }

            var name = operation == "delete" && file == ".json" ? "destroyed/rocky-9-2026-12-01T080000Z.json.sig" : "destroyed/rocky-9-2026-12-01T080000Z.json";
            Assert.That(records.Findings(), Does.Contain($"{name}: destroyed-invalid"), $"{operation} at {at}");
            File.WriteAllBytes(path, content);
        }

        Assert.That(records.Findings(), Is.Empty, "put back");
    }

    [TestCase("vmid", "9999", "it names VM 9999 as the one of CHAIN-20261122T191627Z-rocky-9, whose record has 9100")]
    [TestCase("environment", "\"sandbox\"", "it was made in another environment")]
    [TestCase("template", "\"windows-2022\"", "it was written as windows-2022-2026-12-01T080000Z.json")]
    [TestCase("started_utc", "\"2026-12-01T080001Z\"", "it was written as rocky-9-2026-12-01T080001Z.json")]
    [TestCase("started_utc", "\"2026-02-30T080000Z\"", "it names a moment that there is not")]
    [TestCase("finished_utc", "\"2026-02-30T08:00:00Z\"", "it names a moment that there is not")]
    [TestCase("schema_version", "2", "it.schema_version must be 1")]
    [TestCase("note", "1", "it.note is not a known field")]
    [TestCase("outcome", "\"pending\"", "it is finished and says of a build that it is not")]
    [TestCase("signer", "{\"name\":\"boss@example.net\",\"fingerprint\":\"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "is not one of boss@example.net that counts")]
    public void What_a_signed_statement_says_that_cannot_be_is_found(string field, string value, string message)
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second).Complete(new Dictionary<int, string>(), Now.Moment);
        var path = Path.Combine(Folder(records), "rocky-9-2026-12-01T080000Z.json");
        using (var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(File.ReadAllText(path))) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None })
        {
            var statement = JObject.Load(reader);
            (field is "vmid" or "outcome" ? (JObject)statement["destroyed"]![0]! : statement)[field] = JToken.Parse(value.Replace("\"2026", "\"x2026", StringComparison.Ordinal));
            File.WriteAllText(path, statement.ToString().Replace("x2026", "2026", StringComparison.Ordinal));
        }

        File.WriteAllText(path + ".sig", records.Signer.Sign(File.ReadAllBytes(path)));
        Assert.That(records.Said(), Has.Some.StartsWith("destroyed/rocky-9-2026-12-01T080000Z.json: destroyed-invalid: : ").And.Some.EndsWith(message));
    }

    [Test]
    public void A_signed_statement_with_a_field_twice_is_none()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second).Complete(new Dictionary<int, string>(), Now.Moment);
        var path = Path.Combine(Folder(records), "rocky-9-2026-12-01T080000Z.json");
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text.Insert(1, "\n  \"schema_version\": 1,"));
        File.WriteAllText(path + ".sig", records.Signer.Sign(File.ReadAllBytes(path)));
        Assert.That(records.Said(), Has.Some.EqualTo("destroyed/rocky-9-2026-12-01T080000Z.json: destroyed-invalid: : it is not a statement of what was destroyed"));
    }

    [Test]
    public void A_statement_of_a_key_that_does_not_count_is_found()
    {
        using var records = new TestRecords();
        using var stranger = new TestRecords();
        var (first, second) = Two(records);
        Begin(records, first, second);
        var path = Path.Combine(Folder(records), "rocky-9-2026-12-01T080000Z.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(records.Signer.Fingerprint, stranger.Signer.Fingerprint, StringComparison.Ordinal));
        File.WriteAllText(path + ".sig", stranger.Signer.Sign(File.ReadAllBytes(path)));
        Assert.That(records.Said(), Has.Some.EndsWith($"the key {stranger.Signer.Fingerprint} that signed it is not one of reviewer@example.net that counts"));
    }

    [Test]
    public void What_is_no_statement_has_no_place_among_them()
    {
        using var records = new TestRecords();
        records.Publish();
        var folder = Directory.CreateDirectory(Folder(records)).FullName;
        File.WriteAllText(Path.Combine(folder, "note.txt"), "x");
        File.WriteAllText(Path.Combine(folder, ".hidden"), "x");
        Directory.CreateDirectory(Path.Combine(folder, "more"));
        File.CreateSymbolicLink(Path.Combine(folder, "link.json"), "/etc/passwd");
        File.WriteAllText(Path.Combine(folder, ".rocky-9-2026-12-01T080000Z.json.1.tmp"), "what a run that died was writing");
        File.WriteAllText(Path.Combine(folder, "rocky-9-2026-12-01T080000Z.json.sig.next"), "a signature whose statement was to come");
        Assert.That(
            records.Verify().Where(v => v.Path.StartsWith("destroyed/", StringComparison.Ordinal)).SelectMany(v => v.Findings.Select(f => $"{v.Path}: {f.Name}")),
            Is.EquivalentTo(new[] { "destroyed/link.json: link-not-allowed", "destroyed/more: unexpected-folder", "destroyed/note.txt: unexpected-file", "destroyed/.hidden: unexpected-file" }));
        Directory.Delete(folder, recursive: true);
        File.WriteAllText(folder, "x");
        Assert.That(records.Findings(), Does.Contain("destroyed: unexpected-file"));
    }

    [Test]
    public void Nothing_may_be_destroyed_where_it_cannot_be_written_down()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        File.WriteAllText(Folder(records), "a file is in the way");
        var failure = Assert.Throws<FailureException>(() => Begin(records, first, second))!;
        Assert.That(failure.Message, Does.Contain("What builds/rocky-9 loses cannot be written down"));
    }

    [Test]
    public void Nothing_is_written_down_through_a_link()
    {
        using var records = new TestRecords();
        var (first, second) = Two(records);
        var elsewhere = Directory.CreateDirectory(Path.Combine(records.Folder, "elsewhere")).FullName;
        Directory.CreateSymbolicLink(Folder(records), elsewhere);
        Assert.That(() => Begin(records, first, second), Throws.InstanceOf<FailureException>().With.Message.Contains("link"));
        Assert.That(Directory.EnumerateFileSystemEntries(elsewhere), Is.Empty);
    }

    [Test]
    public void A_statement_brings_all_that_its_verification_needs()
    {
        using var records = new TestRecords();
        var begun = Destruction.Begin(records.Root, records.Signer, "rocky-9", By, [new DoomedBuild("CHAIN-20261122T191627Z-rocky-9", 9100, "pve1", "rocky-9-template")], Now);
        Assert.That(records.Findings(), Is.Empty, "no record was ever sealed here");
        begun.Complete(new Dictionary<int, string>(), Now.Moment.AddSeconds(5));
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(Path.Combine(records.Root.Path, ".gitattributes"), Does.Exist);
    }

    /// <summary>Two published records of builds that are still there.</summary>
    private static (SealedRecord First, SealedRecord Second) Two(TestRecords records)
    {
        var first = records.Seal(record: Build(records, 9100, 0));
        records.Store.PublishLatest(first);
        var second = records.Seal(TestRecords.Start.Next(), record: Build(records, 9101, 1));
        records.Store.PublishLatest(second);
        return (first, second);
    }

    private static Model.RunRecord Build(TestRecords records, int vmid, int day) => records.Build() with
    {
        Vmid = vmid, ChainId = new ChainId(UtcStamp.From(TestRecords.Start.Moment.AddDays(day)), "rocky-9").ToString(),
    };

    private static Destruction Begin(TestRecords records, params SealedRecord[] builds) => Destruction.Begin(
        records.Root, records.Signer, "rocky-9", By, [.. builds.Select(b => new DoomedBuild(b.Record.ChainId!, b.Record.Vmid!.Value, "pve1", "rocky-9-template"))], Now);

    private static string Folder(TestRecords records) => Path.Combine(records.Root.Path, "destroyed");
}
