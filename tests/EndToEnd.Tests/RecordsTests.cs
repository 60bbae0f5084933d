using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>What a reviewer does with the records of a real build, and what Verify says of records that were changed.</summary>
internal sealed class RecordsTests
{
    private Workbench bench = null!;
    private string record = null!;

    [OneTimeSetUp]
    public void Build()
    {
        bench = new Workbench();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--sandbox-version=9");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        record = bench.RecordsOf("rocky-9").Single();
        Unlock(bench.Records);
    }

    [OneTimeTearDown]
    public void Remove() => bench.Dispose();

    [Test]
    public void Untouched_records_verify_and_json_is_alone_on_standard_output()
    {
        var text = bench.Run("--target=Verify");
        Assert.That(text.ExitCode, Is.Zero, text.All);
        Assert.That(Lines(text, "ok "), Has.Exactly(1).Contains($"sandbox/builds/rocky-9/{Path.GetFileName(record)}"), "one line for each record");
        var json = bench.Run("--target=Verify", "--output=json");
        var verdicts = JArray.Parse(json.Output);
        Assert.That(verdicts, Is.Not.Empty);
        Assert.That(verdicts.Select(v => (bool)v["valid"]!), Is.All.True);
        var fingerprint = (string)Workbench.RunJson(record)["signer"]!["fingerprint"]!;
        Assert.That(verdicts.Select(v => (string?)v["fingerprint"]), Is.All.EqualTo(fingerprint));
        Assert.That(Lines(text, "signer "), Has.Exactly(1).Contains(fingerprint), "one line for each key");
    }

    [TestCase("packer.log", "log-hash-mismatch")]
    [TestCase("run.json", "file-hash-mismatch")]
    [TestCase("README.md", "file-hash-mismatch")]
    [TestCase("provenance.dsse.json", "file-hash-mismatch")]
    [TestCase("provenance.sigstore.json", "file-hash-mismatch")]
    [TestCase("build.log", "log-hash-mismatch")]
    [TestCase("input.ks.cfg", "file-hash-mismatch")]
    [TestCase("SHA256SUMS", "bad-signature")]
    [TestCase("SHA256SUMS.sig", "bad-signature")]
    public void One_changed_byte_is_named_and_gives_exit_code_5(string file, string finding)
    {
        var path = Path.Combine(record, file);
        var original = File.ReadAllBytes(path);
        var changed = original.ToArray();
        changed[original.Length / 2] ^= 1;
        File.WriteAllBytes(path, changed);
        try
        {
            var text = bench.Run("--target=Verify", $"--record={record}");
            Assert.That(text.ExitCode, Is.EqualTo(5), text.All);
            Assert.That(Lines(text, $"{finding}: {file}"), Has.Exactly(1).Items, text.All);
        }
        finally
        {
            File.WriteAllBytes(path, original);
        }
    }

    [TestCase("2020-01-01T000000Z", "latest-dangling")]
    [TestCase("../../init", "latest-points-elsewhere")]
    public void A_latest_that_leads_elsewhere_is_named(string target, string finding)
    {
        var latest = Path.Combine(Path.GetDirectoryName(record)!, "latest");
        File.Delete(latest);
        Directory.CreateSymbolicLink(latest, target);
        try
        {
            var result = bench.Run("--target=Verify", "--template=rocky-9", "--output=json");
            Assert.That(result.ExitCode, Is.EqualTo(5), result.All);
            Assert.That(JArray.Parse(result.Output).SelectTokens("$[*].findings[*].name").Select(n => (string?)n), Is.EqualTo(new[] { finding }));
        }
        finally
        {
            File.Delete(latest);
            Directory.CreateSymbolicLink(latest, Path.GetFileName(record));
        }
    }

    [Test]
    public void The_commands_in_the_readme_work_as_they_are()
    {
        var commands = Regex.Matches(File.ReadAllText(Path.Combine(record, "README.md")), "```sh\n(.*?)```", RegexOptions.Singleline)
            .Select(m => m.Groups[1].Value.Trim()).ToList();
        Assert.That(commands, Has.Exactly(1).StartsWith("sha256sum -c").And.Exactly(1).StartsWith("ssh-keygen -Y verify"));
        foreach (var command in commands)
        {
            var (code, output) = Shell(command, record);
            Assert.That(code, Is.Zero, $"{command}\n{output}");
        }
    }

