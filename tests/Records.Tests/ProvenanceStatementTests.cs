using Newtonsoft.Json.Linq;

namespace Records.Tests;

/// <summary>What supply-chain tools read.</summary>
public sealed class ProvenanceStatementTests
{
    [Test]
    public void A_build_names_all_that_it_was_made_from()
    {
        using var records = new TestRecords();
        var predicate = Predicate(records.Seal(record: records.Build() with { Packer = new("1.14.0", new string('1', 64), "proxmox-iso", "1.2.3", new string('2', 64)) }));
        var definition = predicate["buildDefinition"]!;
        Assert.That((string)definition["buildType"]!, Does.EndWith("/build-types/proxmox-template/v2"));
        Assert.That(definition["externalParameters"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"environment":"proxmox","template":"rocky-9","options":{"parallel":"2","var.cores":"2"},"allowed":["allow-unversioned"]}"""));
        Assert.That(definition["resolvedDependencies"]!.Select(d => $"{d["name"]} {d["uri"]} {d["digest"]!.First} {d["annotations"]?.ToString(Newtonsoft.Json.Formatting.None)}".Trim()), Is.EqualTo(new[]
        {
            $"rocky.iso https://mirror.example.net/rocky.iso \"sha256\": \"{new string('c', 64)}\"",
            $"local:iso/rocky.iso  \"sha256\": \"{new string('c', 64)}\" {{\"attached_as\":\"ide2\"}}",
            $"http/ks.cfg  \"sha256\": \"{new string('a', 64)}\" {{\"source\":\"infra/packer/os/rocky/ks.cfg.scriban\"}}",
            $"proxmox.pkr.hcl  \"sha256\": \"{new string('b', 64)}\"",
            $"packer  \"sha256\": \"{new string('1', 64)}\" {{\"version\":\"1.14.0\"}}",
            $"packer-plugin-proxmox  \"sha256\": \"{new string('2', 64)}\" {{\"version\":\"1.2.3\"}}",
            "source git+https://git.example.net/templates.git@0123456789abcdef0123456789abcdef01234567 \"gitCommit\": \"0123456789abcdef0123456789abcdef01234567\" {\"dirty\":false}",
        }));
        Assert.That(predicate["runDetails"]!["builder"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"id":"https://github.com/o/r/.github/workflows/build.yml@refs/heads/main","version":{"packer-build-records":"1.2.3","packer":"1.14.0","packer-plugin-proxmox":"1.2.3","proxmox-ve":"9.0.3"}}"""));
        Assert.That((string)predicate["runDetails"]!["metadata"]!["invocationId"]!, Is.EqualTo("https://github.com/o/r/actions/runs/7/attempts/1"));
        Assert.That(records.Findings(), Is.Empty.Or.All.EndsWith("latest-missing").Or.All.EndsWith("index-missing"));
    }

    [Test]
    public void The_subject_is_the_template_on_its_cluster()
    {
        using var records = new TestRecords();
        var made = records.Seal();
        var subjects = Statement(made)["subject"]!;
        Assert.That(
            subjects.Skip(1).Select(s => $"{s["name"]} {s["digest"]!["sha256"]}"),
            Is.EqualTo(new[] { "README.md", "build.log", "input.extra-post.sh", "input.ks.cfg", "packer.log", "run.json" }.Select(f => $"{f} {Foundation.FileHash.Sha256(Path.Combine(made.Path, f))}")),
            "each file of the record that is there before the envelope");
        var subject = subjects[0]!;
        Assert.That((string)subject["name"]!, Is.EqualTo("template/rocky-9"));
        Assert.That((string)subject["uri"]!, Is.EqualTo("https://pve1.example.net:8006/api2/json/nodes/pve1/qemu/9010"));
        Assert.That(subject["annotations"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"cluster":"https://pve1.example.net:8006","node":"pve1","vmid":9010,"vm_name":"rocky-9-template","digest_of":"node, vmid and vm_facts of run.json as JSON without blanks"}"""));
    }

    [Test]
    public void What_is_not_known_is_left_out_of_an_init_too()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: records.Init() with { Source = new("0123456789abcdef0123456789abcdef01234567", true), StartedUtc = null, FinishedUtc = null, Parameters = null, Allowed = null, Invocation = null });
        var statement = Statement(made);
        Assert.That(statement["subject"]![0]!["name"]!.ToString(), Is.EqualTo("init"));
        Assert.That(statement["subject"]![0]!["uri"], Is.Null);
        Assert.That((string)statement["predicate"]!["runDetails"]!["builder"]!["id"]!, Does.EndWith("/builders/proxmox"), "at a terminal");
        var definition = statement["predicate"]!["buildDefinition"]!;
        Assert.That((string)definition["buildType"]!, Does.EndWith("/build-types/init/v2"));
        Assert.That(definition["externalParameters"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"environment":"proxmox"}"""));
        Assert.That(definition["resolvedDependencies"]!.Last!.ToString(Newtonsoft.Json.Formatting.None), Does.Contain("\"uri\":\"git+commit:0123456789abcdef0123456789abcdef01234567\"").And.Contain("{\"dirty\":true}"));
        Assert.That(statement["predicate"]!["runDetails"]!["metadata"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo($"{{\"invocationId\":\"{made.Record.ChainId}\"}}"));
    }

    private static JToken Predicate(SealedRecord made) => Statement(made)["predicate"]!;

    private static JObject Statement(SealedRecord made) => Tampering.Statement(made.Path)!;
}
