using System.Diagnostics;
using System.Text.RegularExpressions;
using Records.Signing;

namespace Records.Tests;

/// <summary>The signed provenance, judged by programs that this project did not write: openssl, and Sigstore's own library.</summary>
[Platform(Exclude = "Win")]
public sealed partial class AttestationTests
{
    [TestCase("ed25519", "")]
    [TestCase("ecdsa", "-b 256")]
    public void Openssl_accepts_what_the_runbook_has_it_check_and_refuses_a_changed_byte(string type, string options)
    {
        using var bench = new Bench(type, options);
        var record = bench.Record;
        TestRecords.Unlock(bench.Records.Root.Path);
        var commands = RunbookCommands(type == "ed25519" ? "Ed25519" : "P-256").Replace("<key>", Path.GetFileNameWithoutExtension(bench.Key), StringComparison.Ordinal);
        var (code, output) = Shell.Run(commands, record);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("Verified").IgnoreCase);
        Assert.That(output, Does.Contain($"\"{Foundation.FileHash.Sha256(Path.Combine(record, "run.json"))}\""), "the statement that was checked has run.json as a subject");
        var envelope = Path.Combine(record, "provenance.dsse.json");
        var text = File.ReadAllText(envelope);
        var payload = text.IndexOf("\"payload\":\"", StringComparison.Ordinal) + 11;
        foreach (var at in new[] { payload, payload + 1000, text.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 12 })
        {
            File.WriteAllText(envelope, $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}");
            Assert.That(Shell.Run(commands, record).Code, Is.Not.Zero, $"byte {at}");
            Assert.That(bench.Records.Findings(), Does.Contain($"builds/rocky-9/{Path.GetFileName(record)}: file-hash-mismatch"));
        }
    }

    [TestCase("ed25519", "")]
    [TestCase("ecdsa", "-b 256")]
    [Category("Long")]
    public void The_library_of_Sigstore_accepts_the_bundle_and_refuses_each_changed_byte(string type, string options)
    {
        using var bench = new Bench(type, options);
        Assume.That(Shell.Run("node --version && npm --version", bench.Records.Folder).Code, Is.Zero, "node and npm are not installed");
        var judge = Path.Combine(bench.Records.Folder, "judge");
        Tampering.CopyFolder(Here("sigstore"), judge);
        var (code, output) = Shell.Run("npm ci --no-audit --no-fund --ignore-scripts", judge);
        Assert.That(code, Is.Zero, output);
        var bundle = Path.Combine(bench.Record, "provenance.sigstore.json");
        var files = Directory.EnumerateFiles(bench.Record).Where(f => !Path.GetFileName(f).StartsWith("SHA256", StringComparison.Ordinal) && !Path.GetFileName(f).StartsWith("provenance", StringComparison.Ordinal));
        var verify = $"node verify.mjs {{0}} {bench.Key} {string.Join(' ', files)}";
        (code, output) = Shell.Run(string.Format(null, verify, bundle), judge);
        Assert.That((code, output.Trim()), Is.EqualTo((0, "verified")));

        var text = File.ReadAllText(bundle);
        var other = Path.Combine(judge, "changed.json");
        var random = new Random(7);
        for (var i = 0; i < 20; i++)
        {
            // Everything but the key's hint, which the library hands to whoever looks the key up.
            var at = random.Next(text.IndexOf("\"payload\":\"", StringComparison.Ordinal) + 11, text.IndexOf("\"signatures\"", StringComparison.Ordinal) - 4);
            at = i % 2 == 0 ? at : text.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 7 + random.Next(80);
            File.WriteAllText(other, $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}");
            Assert.That(Shell.Run(string.Format(null, verify, other), judge).Code, Is.Not.Zero, $"byte {at}");
        }
    }

    [TestCase("ed25519")]
    [TestCase("ecdsa")]
    public void A_key_in_an_agent_signs_the_provenance_too(string type)
    {
        var folder = Directory.CreateTempSubdirectory("attestation-test-").FullName;
        Assert.That(Shell.Run($"ssh-keygen -q -t {type} -N '' -C someone@example.net -f key", folder).Code, Is.Zero);
        using var agent = Process.Start(new ProcessStartInfo("ssh-agent", ["-D", "-a", Path.Combine(folder, "agent")]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.That(Shell.Run("for i in $(seq 100); do [ -S agent ] && break; sleep 0.05; done; SSH_AUTH_SOCK=$PWD/agent ssh-add -q key && rm key", folder).Code, Is.Zero);
            using var signer = SigningKeyFile.Open(Path.Combine(folder, "key.pub"), folder, agentSocket: Path.Combine(folder, "agent"));
            using var records = new TestRecords(folder, signer);
            Assert.That(records.Publish().Record.Attestation!.Envelope, Is.EqualTo("provenance.dsse.json"));
            Assert.That(records.Findings(), Is.Empty);
        }
        finally
        {
            agent.Kill();
            agent.WaitForExit();
            TestRecords.DeleteTree(folder);
        }
    }

    [TestCase("rsa", "", "ssh-rsa")]
    [TestCase("ecdsa", "-b 384", "ecdsa-sha2-nistp384")]
    [TestCase("ecdsa", "-b 521", "ecdsa-sha2-nistp521")]
    public void With_a_key_that_verifiers_do_not_take_the_record_says_why_there_is_none(string type, string options, string algorithm)
    {
        using var bench = new Bench(type, options);
        var why = $"verifiers of attestations take Ed25519 and P-256 keys, and this one is of the type {algorithm}";
        Assert.That(bench.Made.Record.Attestation, Is.EqualTo(new Model.AttestationFacts(null, null, null, why)));
        Assert.That(Directory.EnumerateFiles(bench.Record, "provenance*"), Is.Empty);
        Assert.That(Directory.Exists(Path.Combine(bench.Records.Root.Path, "keys")), Is.False);
        Assert.That(File.ReadAllText(Path.Combine(bench.Record, "README.md")), Does.Contain($"There is no signed provenance for supply-chain tools in this record: {why}."));
        Assert.That(bench.Records.Findings(), Is.Empty);
    }

    [Test]
    public void A_record_that_claims_that_its_key_could_not_is_found()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        File.Delete(Path.Combine(made.Path, "provenance.dsse.json"));
        File.Delete(Path.Combine(made.Path, "provenance.sigstore.json"));
        Tampering.Reseal(records, made.Path, run =>
        {
            run["attestation"]!["envelope"] = run["attestation"]!["bundle"] = run["attestation"]!["key"] = null;
            run["attestation"]!["why_none"] = "no reason";
        });
        Assert.That(records.Said(), Does.Contain($"builds/rocky-9/{made.Stamp}: envelope-invalid: run.json: it states another attestation than its key gives"));
    }

    [TestCase("dsse", "\"keyid\":\"SHA256:", "\"keyid\":\"SHA256:x", "it is not spelled as this program writes it, or names another key")]
    [TestCase("dsse", "\"payloadType\":\"application/vnd.in-toto+json\"", "\"payloadType\":\"text/plain\"", "it is not spelled as this program writes it, or names another key")]
    [TestCase("dsse", "{\"payloadType\"", "{ \"payloadType\"", "it is not spelled as this program writes it, or names another key")]
    [TestCase("dsse", "\"payload\":\"", "\"payload\":\"!", "it is not a DSSE envelope")]
    [TestCase("dsse", "\"signatures\":[", "\"others\":[", "it is not a DSSE envelope")]
    [TestCase("dsse", "]}", "]", "it is not a DSSE envelope")]
    [TestCase("sigstore", "\"hint\":\"", "\"hint\":\"x", "it is not the bundle of provenance.dsse.json")]
    [TestCase("sigstore", "v0.3+json", "v0.2+json", "it is not the bundle of provenance.dsse.json")]
    public void An_envelope_of_another_form_is_found_though_the_list_of_checksums_was_signed_anew(string file, string text, string other, string message)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var path = Path.Combine(made.Path, $"provenance.{file}.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(text, other, StringComparison.Ordinal));
        Tampering.SignSums(records, made.Path);
        Assert.That(records.Said(), Is.EqualTo(new[] { $"builds/rocky-9/{made.Stamp}: envelope-invalid: provenance.{file}.json: {message}" }));
    }

    [Test]
    public void An_envelope_that_somebody_else_signed_is_found()
    {
        using var records = new TestRecords();
        using var stranger = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var statement = System.Text.Encoding.UTF8.GetBytes(Tampering.Statement(made.Path)!.ToString());
        var signature = stranger.Signer.SignEnvelope(Provenance.DsseEnvelope.PreAuthenticationEncoding(statement));
        File.WriteAllBytes(Path.Combine(made.Path, "provenance.dsse.json"), Provenance.DsseEnvelope.Envelope(statement, records.Signer.Fingerprint, signature));
        Tampering.SignSums(records, made.Path);
        Assert.That(records.Said(), Has.Some.EndsWith("envelope-invalid: provenance.dsse.json: its signature is not one of its statement with the record's key"));
    }

    [TestCase("\n", "")]
    [TestCase("-----END", "AAAA\n-----END")]
    [TestCase("PUBLIC KEY-----\nM", "PUBLIC KEY-----\nN")]
    public void A_public_key_that_is_not_the_one_its_name_says_is_found(string text, string other)
    {
        using var records = new TestRecords();
        records.Publish();
        var key = Directory.GetFiles(Path.Combine(records.Root.Path, "keys")).Single();
        File.WriteAllText(key, File.ReadAllText(key).Replace(text, other, StringComparison.Ordinal));
        Assert.That(records.Said(), Is.EqualTo(new[] { $"keys/{Path.GetFileName(key)}: key-invalid: : it is not the public key that its name says" }));
    }

    [Test]
    public void What_is_no_key_has_no_place_among_them_and_one_that_is_gone_is_missed()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var folder = Path.Combine(records.Root.Path, "keys");
        var key = Directory.GetFiles(folder).Single();
        File.WriteAllText(Path.Combine(folder, "note.txt"), "x");
        Directory.CreateDirectory(Path.Combine(folder, "more"));
        File.WriteAllText(Path.Combine(folder, ".a.pem.tmp"), "what a run that died was writing");
        File.WriteAllText(Path.Combine(folder, ".hidden"), "x");
        File.CreateSymbolicLink(Path.Combine(folder, "link.pem"), key);
        Assert.That(records.Findings(), Is.EquivalentTo(new[] { "keys/link.pem: link-not-allowed", "keys/more: unexpected-folder", "keys/note.txt: unexpected-file", "keys/.hidden: unexpected-file" }));
        Assert.That(records.Said(), Does.Contain("keys/note.txt: unexpected-file: : only public keys have their place here"));
        Directory.Delete(folder, recursive: true);
        Assert.That(records.Said(), Is.EqualTo(new[] { $"builds/rocky-9/{made.Stamp}: key-invalid: : the public key of its provenance, {made.Record.Attestation!.Key}, is not there" }));
        File.WriteAllText(folder, "x");
        Assert.That(records.Findings(), Does.Contain("keys: unexpected-file"));
    }

    [Test]
    public void The_key_s_file_is_what_openssl_reads_and_has_the_fingerprint_of_ssh_keygen_as_its_name()
    {
        using var records = new TestRecords();
        records.Publish();
        var key = Directory.GetFiles(Path.Combine(records.Root.Path, "keys")).Single();
        var (code, output) = Shell.Run($"openssl pkey -pubin -noout -text -in {key}", records.Folder);
        Assert.That((code, output), Is.EqualTo((0, output)));
        Assert.That(output, Does.StartWith("ED25519 Public-Key:"));
        var fingerprint = Convert.FromBase64String(records.Signer.Fingerprint["SHA256:".Length..] + "=");
        Assert.That(Path.GetFileName(key), Is.EqualTo($"{Convert.ToHexStringLower(fingerprint)}.pem"));
    }

    /// <summary>The commands for a kind of key, as the runbook has them.</summary>
    private static string RunbookCommands(string kind)
    {
        var runbook = File.ReadAllText(Here("../../docs/runbooks/records.md"));
        var section = runbook[runbook.IndexOf("## Verify the provenance with openssl", StringComparison.Ordinal)..];
        var blocks = Block().Matches(section);
        return "set -e\n" + blocks[0].Groups[1].Value + blocks.First(b => b.Groups[1].Value.Contains($"# {kind}", StringComparison.Ordinal)).Groups[1].Value + "cat statement.json\n";
    }

    private static string Here(string name, [System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    /// <summary>A record that a key of <c>ssh-keygen</c> has signed.</summary>
    private sealed class Bench : IDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory("attestation-test-").FullName;
        private readonly RecordSigner signer;

        public Bench(string type, string options)
        {
            Assert.That(Shell.Run($"ssh-keygen -q -t {type} {options} -N '' -C someone@example.net -f key", folder).Code, Is.Zero);
            signer = SigningKeyFile.Open(Path.Combine(folder, "key"), folder);
            Records = new TestRecords(folder, signer);
            Made = Records.Publish();
        }

        public TestRecords Records { get; }

        public SealedRecord Made { get; }

        public string Record => Made.Path;

        public string Key => Directory.GetFiles(Path.Combine(Records.Root.Path, "keys")).Single();

        public void Dispose()
        {
            signer.Dispose();
            TestRecords.DeleteTree(folder);
        }
    }
}