    [Test]
    public void Signers_from_elsewhere_are_the_ones_that_count()
    {
        var nobody = Path.Combine(bench.Folder, "signers-that-i-know");
        File.WriteAllText(nobody, "# nobody\n");
        var result = bench.Run("--target=Verify", $"--allowed-signers={nobody}");
        Assert.That(result.ExitCode, Is.EqualTo(5), result.All);
        Assert.That(Lines(result, "unknown-signer"), Is.Not.Empty);
        Assert.That(bench.Run("--target=Verify", "--allowed-signers=nowhere").ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Signers_that_are_a_link_among_the_records_are_a_finding_and_one_that_was_named_is_followed()
    {
        var signers = Path.Combine(bench.SandboxRecords, "allowed_signers");
        var elsewhere = Path.Combine(bench.Folder, "signers-elsewhere");
        File.Move(signers, elsewhere);
        File.CreateSymbolicLink(signers, elsewhere);
        try
        {
            var result = bench.Run("--target=Verify", "--output=json");
            Assert.That(result.ExitCode, Is.EqualTo(5), result.All);
            Assert.That(
                JArray.Parse(result.Output).SelectMany(v => v["findings"]!.Select(f => $"{v["path"]}: {f["name"]}")),
                Is.SupersetOf(new[] { "sandbox/allowed_signers: link-not-allowed", $"sandbox/builds/rocky-9/{Path.GetFileName(record)}: unknown-signer" }));
            result = bench.Run("--target=Verify", "--template=rocky-9", $"--allowed-signers={signers}");
            Assert.That(result.ExitCode, Is.Zero, result.All);
        }
        finally
        {
            File.Delete(signers);
            File.Move(elsewhere, signers);
        }
    }

    [Test]
    public void A_folder_of_records_that_was_named_must_be_there()
    {
        using var other = new Workbench { Records = Path.Combine(bench.Folder, "nowhere") };
        var result = other.Run("--target=Verify");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.All, Does.Contain($"There is no folder of records {other.Records}"));
    }

    [Test]
    public void After_a_merge_one_command_puts_latest_and_the_index_right()
    {
        File.Delete(Path.Combine(Path.GetDirectoryName(record)!, "latest"));
        File.WriteAllText(Path.Combine(bench.SandboxRecords, "README.md"), "<<<<<<< HEAD\n");
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.EqualTo(5));
        var result = bench.Run("--target=PublishLatest", "--exclusive");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero);
    }

    [Test]
    public void The_provenance_names_what_was_built_from_what()
    {
        var envelope = JObject.Parse(File.ReadAllText(Path.Combine(record, "provenance.dsse.json")));
        var statement = JObject.Parse(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)envelope["payload"]!)));
        var run = Workbench.RunJson(record);
        var dependencies = statement.SelectTokens("$.predicate.buildDefinition.resolvedDependencies[*]").ToList();
        Assert.Multiple(() =>
        {
            Assert.That((string?)statement["_type"], Is.EqualTo("https://in-toto.io/Statement/v1"));
            Assert.That((string?)statement["predicateType"], Is.EqualTo("https://slsa.dev/provenance/v1"));
            Assert.That((string?)statement.SelectToken("$.predicate.buildDefinition.externalParameters.template"), Is.EqualTo("rocky-9"));
            Assert.That((string?)statement.SelectToken("$.predicate.buildDefinition.externalParameters.options.sandbox_version"), Is.EqualTo("9"));
            Assert.That(dependencies.Select(d => (string?)d.SelectToken("digest.sha256")), Does.Contain((string?)run.SelectToken("iso.sha256")));
            Assert.That(
                dependencies.Select(d => (string?)d["name"]), Is.SupersetOf(run["inputs"]!.Select(i => (string?)i["path"]).Append("packer")));
            Assert.That(
                (string?)statement.SelectToken("$.predicate.runDetails.metadata.invocationId"),
                Is.EqualTo(run.SelectToken("invocation.url") is { Type: JTokenType.String } url ? (string?)url : (string?)run["chain_id"]));
            Assert.That(statement["subject"]!.Select(s => (string?)s["name"]), Is.SupersetOf(new[] { "template/rocky-9", "run.json", "README.md", "packer.log", "build.log", "input.ks.cfg" }));
        });
    }

    [Test]
    public void A_record_states_what_was_really_given_and_what_came_out()
    {
        var run = Workbench.RunJson(record);
        Assert.Multiple(() =>
        {
            Assert.That((int)run["schema_version"]!, Is.EqualTo(2));
            Assert.That(run["parameters"]!.Select(p => (string)p["name"]!), Is.SupersetOf(new[] { "template", "sandbox_version", "parallel" }));
            Assert.That((string?)run.SelectToken("vm_facts.bios"), Is.EqualTo("seabios"));
            Assert.That((string?)run.SelectToken("vm_facts.config_digest"), Does.Match("^[0-9a-f]{40}$"));
            Assert.That(run.SelectToken("vm_facts.volumes")!.Where(v => !v.ToString().Contains("cloudinit", StringComparison.Ordinal)).Select(v => (long?)v["bytes"]), Is.Not.Empty.And.All.GreaterThan(0), "the server tells no size of a cloud-init drive");
            Assert.That(run["media"]!.Select(m => (string?)m["sha256"]), Does.Contain((string?)run.SelectToken("iso.sha256")), "as the drives were, with what the node compared");
            var scripts = run["inputs"]!.Select(i => (string)i["path"]!).Where(p => p.StartsWith("scripts/", StringComparison.Ordinal)).ToList();
            Assert.That(run["provisioning"]!.Select(s => (string)s["script"]!), Is.EqualTo(scripts), "each script ran, in this order");
            Assert.That(run["provisioning"]!.Where(s => !((string)s["script"]!).Contains("restart", StringComparison.Ordinal)).Select(s => (int?)s["exit_status"]), Is.All.EqualTo(0));
            foreach (var input in run["inputs"]!.Where(i => i["source"]!.Type == JTokenType.String))
            {
                Assert.That(File.Exists(Path.Combine(Repository.Root, (string)input["source"]!)), $"{input["source"]} is in the repository");
            }

            Assert.That(run["inputs"]!.Where(i => ((string)i["path"]!).StartsWith("scripts/", StringComparison.Ordinal)).Select(i => Foundation.FileHash.Sha256(Path.Combine(Repository.Root, (string)i["source"]!))),
                Is.EqualTo(run["inputs"]!.Where(i => ((string)i["path"]!).StartsWith("scripts/", StringComparison.Ordinal)).Select(i => (string)i["sha256"]!)), "so that a reviewer can match it with the commit");
            Assert.That((string?)run.SelectToken("invocation.user"), Is.EqualTo(Environment.UserName));
            Assert.That(run["unattended"]!.Select(u => (string)u["file"]!), Does.Contain("input.ks.cfg"));
            var log = File.ReadAllText(Path.Combine(record, "build.log"));
            Assert.That(log, Does.Contain("==> proxmox-iso.vm: Creating VM").And.Match("(?m)^[0-9TZ:-]+ SmokeTest ").And.Not.Contain("[TRACE]"));
        });
    }

    [Test]
    public async Task Killed_between_the_seal_and_the_index_the_next_command_completes_it()
    {
        using var own = new Workbench();
        Assert.That(own.Run("--target=BuildTemplate", "--template=rocky-9").ExitCode, Is.Zero);

        // Holding the lock of the index stops the program where the record is sealed and not yet published.
        using (var index = new FileStream(Path.Combine(own.SandboxRecords, ".state", "index.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using var program = own.Start("--target=BuildTemplate", "--template=rocky-9");
            var limit = Stopwatch.StartNew();
            // A folder that is still being written is named .tmp-… and is no record yet.
            while (own.RecordsOf("rocky-9").Count(r => !Path.GetFileName(r).StartsWith('.')) < 2)
            {
                Assert.That(limit.Elapsed, Is.LessThan(TimeSpan.FromMinutes(3)), "the second record is not sealed");
                await Task.Delay(20);
            }

            foreach (var (id, _, _) in Processes.Below(program.Id).Append((program.Id, "", "")))
            {
                Processes.Signal(id, "KILL");
            }

            program.WaitForEnd();
        }

        Assert.That(Directory.EnumerateFiles(Path.Combine(own.SandboxRecords, ".state"), "*.pending"), Is.Not.Empty, "it was killed in time");
        var result = own.Run("--target=Verify");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(Index(own), Does.Not.Contain(Path.GetFileName(own.RecordsOf("rocky-9")[1])), "Verify writes nothing");
        result = own.Run("--target=PublishLatest", "--exclusive");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(Index(own), Does.Contain(Path.GetFileName(own.RecordsOf("rocky-9")[1])));
        Assert.That(Directory.EnumerateFiles(Path.Combine(own.SandboxRecords, ".state"), "*.pending"), Is.Empty);
    }

    private static string Index(Workbench bench) => File.ReadAllText(Path.Combine(bench.SandboxRecords, "README.md"));

    [Test]
    public void Two_runs_of_the_same_template_at_the_same_time_leave_two_records_in_one_chain()
    {
        using var first = new Workbench();
        using var second = new Workbench { Records = first.Records };
        using var one = first.Start("--target=BuildTemplate", "--template=rocky-9");
        using var two = second.Start("--target=BuildTemplate", "--template=rocky-9");
        foreach (var run in new[] { one.WaitForEnd(), two.WaitForEnd() })
        {
            Assert.That(run.ExitCode, Is.Zero, run.All);
        }

        var records = first.RecordsOf("rocky-9");
        Assert.That(records, Has.Count.EqualTo(2));
        Assert.That((string?)Workbench.RunJson(records[1]).SelectToken("previous.record"), Is.EqualTo(Path.GetFileName(records[0])));
        var verify = first.Run("--target=Verify");
        Assert.That(verify.ExitCode, Is.Zero, verify.All);
    }

    [Test]
    [Platform("Linux"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void What_packer_prints_of_the_secrets_reaches_no_file()
    {
        using var own = new Workbench();

        // Real Packer, behind a script that first says every secret that it was given, in several encodings.
        var packer = Path.Combine(own.Folder, "packer");
        var secrets = Path.Combine(own.Folder, "secrets.txt");
        File.WriteAllText(packer, $$"""
            #!/bin/bash
            if [ "$1" = build ]; then
              for name in $(compgen -e | grep -iE 'token|password'); do
                printf '%s\n' "${!name}" >> {{secrets}}
                echo "plain ${!name} twice ${!name}"
                echo "base64 $(printf 'Authorization: %s' "${!name}" | base64 -w0)"
                echo "powershell $(printf 'cmd %s;' "${!name}" | iconv -t UTF-16LE | base64 -w0)"
                printf 'split %s' "${!name:0:6}"; sleep 0.1; printf '%s\n' "${!name:6}"
              done
            fi
            exec {{Shell("command -v packer", own.Folder).Output.Trim()}} "$@"
            """);
        File.SetUnixFileMode(packer, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var result = own.Run("--target=BuildTemplate", "--template=rocky-9", $"--packer={packer}");
        Assert.That(result.ExitCode, Is.Zero, result.All);

        var values = File.ReadAllLines(secrets).Where(s => s.Length > 3).Distinct().ToList();
        Assert.That(values, Is.Not.Empty, "Packer was given a secret");
        var said = File.ReadAllText(Path.Combine(own.RecordsOf("rocky-9").Single(), "packer.log"));
        Assert.That(said, Does.Contain("plain *** twice ***\n").And.Contain("split ***\n").And.Match(@"base64 QXV0aG9yaXphdGlvbj\S*\*\*\*").And.Match(@"powershell \S*\*\*\*"));
        foreach (var file in Directory.EnumerateFiles(own.Records, "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(own.Runtime, "logs"), "*", SearchOption.AllDirectories)))
        {
            var content = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            foreach (var value in values.SelectMany(Spellings))
            {
                Assert.That(content, Does.Not.Contain(value), file);
            }
        }
    }

    /// <summary>The text and the inner part of its base64, which does not depend on what stands around it.</summary>
    private static IEnumerable<string> Spellings(string secret)
    {
        yield return secret;
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret) })
        {
            for (var before = 0; before < 3; before++)
            {
                yield return Convert.ToBase64String([.. new byte[before], .. bytes])[4..^4];
            }
        }
    }

    private static IEnumerable<string> Lines(RunResult result, string part) =>
        result.Output.Split('\n').Where(l => l.Contains(part, StringComparison.Ordinal));

    private static (int Code, string Output) Shell(string command, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    private static void Unlock(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(e => e.LinkTarget is null).ToList())
        {
            if (!OperatingSystem.IsWindows())
            {
                entry.UnixFileMode |= UnixFileMode.UserWrite;
            }
        }
    }
}
